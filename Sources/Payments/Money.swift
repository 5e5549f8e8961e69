/// An amount in minor units of a currency. Decimal text exists only on the wire, and no floating point anywhere.
package struct Money: Hashable, Sendable, Codable {
  package let minorUnits: Int64
  package let currency: Currency

  /// The largest amount of one order, in minor units: 99,999,999.00 (protocol §2.3).
  package static let largest: Int64 = 9_999_999_900

  package init(minorUnits: Int64, currency: Currency) {
    self.minorUnits = minorUnits
    self.currency = currency
  }

  /// From decimal text of the wire: `20`, `20.00`, `1.0000`, `-10`. Digits beyond the minor unit must be zeros, since the acquirer changes
  /// the spelling of amounts but not their worth (protocol §4.1).
  package init(decimal text: String, currency: Currency) throws(InvalidValue) {
    let wrong = InvalidValue("must be a decimal number such as 150000.00, in whole minor units")
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    let number = text.utf8.dropFirst(isNegative ? 1 : 0)
    let point = number.firstIndex(of: UInt8(ascii: "."))
    let whole = number[..<(point ?? number.endIndex)]
    let fraction = point.map { number[number.index(after: $0)...] } ?? number[number.endIndex...]
    guard (1...15).contains(whole.count), whole.allSatisfy(Self.isDigit), fraction.allSatisfy(Self.isDigit),
      point == nil || (1...10).contains(fraction.count)
    else { throw wrong }
    guard fraction.dropFirst(currency.exponent).allSatisfy({ $0 == UInt8(ascii: "0") }) else { throw wrong }
    var units: Int64 = 0
    for digit in whole { units = units * 10 + Int64(digit - UInt8(ascii: "0")) }
    var places = fraction.makeIterator()
    for _ in 0..<currency.exponent { units = units * 10 + Int64((places.next() ?? UInt8(ascii: "0")) - UInt8(ascii: "0")) }
    self.init(minorUnits: isNegative ? -units : units, currency: currency)
  }

  /// Decimal text for the wire, all places written: `150000.00`.
  package var decimal: String {
    let digits = String(minorUnits.magnitude)
    let sign = minorUnits < 0 ? "-" : ""
    guard currency.exponent > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, currency.exponent + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(currency.exponent)).\(padded.suffix(currency.exponent))"
  }

  /// The amount in whole major units, or nil where there is a fraction.
  package var wholeUnits: Int64? {
    let scale: Int64 = currency.exponent == 0 ? 1 : 100
    return minorUnits % scale == 0 ? minorUnits / scale : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
