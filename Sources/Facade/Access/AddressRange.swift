import Glibc
package import Payments

/// An IP address as 128 bits; IPv4 stands in its mapped form (RFC 4291 §2.5.5.2).
struct HostAddress: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  init?(_ text: some StringProtocol) {
    // The longest IPv6 address has 45 characters.
    guard (2...45).contains(text.utf8.count) else { return nil }
    let text = String(text)
    var four = in_addr()
    // SAFETY: inet_pton reads the NUL-ended text and fills the 4 or 16 bytes of the structure it is given.
    if unsafe inet_pton(AF_INET, text, &four) == 1 {
      self.init(high: 0, low: 0xffff_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
      return
    }
    var sixteen = in6_addr()
    guard unsafe inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
    let (high, low) = unsafe withUnsafeBytes(of: &sixteen) { bytes in
      unsafe (bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
  }

  var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

  /// Whom a rate counts: an IPv4 address, or an IPv6 network of 64 bits, all of which one subscriber has.
  var subscriber: HostAddress { isIPv4 ? self : HostAddress(high: high, low: 0) }
}

/// Addresses with a common beginning: `10.0.0.0/8`, `2001:db8::/32`, or one address alone (RFC 4632 §3.1, RFC 4291 §2.3).
package struct AddressRange: Hashable, Sendable {
  private let base: HostAddress
  /// Of 128 bits.
  private let length: Int

  package init(_ text: String) throws(InvalidValue) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let base = HostAddress(parts[0]) else {
      throw InvalidValue("must be an address or a range such as 10.0.0.0/8 or 2001:db8::/32")
    }
    let longest = base.isIPv4 && !parts[0].contains(":") ? 32 : 128
    var length = longest
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]), bits <= longest else {
        throw InvalidValue("must end with a length from /0 to /\(longest)")
      }
      length = bits
    }
    self.length = length + 128 - longest
    self.base = Self.cut(base, self.length)
    guard self.base == base else { throw InvalidValue("has bits behind its length, such as 10.1.2.3/8 for 10.0.0.0/8") }
  }

  func contains(_ address: HostAddress) -> Bool { Self.cut(address, length) == base }

  private static func cut(_ address: HostAddress, _ length: Int) -> HostAddress {
    // A shift by 64 gives 0 here.
    HostAddress(
      high: address.high & ~(UInt64.max >> UInt64(min(length, 64))), low: address.low & ~(UInt64.max >> UInt64(max(length - 64, 0))))
  }
}
