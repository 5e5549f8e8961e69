/// What shops and modules do to a value before they hash it (protocol §13.4, §13.5).
enum TextForms {
  static func changed(_ name: String, _ text: String, _ deviation: MessageDeviation) -> String? {
    switch deviation {
    case .trimmed: trimmed(text)
    case .breaksAsLF: lines(text).joined(separator: "\n")
    case .breaksAsCRLF: lines(text).joined(separator: "\r\n")
    case .breaksDropped: lines(text).joined()
    case .entitiesRead: entitiesRead(text)
    case .entitiesWritten(let quotes): entitiesWritten(text, quotes: quotes)
    case .amountsShort: name.contains("amount") ? short(text) : nil
    case .amountsLong: name.contains("amount") ? long(text) : nil
    default: nil
    }
  }

  private static func trimmed(_ text: String) -> String {
    let isBlank = { (character: Character) in character.isWhitespace || character == "\0" }
    return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }

  private static func lines(_ text: String) -> [String] {
    text.replacing("\r\n", with: "\n").split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" }.map(String.init)
  }

  /// `&amp;` last, so that what it gives is not read again.
  private static let entities = [
    ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#034;", "\""), ("&#34;", "\""), ("&#039;", "'"), ("&#39;", "'"), ("&apos;", "'"),
    ("&amp;", "&"),
  ]

  private static func entitiesRead(_ text: String) -> String {
    entities.reduce(text) { $0.replacing($1.0, with: $1.1) }
  }

  /// PHP's `htmlspecialchars`, with single quotes since 8.1, without them before.
  private static func entitiesWritten(_ text: String, quotes: Bool) -> String {
    let basic = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")] + (quotes ? [("'", "&#039;")] : [])
    return basic.reduce(text) { $0.replacing($1.0, with: $1.1) }
  }

  /// `20.00` and `20.0` as `20`, `20.50` as `20.5`.
  private static func short(_ text: String) -> String? {
    guard isDecimal(text), text.contains(".") else { return nil }
    let digits = String(text.reversed().drop { $0 == "0" }.reversed())
    return digits.last == "." ? String(digits.dropLast()) : digits
  }

  /// `20` and `20.0` as `20.00`.
  private static func long(_ text: String) -> String? {
    guard isDecimal(text) else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? String(parts[1]) : ""
    guard decimals.count < 2 else { return nil }
    return "\(parts[0]).\(decimals)\(String(repeating: "0", count: 2 - decimals.count))"
  }

  private static func isDecimal(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }
}
