/// An amount of money as pg_amount carries it: major units, a point, at most two decimals (protocol §12).
struct SandboxAmount: Equatable, Comparable, Sendable {
  /// Hundredths of the major unit.
  var hundredths: Int64

  static let zero = SandboxAmount(hundredths: 0)
  /// 0.01, the least that can be paid.
  static let least = SandboxAmount(hundredths: 1)
  /// 99,999,999, the most (protocol §2.3).
  static let most = SandboxAmount(hundredths: 9_999_999_900)

  init(hundredths: Int64) {
    self.hundredths = hundredths
  }

  /// Reads `25`, `25.5`, `25.50`; nil for anything else: signs, blanks, exponents, a third decimal, more than twelve digits.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), (1...12).contains(parts[0].utf8.count), parts.allSatisfy(Self.areDigits) else { return nil }
    var decimals = parts.count == 2 ? String(parts[1]) : "0"
    guard (1...2).contains(decimals.utf8.count), let whole = Int64(parts[0]) else { return nil }
    if decimals.utf8.count == 1 { decimals += "0" }
    self.hundredths = whole * 100 + Int64(decimals)!  // two ASCII digits, seen above
  }

  static func < (left: Self, right: Self) -> Bool { left.hundredths < right.hundredths }
  static func + (left: Self, right: Self) -> Self { SandboxAmount(hundredths: left.hundredths + right.hundredths) }
  static func - (left: Self, right: Self) -> Self { SandboxAmount(hundredths: left.hundredths - right.hundredths) }
  static prefix func - (amount: Self) -> Self { SandboxAmount(hundredths: -amount.hundredths) }

  /// As callbacks and status answers write it: `20` where the request may have said `20.00`, `20.5` for 20.50 (protocol §4.1, live).
  var text: String {
    let magnitude = hundredths.magnitude
    let (whole, rest) = (magnitude / 100, magnitude % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// Always with two decimals, for the payer's eyes.
  var fixed: String {
    let rest = hundredths.magnitude % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// What is left for the shop after the sandbox's fee of 3.5 % (20 gives 19.3, the live sample of protocol §4.1).
  var net: SandboxAmount {
    SandboxAmount(hundredths: hundredths - (hundredths * 35 + 500) / 1000)
  }

  private static func areDigits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
