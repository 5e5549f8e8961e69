/// The sentences: what holds, under which condition, and what to do about it.
struct DeviationWords {
  let message: CapturedMessage
  /// The script name that was expected, where an address is known.
  let expected: ScriptName?
  let shown: ShownText

  /// A condition that completes "The signature holds if", and what follows from it.
  struct Clause {
    var word: String
    var condition: String
    var advice: String
  }

  func holds(_ name: String, _ age: SecretKeys.Age) -> String {
    let secret = age == .previous ? ", with the previous secret" : ""
    return "The signature holds with \(script(name))\(secret)."
  }

  /// The sentence for what was found.
  func found(_ find: SignatureSearch.Find) -> [String] {
    let clauses = clauses(find)
    let age = find.secret.age == .previous ? [previous] : []
    guard !clauses.isEmpty else {
      let name = find.script.name ?? ""
      let why = expected == nil ? " No address was given, so usual names were tried; this one fits." : ""
      return [holds(name, find.secret.age) + why] + age
    }
    let conditions = clauses.map(\.condition).joined(separator: " and ")
    let advice = clauses.map(\.advice).joined(separator: "; ")
    var sentences = ["The signature holds if \(conditions): \(advice)."]
    if expected == nil, let name = find.script.name {
      sentences.append("No address was given; what fits is \(script(name)).")
    }
    return sentences + age
  }

  private var previous: String { "It is the previous secret that fits: the sender has not changed to the current one yet." }

  func machineWords(_ find: SignatureSearch.Find) -> [String] {
    clauses(find).map(\.word) + (find.secret.age == .previous ? ["previous_secret"] : [])
  }

  /// Remarks about a signature that holds all the same.
  func remarks(_ found: SignatureText) -> [String] {
    var remarks: [String] = []
    if found.isUpperCase { remarks.append("pg_sig has letters in upper case: paylink takes it, a reader that compares texts does not.") }
    if found.isStray { remarks.append("pg_sig has white space in or around it, which has to go.") }
    return remarks
  }

  func noSignature(_ found: SignatureText) -> [String] {
    guard !found.isMissing else {
      let isError = message.fields.text("pg_status") == "error"
      let why =
        isError
        ? "Freedom Pay leaves some errors unsigned (9998 or 101: merchant unknown; 1100: wrong signature; 11068: payment not found); "
          + "as an error it may be believed, as a success never."
        : "The capture may have lost it; a message without it must not be believed."
      return ["The message has no pg_sig. \(why)"]
    }
    if found.count != 1 { return ["pg_sig stands \(found.count) times, and a message has one: two messages may have been caught as one."] }
    switch (found.isHex, found.length) {
    case (true, 40), (true, 64):
      return ["pg_sig has \(found.length) hexadecimal digits, as SHA-1 and SHA-256 have: Freedom Pay signs with MD5, which has 32."]
    case (true, _):
      return ["pg_sig has \(found.length) hexadecimal digits instead of 32: the capture has cut it, or joined it with something."]
    default: return ["pg_sig is not 32 hexadecimal digits (it has \(found.length) characters), so it is no signature of Freedom Pay."]
    }
  }

  /// What was tried in vain, and what is likely then.
  func nothing(scripts: Int, tried: Int) -> [String] {
    var sentences = [
      "The signature holds under nothing that was tried: \(tried) digests over \(scripts) script names, \(secretsTried), every single field "
        + "left out, fields added, other orders, empty values, encodings and white space, and pairs of these."
    ]
    sentences.append(
      "Most likely the secret is not the sender's: another merchant's, the one for payouts, test for live, or changed since.")
    if message.fields.values(of: "pg_salt").isEmpty { sentences.append("There is no pg_salt: the capture has probably lost fields.") }
    if expected == nil {
      sentences.append("Or the script name is one that was not tried: give the address that was called with --url.")
    } else {
      sentences.append("Or the sender called another address: the script name is the last part of the address that the sender knows.")
    }
    sentences.append(
      "Or the capture has lost or changed two fields or more (logs shorten and mask values): catch the bytes as they arrive.")
    return sentences
  }

  private var secretsTried: String {
    shown.secrets.previous == nil ? "the secret and its usual miscopies" : "both secrets and their usual miscopies"
  }

  // MARK: - Clauses

  private func clauses(_ find: SignatureSearch.Find) -> [Clause] {
    var clauses = find.messages.map { clause($0, of: find.reading) }
    if expected != nil || find.script.name == nil, let clause = clause(find.script) { clauses.append(clause) }
    if let clause = clause(find.secret) { clauses.append(clause) }
    return clauses
  }

  private func script(_ name: String) -> String { name.isEmpty ? "an empty script name" : "the script name \(shown.name(name))" }

