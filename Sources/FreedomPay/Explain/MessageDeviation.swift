/// A way in which the signer may have taken the message differently from how it was caught (protocol §1.3-§1.5, §13).
enum MessageDeviation: Sendable, Equatable {
  // Which fields.
  case emptiesDropped
  case queryJoined
  case queryLeftOut
  case leftOut(String)
  case foreignDropped
  case notificationsDropped
  case added([Addition])
  case lost(text: String, place: Int)
  case lastOfTwins
  case nestedDropped
  // In which order.
  case messageOrder
  case caselessOrder
  case formNames
  // Which texts.
  case undecoded
  case plusKept
  case plusTaken
  case decodedTwice
  case escapesDecoded
  case trimmed
  case breaksAsCRLF
  case breaksAsLF
  case breaksDropped
  case entitiesRead
  case entitiesWritten(quotes: Bool)
  case amountsShort
  case amountsLong
  // Which bytes.
  case coding(TextCoding)
  case readAs(TextCoding)
  /// The message is not UTF-8; the signature is over its texts in this coding.
  case notUTF8(TextCoding)

  /// A field that captures lose, with a value it usually has.
  struct Addition: Sendable, Equatable {
    var name: String
    var text: String
  }

  /// Whether it changes the message as a whole: only those go with every other deviation, which bounds the pairs.
  var isWide: Bool {
    switch self {
    case .leftOut, .lost, .notUTF8: false
    default: true
    }
  }

  /// Every deviation worth a try for a message, the likely ones first.
  static func all(for message: CapturedMessage) -> [MessageDeviation] {
    var all: [MessageDeviation] = [.emptiesDropped, .queryJoined, .queryLeftOut]
    all += texts + [.foreignDropped, .notificationsDropped, .lastOfTwins, .nestedDropped, .messageOrder, .caselessOrder, .formNames]
    all += additions
    var names: Set<String> = ["pg_sig"]
    for field in message.fields.all where names.insert(field.name).inserted { all.append(.leftOut(field.name)) }
    let places = LeafTexts.signed(message.fields).count
    guard places <= SignatureSearch.pairLimit else { return all }
    for text in ["", "1", "0"] { all += (0...places).map { .lost(text: text, place: $0) } }
    return all
  }

  private static let texts: [MessageDeviation] = [
    .plusKept, .plusTaken, .undecoded, .decodedTwice, .escapesDecoded, .readAs(.latin1),
    .readAs(.windows1251), .coding(.windows1251), .coding(.latin1), .entitiesRead, .entitiesWritten(quotes: false),
    .entitiesWritten(quotes: true), .trimmed, .breaksAsCRLF,
    .breaksAsLF, .breaksDropped, .amountsShort, .amountsLong,
  ]

  /// Both notification fields at once, which shops drop together (MESHELE); one alone is found as a lost value.
  private static let additions: [MessageDeviation] = ["1", "0"].flatMap { email in
    ["1", "0"].map { phone in
      .added([
        Addition(name: "pg_need_email_notification", text: email), Addition(name: "pg_need_phone_notification", text: phone),
      ])
    }
  }

  /// The reading with this deviation too; nil where it changes nothing.
  func applied(to reading: Reading, of message: CapturedMessage) -> Reading? {
    var changed = reading
    switch self {
    case .messageOrder, .caselessOrder, .formNames:
      guard reading.order == .rule, reading.lost == nil else { return nil }
      changed.order = self == .messageOrder ? .message : self == .caselessOrder ? .caseless : .formNames
      return changed
    case .lost(let text, let place):
      guard reading.order == .rule, reading.lost == nil else { return nil }
      changed.lost = (text, place)
      return changed
    case .coding(let coding):
      guard reading.coding == .utf8, Self.hasForeignBytes(reading.fields) else { return nil }
      changed.coding = coding
      return changed
    case .notUTF8(let coding):
      changed.coding = coding
      return changed
    default:
      changed.fields = fields(reading.fields, of: message)
      return changed.fields == reading.fields ? nil : changed
    }
  }

  private static func hasForeignBytes(_ fields: Fields) -> Bool {
    LeafTexts.of(fields).contains { $0.text.utf8.contains { $0 >= 0x80 } }
  }

  private func fields(_ fields: Fields, of message: CapturedMessage) -> Fields {
    switch self {
    case .emptiesDropped: return Self.withoutEmpties(fields)
    case .queryJoined: return fields.joining(message.query)
    case .queryLeftOut: return fields.without(message.query.all.map(\.name))
    case .leftOut(let name): return fields.without([name])
    case .foreignDropped: return Fields(fields.all.filter { $0.name.hasPrefix("pg_") })
    case .notificationsDropped: return Fields(fields.all.filter { !$0.name.hasPrefix("pg_need_") })
    case .added(let additions):
      // With one of them there, it is a single value that is lost.
      guard additions.allSatisfy({ fields.values(of: $0.name).isEmpty }) else { return fields }
      return fields.joining(Fields(additions.map { Fields.Field($0.name, .text($0.text)) }))
    case .lastOfTwins:
      let last = Dictionary(fields.all.enumerated().map { ($0.element.name, $0.offset) }) { $1 }
      return Fields(fields.all.enumerated().filter { last[$0.element.name] == $0.offset }.map(\.element))
    case .nestedDropped:
      return Fields(fields.all.filter { if case .text = $0.value { true } else { false } })
    case .undecoded:
      // The raw texts stand in for the whole message, so nothing can have changed it before.
      guard let undecoded = message.undecoded, fields == message.fields else { return fields }
      return undecoded
    default: return LeafTexts.mapped(fields) { name, text in textChanged(name, text) ?? text }
    }
  }

  private func textChanged(_ name: String, _ text: String) -> String? {
    switch self {
    case .plusKept: text.replacing(" ", with: "+")
    case .plusTaken: text.replacing("+", with: " ")
    case .decodedTwice: TextCoding.utf8.text(PercentCoding.decoded(Array(text.utf8)))
    case .escapesDecoded: TextCoding.utf8.text(PercentCoding.decoded(Array(text.utf8), plusIsBlank: false))
    case .readAs(let coding): coding.bytes(text).flatMap(TextCoding.utf8.text)
    default: TextForms.changed(name, text, self)
    }
  }

  private static func withoutEmpties(_ fields: Fields) -> Fields {
    Fields(
      fields.all.compactMap { field in
        switch field.value {
        case .text(let text): text.isEmpty ? nil : field
        case .nested(let inner): Fields.Field(field.name, .nested(withoutEmpties(inner)))
        }
      })
  }
}
