/// Why the signature of a captured message does or does not hold, in plain sentences. No secret and no digest is in it, ever.
package struct SignatureExplanation: Sendable, Equatable, Encodable {
  package enum Verdict: String, Sendable, Encodable {
    /// As it stands, under the rule.
    case holds
    /// Not as it stands, but a deviation was found under which it does.
    case explained
    /// Under nothing that was tried.
    case unexplained
    /// There is no `pg_sig`.
    case unsigned
    /// `pg_sig` is no signature.
    case malformed
  }

  /// A value in the order of signing.
  package struct SignedValue: Sendable, Equatable, Encodable {
    package var name: String
    /// Characters (Unicode scalars).
    package var length: Int
    /// Only of harmless fields, and only where it was asked for.
    package var value: String?
  }

  package var verdict: Verdict
  package var sentences: [String]
  /// The script name that the message should have been signed with; nil where no address was known.
  package var expectedScript: String?
  /// Machine words of the deviations that were found.
  package var deviations: [String] = []
  package var fields: [SignedValue] = []
  /// Digests tried.
  package var tried = 0

  private enum CodingKeys: String, CodingKey {
    case verdict, sentences, deviations, fields, tried
    case expectedScript = "expected_script"
  }
}

/// The question: a message, where it was going, and the secrets.
package struct SignatureQuestion: Sendable {
  package var message: CapturedMessage
  package var secrets: SecretKeys
  /// The script name that should have been used; nil takes it from the address.
  package var script: ScriptName?
  /// The URL or path that was called.
  package var address: String?
  package var showsValues = false

  /// - Parameter url: the address that was called; nil takes the capture's own.
  package init(_ message: CapturedMessage, secrets: SecretKeys, script: ScriptName? = nil, url: String? = nil) {
    self.message = message
    self.secrets = secrets
    address = url ?? message.path
    self.script = script ?? address.map { ScriptName(url: $0) }
    if let url { self.message.query = message.query.joining(CapturedMessage.query(of: url)) }
  }

  package func explain() -> SignatureExplanation {
    var explanation = answer()
    let shown = ShownText(secrets: secrets, showsValues: showsValues)
    explanation.expectedScript = script.map { shown.bare($0.text) }
    explanation.fields = LeafTexts.signed(message.fields).map { leaf in
      SignatureExplanation.SignedValue(
        name: shown.bare(leaf.name), length: leaf.text.unicodeScalars.count, value: shown.value(leaf.name, leaf.text))
    }
    return explanation
  }

  private func answer() -> SignatureExplanation {
    let words = DeviationWords(message: message, expected: script, shown: ShownText(secrets: secrets, showsValues: false))
    let found = SignatureText(message.fields)
    guard let signature = found.bytes else {
      return SignatureExplanation(verdict: found.isMissing ? .unsigned : .malformed, sentences: words.noSignature(found))
    }
    if let strict = strict(words, found) { return strict }
    let expected = script.map { [ScriptTry(name: $0.text, origin: .expected)] }
    let others = ScriptTry.others(than: script, address: address)
    var search = SignatureSearch(
      message: message, scripts: (expected ?? others, expected == nil ? [] : others), secrets: secrets, signature: signature)
    guard let find = search.run() else {
      return SignatureExplanation(
        verdict: .unexplained, sentences: words.nothing(scripts: others.count + (expected?.count ?? 0), tried: search.tried),
        tried: search.tried)
    }
    let deviations = words.machineWords(find) + (found.isStray ? ["signature_stray"] : [])
    let isPlain = deviations.isEmpty || deviations == ["previous_secret"]
    return SignatureExplanation(
      verdict: isPlain ? .holds : .explained, sentences: words.found(find) + words.remarks(found), deviations: deviations,
      tried: search.tried)
  }

  /// The rule as paylink itself applies it, for the name that is expected.
  private func strict(_ words: DeviationWords, _ found: SignatureText) -> SignatureExplanation? {
    guard message.isUTF8, !found.isStray, let script else { return nil }
    guard case .verified(let age, .strict) = SignatureVerifier(script: script, secrets: secrets).verify(message.fields) else { return nil }
    return SignatureExplanation(
      verdict: .holds, sentences: [words.holds(script.text, age)] + words.remarks(found),
      deviations: age == .previous ? ["previous_secret"] : [], tried: 1)
  }
}

/// `pg_sig` as it was caught.
struct SignatureText {
  /// The digest; nil where there is none.
  var bytes: [UInt8]?
  var isMissing = false
  var count: Int
  /// Characters of it, without white space around it.
  var length = 0
  var isHex = false
  /// Whether white space stands around it, so that it is only one to a reader that trims.
  var isStray = false
  var isUpperCase = false

  init(_ fields: Fields) {
    let values = fields.values(of: "pg_sig")
    count = values.count
    guard count == 1, case .text(let text) = values[0] else {
      isMissing = count == 0
      return
    }
    let hex = text.filter { !$0.isWhitespace }
    isMissing = hex.isEmpty
    isStray = hex != text
    isUpperCase = hex != hex.lowercased()
    length = hex.unicodeScalars.count
    let digits = hex.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
    isHex = digits.count == length
    guard isHex, length == Signature.length * 2 else { return }
    bytes = (0..<Signature.length).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
  }
}