  private func clause(_ script: ScriptTry) -> Clause? {
    guard script.origin != .expected else { return nil }
    let instead = expected.map { " instead of \($0.text.isEmpty ? "an empty one" : shown.name($0.text))" } ?? ""
    guard let name = script.name else {
      return Clause(
        word: "script_left_out", condition: "the script name is left out\(instead)",
        advice: "the signer does not begin with the last part of the address and `;`, as the rule has it")
    }
    return Clause(
      word: "script_name", condition: "the script name is \(name.isEmpty ? "empty" : shown.name(name))\(instead)", advice: advice(script))
  }

  private func advice(_ script: ScriptTry) -> String {
    switch script.origin {
    case .slash: return "the signer takes an address that ends with `/` for one without a name; register an address without the slash"
    case .unparsed:
      return "the signer takes more of the address than its last part, or takes it still encoded; use an address without query and escapes"
    default: break
    }
    if message.fields.text("pg_status") != nil {
      return "an answer is signed with the script name of its request; give the address that was called"
    }
    let setting = message.fields.text("pg_result") != nil ? "script_names.result" : "script_names.check"
    if message.fields.text("pg_payment_id") != nil {
      return "the address registered at Freedom Pay ends differently, or a proxy rewrites the path; set \(setting)"
    }
    return "the sender signs for another address than the one it calls; sign with the last part of the address that is called"
  }

  private func clause(_ secret: SecretTry) -> Clause? {
    let copied = "one of the two sides has copied the secret with it; compare the file or variable with the merchant's cabinet"
    switch secret.change {
    case .none: return nil
    case .trimmed:
      return Clause(word: "secret_white_space", condition: "the white space around the given secret is removed", advice: copied)
    case .newline: return Clause(word: "secret_newline", condition: "the signer's secret ends with a line end", advice: copied)
    case .carriageReturn:
      return Clause(word: "secret_newline", condition: "the signer's secret ends with a Windows line end", advice: copied)
    case .blankBehind: return Clause(word: "secret_white_space", condition: "the signer's secret ends with a blank", advice: copied)
    case .blankBefore: return Clause(word: "secret_white_space", condition: "the signer's secret begins with a blank", advice: copied)
    case .unquoted: return Clause(word: "secret_quotes", condition: "the quotes around the given secret are removed", advice: copied)
    case .empty:
      return Clause(
        word: "secret_empty", condition: "the secret is empty", advice: "the signer's secret is not set; such a message anybody can sign")
    }
  }

  private func clause(_ deviation: MessageDeviation, of reading: Reading) -> Clause {
    switch deviation {
    case .leftOut(let name):
      return Clause(
        word: "field_left_out:\(shown.bare(name))", condition: "the field \(shown.name(name)) is left out",
        advice: "the signer did not sign it; it was added or renamed on the way, or the signer drops it")
    case .added(let additions):
      let list = additions.map { "`\($0.name)=\($0.text)`" }.joined(separator: " and ")
      return Clause(
        word: "fields_lost", condition: "\(list) are added",
        advice: "fields were dropped after signing; every field counts, known or not, `pg_` or not")
    case .lost(let text, let place): return lost(text, place)
    default:
      let (word, condition, advice) = deviation.words
      return Clause(word: word, condition: condition, advice: advice)
    }
  }

  /// A value that nobody has any more, by its neighbours in the order of signing.
  private func lost(_ text: String, _ place: Int) -> Clause {
    let names = LeafTexts.signed(message.fields).map(\.name)
    let before = place > 0 ? names[place - 1] : nil
    let after = place < names.count ? names[place] : nil
    let between = [before.map { "after \(shown.name($0))" }, after.map { "before \(shown.name($0))" }].compactMap(\.self)
    let value = text.isEmpty ? "an empty value" : "one more field with the value \(text)"
    let usual = Self.usual.first { $0.precedes(after) && before?.precedes($0) ?? true && !names.contains($0) }
    let hint = usual.map { " (such as \(shown.name($0)))" } ?? ""
    return Clause(
      word: text.isEmpty ? "empty_value_lost" : "field_lost", condition: "\(value) is signed \(between.joined(separator: " and "))\(hint)",
      advice: text.isEmpty
        ? "an empty field was dropped after signing" : "a field was dropped after signing; every field counts, known or not")
  }

  /// Fields with a 0 or a 1 that shops and modules drop.
  private static let usual = [
    "pg_can_reject", "pg_captured", "pg_need_email_notification", "pg_need_phone_notification", "pg_result", "pg_testing_mode",
  ]
}

extension String {
  fileprivate func precedes(_ other: String?) -> Bool { other.map { utf8.lexicographicallyPrecedes($0.utf8) } ?? true }
}
