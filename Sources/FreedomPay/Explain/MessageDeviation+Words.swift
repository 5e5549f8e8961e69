extension MessageDeviation {
  /// A word for machines, a condition that completes "The signature holds if", and what follows (protocol §1.3-§1.5, §13).
  ///
  /// Deviations that name a field have their words in `DeviationWords`.
  var words: (word: String, condition: String, advice: String) {
    switch self {
    case .emptiesDropped:
      (
        "empty_values_dropped", "empty values are dropped",
        "the signer leaves empty fields out; paylink takes that as a fallback, and never sends one"
      )
    case .queryJoined:
      (
        "query_joined", "the parameters of the address join the fields",
        "the signer signs the query of the address too; use addresses without a query"
      )
    case .queryLeftOut:
      ("query_left_out", "the parameters of the address are left out", "the capture or a framework put the query among the fields")
    case .foreignDropped:
      (
        "foreign_fields_dropped", "fields that do not begin with `pg_` are dropped",
        "the signer drops them, or something added them on the way; every field of a message is signed"
      )
    case .notificationsDropped:
      ("notification_fields_dropped", "the `pg_need_…` fields are dropped", "the signer drops them; every field of a message is signed")
    case .lastOfTwins:
      (
        "repeated_fields", "of fields with the same name only the last is kept",
        "the signer's side keeps one of each name, as PHP does; the message repeats some"
      )
    case .nestedDropped:
      ("nested_fields_dropped", "nested fields are dropped", "the signer signs only the fields of the outer level; the rule is recursive")
    case .messageOrder, .caselessOrder, .formNames: order
    case .undecoded, .plusKept, .plusTaken, .decodedTwice, .escapesDecoded, .coding, .readAs, .notUTF8: coding
    default: texts
    }
  }

  private var order: (word: String, condition: String, advice: String) {
    switch self {
    case .messageOrder: ("unsorted", "the values stay in the order of the message", "the signer does not sort the fields by name")
    case .caselessOrder: ("sorted_without_case", "names are sorted without regard to case", "the rule sorts by bytes, as PHP's ksort")
    default:
      (
        "sorted_by_form_names", "nested fields are sorted by their form names, brackets and all",
        "the signer sorts one flat list; the rule sorts level by level, item by item"
      )
    }
  }

  private var coding: (word: String, condition: String, advice: String) {
    let before = "the signer hashed the values before they were decoded; the rule hashes the decoded text"
    let twice = "the values were encoded twice, or the signer decodes twice; each value is encoded once and decoded once"
    switch self {
    case .undecoded: return ("not_decoded", "the values are not percent-decoded", before)
    case .plusKept: return ("plus_not_decoded", "`+` in the values is not decoded to a blank", before)
    case .plusTaken: return ("plus_decoded", "`+` in the values is a blank", twice)
    case .decodedTwice: return ("decoded_twice", "the values are percent-decoded twice", twice)
    case .escapesDecoded: return ("decoded_twice", "the values are percent-decoded twice, `+` kept", twice)
    case .coding(let coding):
      return ("coding", "the values are hashed as \(coding.name) instead of UTF-8", "the signer must hash UTF-8")
    case .readAs(let coding):
      return (
        "read_as_\(coding == .latin1 ? "latin1" : "windows1251")",
        "the values are UTF-8 that was taken for \(coding.name) and encoded again",
        "something between signer and capture reads the wrong encoding"
      )
    case .notUTF8(let coding):
      let condition = coding == .utf8 ? "the message is read as Windows-1251 and hashed as UTF-8" : "the message is hashed as Windows-1251"
      return ("not_utf8", condition, "the message is not UTF-8, and paylink refuses it; the sender must send UTF-8 and sign it")
    default: return ("", "", "")
    }
  }

  private var texts: (word: String, condition: String, advice: String) {
    let changed = "the rule hashes the text exactly as it is sent"
    return switch self {
    case .trimmed: ("trimmed", "white space around the values is removed", "the signer trims values; \(changed)")
    case .breaksAsCRLF: ("line_breaks", "line breaks are CR LF", "line breaks were changed on the way, or in the capture; \(changed)")
    case .breaksAsLF: ("line_breaks", "line breaks are LF alone", "line breaks were changed on the way, or in the capture; \(changed)")
    case .breaksDropped: ("line_breaks", "line breaks are removed", "the signer or the capture has other line breaks; \(changed)")
    case .entitiesRead:
      ("html_entities", "HTML entities in the values are plain characters", "the values were HTML-escaped after signing; \(changed)")
    case .entitiesWritten:
      ("html_escaped", "the values are HTML-escaped", "the signer escapes values before it hashes them; \(changed)")
    case .amountsShort:
      ("amount_text", "amounts lose their trailing zeros", "the amounts were written anew, `20` for `20.00`; \(changed)")
    case .amountsLong: ("amount_text", "amounts have two decimals", "the amounts were written anew, `20` for `20.00`; \(changed)")
    default: ("", "", "")
    }
  }
}

extension TextCoding {
  fileprivate var name: String {
    switch self {
    case .utf8: "UTF-8"
    case .windows1251: "Windows-1251"
    case .latin1: "Latin-1"
    }
  }
}
