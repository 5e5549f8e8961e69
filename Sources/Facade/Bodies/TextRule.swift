import JSON

/// What a text member must look like. Lengths count Unicode scalars, as the acquirer's bounds do.
struct TextRule: Sendable {
  var length: ClosedRange<Int>
  /// Whether it may have line ends and tabs.
  var hasLines = false
  /// More that must hold, and how to say it.
  var form: (holds: @Sendable (String) -> Bool, says: String)?

  func read(_ tree: JSONTree) throws(ValueFault) -> String {
    guard case .text(let text) = tree else { throw ValueFault(.wrongType, "must be a text") }
    let count = text.unicodeScalars.count
    guard count >= length.lowerBound else { throw ValueFault(.tooShort, "must have at least \(length.lowerBound) characters") }
    guard count <= length.upperBound else { throw ValueFault(.tooLong, "must have at most \(length.upperBound) characters") }
    guard text.unicodeScalars.allSatisfy(isAllowed) else { throw ValueFault(.malformed, "must not hold control characters") }
    if let form, !form.holds(text) { throw ValueFault(.malformed, form.says) }
    return text
  }

  private func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\n", "\r", "\t": hasLines
    case "\u{0}"..."\u{1f}", "\u{7f}": false
    default: true
    }
  }
}

/// A JSON number that is a whole number, spelled as one: no fraction, no exponent, no quotes.
enum WholeNumber {
  static func read(_ tree: JSONTree, in range: ClosedRange<Int64>) throws(ValueFault) -> Int64 {
    guard case .number(let text) = tree, !text.utf8.contains(where: { ".eE".utf8.contains($0) }), text != "-0" else {
      throw ValueFault(.wrongType, "must be a whole number, without quotes, fraction or exponent")
    }
    guard let number = Int64(text), range.contains(number) else {
      throw ValueFault(.outOfRange, "must be \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
