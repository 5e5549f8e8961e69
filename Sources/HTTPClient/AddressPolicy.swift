import CCurl
import Glibc

/// Which addresses a client connects to. It is judged when a socket is opened, on every connect, by the address that is then used: no name that leads elsewhere the
/// second time, and no literal in another spelling, gets past it.
package enum AddressPolicy: Sendable, Equatable {
  case any
  /// Only what the whole internet reaches (`PublicAddress`): for addresses that others name.
  case publicOnly

  /// The addresses of clouds' metadata services that do not stand in a range that is refused anyway.
  fileprivate static let metadata: [[UInt8]] = [[168, 63, 129, 16]]
}

/// Judges an address by its bytes, in network order, against what IANA's special-purpose registries keep from the public internet (RFC 6890 and its updates).
package enum PublicAddress {
  /// - Parameter bytes: 4 of IPv4 or 16 of IPv6; any other number is not public.
  package static func isPublic(_ bytes: [UInt8]) -> Bool {
    switch bytes.count {
    case 4: !AddressPolicy.metadata.contains(bytes) && !notPublic4.contains { $0.contains(bytes) }
    // Global unicast is 2000::/3 (RFC 4291 §2.4): loopback, mapped, NAT64, unique local, link local and multicast all stand outside it.
    case 16: global6.contains(bytes) && !notPublic6.contains { $0.contains(bytes) }
    default: false
    }
  }

  private static let notPublic4 = [
    Prefix([0], 8), Prefix([10], 8), Prefix([100, 64], 10), Prefix([127], 8), Prefix([169, 254], 16), Prefix([172, 16], 12),
    Prefix([192, 0, 0], 24), Prefix([192, 0, 2], 24), Prefix([192, 88, 99], 24), Prefix([192, 168], 16), Prefix([198, 18], 15),
    Prefix([198, 51, 100], 24), Prefix([203, 0, 113], 24), Prefix([224], 4), Prefix([240], 4),
  ]
  private static let global6 = Prefix([0x20], 3)
  /// Protocol assignments with Teredo, documentation, and 6to4, which carries an IPv4 address.
  private static let notPublic6 = [
    Prefix([0x20, 0x01, 0x00], 23), Prefix([0x20, 0x01, 0x0D, 0xB8], 32), Prefix([0x20, 0x02], 16), Prefix([0x3F, 0xFF, 0x00], 20),
  ]

  private struct Prefix {
    let bytes: [UInt8]
    let bits: Int

    init(_ bytes: [UInt8], _ bits: Int) {
      self.bytes = bytes
      self.bits = bits
    }

    func contains(_ address: [UInt8]) -> Bool {
      (0..<(bits + 7) / 8).allSatisfy { index in
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, bits - 8 * index))
        return (index < bytes.count ? bytes[index] : 0) & mask == address[index] & mask
      }
    }
  }
}

extension AddressPolicy {
  /// Whether the address that libcurl is about to use may be connected to.
  func allows(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
    guard self == .publicOnly else { return true }
    guard let bytes = unsafe Self.bytes(of: address) else { return false }
    return PublicAddress.isPublic(bytes)
  }

  /// Opens the socket that libcurl asks for, as it would itself.
  static func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    // SAFETY: libcurl lends the address for the call.
    let (family, kind, transport) = unsafe (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    return socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), transport)
  }

  /// `CURL_SOCKET_BAD`.
  static let noSocket: curl_socket_t = -1

  /// The network address within a socket address; nil for another family.
  private static func bytes(of address: UnsafeMutablePointer<curl_sockaddr>) -> [UInt8]? {
    guard let place = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { preconditionFailure("addr is a stored member") }
    let length = unsafe Int(address.pointee.addrlen)
    // SAFETY: `addrlen` bytes of a socket address of the family begin at `addr`, whose declared type is only its head.
    let start = unsafe UnsafeRawPointer(address) + place
    switch unsafe address.pointee.family {
    case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
      var inner = unsafe start.loadUnaligned(as: sockaddr_in.self).sin_addr
      return unsafe withUnsafeBytes(of: &inner) { unsafe Array($0) }
    case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
      var inner = unsafe start.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      return unsafe withUnsafeBytes(of: &inner) { unsafe Array($0) }
    default: return nil
    }
  }
}
