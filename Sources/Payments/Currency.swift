/// A currency by its ISO 4217 code: those the acquirer takes (protocol §12).
package struct Currency: Hashable, Sendable, Codable, CustomStringConvertible {
  package let code: String

  package init(_ code: String) throws(InvalidValue) {
    guard Self.known.contains(code) else { throw InvalidValue("must be an ISO 4217 code that is taken here, such as UZS, KZT or KGS") }
    self.code = code
  }

  /// Decimal places of the minor unit: 2 for all that are known but the won.
  package var exponent: Int { code == "KRW" ? 0 : 2 }

  package var description: String { code }

  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(code)
  }

  private static let known: Set<String> = [
    "UZS", "KZT", "KGS", "USD", "EUR", "RUB", "GBP", "AED", "CNY", "KRW", "INR", "THB", "UAH", "AMD", "BYN", "PLN", "CZK", "AZN", "GEL",
    "TJS", "CAD", "MDL", "TRY", "HKD",
  ]
}
