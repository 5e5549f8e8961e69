/// What a proxy says of the connection that it passes on, before anything else: the PROXY protocol, version 2 (haproxy's doc/proxy-protocol.txt, §2.2).
///
///      0      12 bytes 0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A
///     12      version 2 (high) and command: 0 LOCAL, 1 PROXY
///     13      family (high): 1 IPv4, 2 IPv6, 3 UNIX; and transport: 1 STREAM
///     14      length of what follows, 2 bytes, network order
///     16      source, destination, source port, destination port; or two paths of 108 bytes
///     …       TLVs: type, length (2 bytes), value
///
/// A receiver must not guess (§1): what is no such header is refused, version 1 too. What the specification leaves to the receiver is refused where it would make a
/// client look like its proxy: PROXY with an unspecified family, and datagrams.
package struct ProxyHeader: Equatable, Sendable {
  package enum Source: Equatable, Sendable {
    /// The proxy itself called, such as to see whether we live: the connection's own peer counts.
    case local
    /// The client's address.
    case client(SocketAddress)
    /// A client on a unix socket of the proxy's machine.
    case unixClient
  }

  package struct Malformed: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  package let source: Source

  /// Bytes before the addresses.
  package static let fixedCount = 16
  /// Addresses, and TLVs with room: the longest in use (names of certificates, ids of endpoints) stay far below.
  package static let longest = 4096

  private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

  /// How many bytes the header has in all, as far as its beginning tells; nil while it does not. What cannot become a header any more is refused at its first wrong byte.
  package static func count(_ bytes: Span<UInt8>) throws(Malformed) -> Int? {
    for place in 0..<min(bytes.count, signature.count) where bytes[place] != signature[place] {
      throw Malformed(description: "no header of version 2")
    }
    if bytes.count > 12 {
      guard bytes[12] >> 4 == 2 else { throw Malformed(description: "another version") }
      guard bytes[12] & 15 <= 1 else { throw Malformed(description: "an unknown command") }
    }
    guard bytes.count >= fixedCount else { return nil }
    let count = fixedCount + number(bytes, at: 14)
    guard count <= longest else { throw Malformed(description: "longer than \(longest) bytes") }
    return count
  }

  /// Reads a whole header, of as many bytes as `count` says.
  package init(_ bytes: Span<UInt8>) throws(Malformed) {
    guard try Self.count(bytes) == bytes.count else { throw Malformed(description: "cut off") }
    guard bytes[12] & 15 == 1 else {
      // §2.2: with LOCAL the addresses are of no account, whatever they are.
      source = .local
      return
    }
    let addresses: Int
    switch bytes[13] {
    case 0x11:
      addresses = 12
      try Self.needs(addresses, bytes)
      source = .client(SocketAddress(ipv4: Self.octets(bytes, 16, count: 4), port: UInt16(Self.number(bytes, at: 24))))
    case 0x21:
      addresses = 36
      try Self.needs(addresses, bytes)
      source = .client(SocketAddress(ipv6: Self.octets(bytes, 16, count: 16), port: UInt16(Self.number(bytes, at: 48))))
    case 0x31:
      addresses = 216
      try Self.needs(addresses, bytes)
      source = .unixClient
    default: throw Malformed(description: "a family or transport that is not taken")
    }
    try Self.checkValues(bytes, from: Self.fixedCount + addresses)
  }

  private static func needs(_ addresses: Int, _ bytes: Span<UInt8>) throws(Malformed) {
    guard bytes.count >= fixedCount + addresses else { throw Malformed(description: "too short for its addresses") }
  }

  /// The TLVs (§2.2.6): all are passed over, but the checksum must be right where it is there (§2.2.5).
  private static func checkValues(_ bytes: Span<UInt8>, from start: Int) throws(Malformed) {
    var place = start
    while place < bytes.count {
      guard place + 3 <= bytes.count, place + 3 + number(bytes, at: place + 1) <= bytes.count else {
        throw Malformed(description: "a value that runs over the end")
      }
      let length = number(bytes, at: place + 1)
      if bytes[place] == 0x03 {
        guard length == 4 else { throw Malformed(description: "a checksum that is none") }
        let value = place + 3..<place + 7
        let given = UInt32(number(bytes, at: value.lowerBound)) << 16 | UInt32(number(bytes, at: value.lowerBound + 2))
        guard CRC32C.of(bytes, zeroing: value) == given else { throw Malformed(description: "a wrong checksum") }
      }
      place += 3 + length
    }
  }

  /// Two bytes in network order.
  private static func number(_ bytes: Span<UInt8>, at place: Int) -> Int { Int(bytes[place]) << 8 | Int(bytes[place + 1]) }

  private static func octets(_ bytes: Span<UInt8>, _ start: Int, count: Int) -> [UInt8] { (start..<start + count).map { bytes[$0] } }
}

/// The checksum of iSCSI (RFC 3720 §12.1), reflected, bit by bit: it is met once a connection, and only where a proxy sends it.
enum CRC32C {
  /// - Parameter zeroing: bytes that count as zero: the checksum's own.
  static func of(_ bytes: Span<UInt8>, zeroing: Range<Int>) -> UInt32 {
    var sum: UInt32 = .max
    for place in bytes.indices {
      sum ^= zeroing.contains(place) ? 0 : UInt32(bytes[place])
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
    }
    return ~sum
  }
}
