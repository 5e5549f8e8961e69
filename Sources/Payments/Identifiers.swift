/// A value that is one text; it is kept and shown as that text, and judged again when it is read back.
package protocol TextValue: Hashable, Sendable, Codable, CustomStringConvertible {
  init(_ text: String) throws(InvalidValue)
  var text: String { get }
}

extension TextValue {
  package var description: String { text }

  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// A merchant's short name: ours, in settings, callback paths and bodies.
package struct MerchantName: TextValue {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy({ Alphabet.lower.contains($0) || $0 == UInt8(ascii: "-") }) else {
      throw InvalidValue("must be 1 to 32 of a-z, 0-9 and -")
    }
    self.text = text
  }

}

/// The shop's own number of an order: 1 to 50 of letters, digits, `_` and `-`.
package struct OrderID: TextValue {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    guard (1...50).contains(text.utf8.count), text.utf8.allSatisfy(Alphabet.word.contains) else {
      throw InvalidValue("must be 1 to 50 of A-Z, a-z, 0-9, _ and -")
    }
    self.text = text
  }

}

/// The number of a payment at the acquirer; it exceeds 32 bits (protocol §13.16).
package struct PaymentID: Hashable, Sendable, Codable, CustomStringConvertible {
  package let number: Int64

  package init(_ number: Int64) throws(InvalidValue) {
    guard number > 0 else { throw InvalidValue("must be a positive whole number") }
    self.number = number
  }

  package var description: String { String(number) }

  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(Int64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(number)
  }
}

/// The name of a payment link, `pl_` and 26 characters: milliseconds, then 80 random bits, so that names sort by age.
package struct LinkID: TextValue {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    guard text.hasPrefix("pl_"), text.utf8.count == 29, text.utf8.dropFirst(3).allSatisfy(Alphabet.base32.contains) else {
      throw InvalidValue("must be the id of a payment link, pl_ and 26 characters")
    }
    self.text = text
  }

  package init(at time: Timestamp) { text = "pl_" + sortableText(at: time) }

}

/// The name of an event, `evt_` and 26 characters, made like a link's.
package struct EventID: TextValue {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    guard text.hasPrefix("evt_"), text.utf8.count == 30, text.utf8.dropFirst(4).allSatisfy(Alphabet.base32.contains) else {
      throw InvalidValue("must be the id of an event, evt_ and 26 characters")
    }
    self.text = text
  }

  package init(at time: Timestamp) { text = "evt_" + sortableText(at: time) }

}

/// An unguessable 128-bit word that opens one thing: a link's reading, its short address or its return address. It is never logged.
package struct Token: TextValue {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    guard text.utf8.count == 26, text.utf8.allSatisfy(Alphabet.base32.contains) else {
      throw InvalidValue("must be a token of 26 characters")
    }
    self.text = text
  }

  package init() {
    var random = SystemRandomNumberGenerator()
    text = base32(UInt128(random.next()) << 64 | UInt128(random.next()))
  }

  package var description: String { "<redacted>" }
}

func sortableText(at time: Timestamp) -> String {
  var random = SystemRandomNumberGenerator()
  let low = (UInt128(random.next()) << 64 | UInt128(random.next())) & (1 << 80 - 1)
  return base32(UInt128(UInt64(clamping: time.milliseconds) & 0xFFFF_FFFF_FFFF) << 80 | low)
}

/// 128 bits as 26 characters of Crockford's alphabet, lower case.
private func base32(_ number: UInt128) -> String {
  unsafe String(unsafeUninitializedCapacity: 26) { text in
    var left = number
    for place in (0..<26).reversed() {
      // SAFETY: `text` has room for 26 bytes, and all are written.
      unsafe text[place] = Alphabet.base32Digits[Int(truncatingIfNeeded: left) & 31]
      left >>= 5
    }
    return 26
  }
}

enum Alphabet {
  static let base32Digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
  static let base32 = ByteSet("0123456789abcdefghjkmnpqrstvwxyz")
  static let lower = ByteSet("abcdefghijklmnopqrstuvwxyz0123456789")
  static let word = ByteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
}
