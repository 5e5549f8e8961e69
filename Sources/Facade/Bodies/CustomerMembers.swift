import JSON
package import Payments

/// `customer`: `{"id", "phone", "email", "ip"}`.
enum CustomerMembers {
  static func read(_ reader: inout ObjectReader) -> Customer? {
    Customer(
      id: reader.text("id", id),
      phone: reader.text("phone", phone),
      email: reader.text("email", email),
      ip: reader.text("ip", ip).flatMap { NetworkAddress($0) == .v4 ? $0 : nil })
  }

  fileprivate static let id = TextRule(length: 1...50)

  /// ITU-T E.164: a plus, a country code that does not begin with 0, 15 digits at most; 7 are the shortest whole numbers there are.
  fileprivate static let phone = TextRule(
    length: 1...16,
    form: (
      { text in
        let digits = text.utf8.dropFirst()
        return text.utf8.first == UInt8(ascii: "+") && (7...15).contains(digits.count) && digits.first != UInt8(ascii: "0")
          && digits.allSatisfy { (0x30...0x39).contains($0) }
      }, "must be an E.164 number such as +998901234567"
    ))

  /// As much of RFC 5321 §4.1.2 as real addresses use: one @, a dotted domain, no blanks or quotes; ASCII, since the acquirer's mails go there.
  fileprivate static let email = TextRule(
    length: 3...254,
    form: (
      { text in
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].count) else { return false }
        let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy { (1...63).contains($0.count) && $0.allSatisfy(isDomainByte) }
          && parts[0].allSatisfy { (0x21...0x7e).contains($0) && !"\"(),:;<>[\\]".utf8.contains($0) }
      }, "must be an e-mail address"
    ))

  private static func isDomainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// The acquirer takes IPv4 only; an IPv6 address is right too, and left out (design §4.4).
  private static let ip = TextRule(length: 2...45, form: ({ NetworkAddress($0) != nil }, "must be an IP address"))
}

/// A name by which the shop told who pays: what finds a payer is judged as what was stored.
package enum CustomerName: String, Hashable, Sendable, CaseIterable {
  case id, phone, email

  private var rule: TextRule {
    switch self {
    case .id: CustomerMembers.id
    case .phone: CustomerMembers.phone
    case .email: CustomerMembers.email
    }
  }

  /// - Throws: the rule that the text breaks, never the text.
  package func judge(_ text: String) throws(InvalidValue) {
    do { _ = try rule.read(.text(text)) } catch { throw InvalidValue(error.detail) }
  }
}
