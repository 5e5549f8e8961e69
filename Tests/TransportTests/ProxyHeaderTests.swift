import Testing

@testable import Transport

/// Headers of the PROXY protocol as a test writes them.
enum HeaderBytes {
  static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
  static let ipv4: [UInt8] = [198, 51, 100, 7, 10, 0, 0, 1, 0x1f, 0x90, 0x01, 0xbb]
  static let ipv6: [UInt8] = {
    var bytes = [UInt8](repeating: 0, count: 36)
    for (place, byte) in [(0, 0x20), (1, 1), (2, 0x0d), (3, 0xb8), (15, 9), (33, 1), (35, 2)] as [(Int, UInt8)] { bytes[place] = byte }
    return bytes
  }()

  static func header(_ command: UInt8 = 0x21, _ family: UInt8 = 0x11, _ rest: [UInt8] = ipv4, length: Int? = nil) -> [UInt8] {
    let length = length ?? rest.count
    return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + rest
  }

  static func value(_ type: UInt8, _ bytes: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? bytes.count
    return [type, UInt8(length >> 8), UInt8(length & 255)] + bytes
  }

  /// A header whose checksum is right: computed another way than the code does, by its table.
  static func checked(_ other: [UInt8] = []) -> [UInt8] {
    var bytes = header(0x21, 0x11, ipv4 + other + value(0x03, [0, 0, 0, 0]))
    var table: [UInt32] = []
    for first in UInt32(0)..<256 {
      var sum = first
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
      table.append(sum)
    }
    var sum = UInt32.max
    for byte in bytes { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
    sum = ~sum
    for place in 0..<4 { bytes[bytes.count - 4 + place] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * place)) }
    return bytes
  }
}

@Suite("PROXY protocol, version 2") struct ProxyHeaderTests {
  struct Good: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var source: ProxyHeader.Source
    var testDescription: String { name }
  }

  static let good: [Good] = {
    let address = { (text: String) -> ProxyHeader.Source in
      do { return .client(try SocketAddress(text)) } catch { preconditionFailure("\(error)") }
    }
    let four = address("198.51.100.7:8080")
    return [
      Good(name: "IPv4", bytes: HeaderBytes.header(), source: four),
      Good(name: "IPv6", bytes: HeaderBytes.header(0x21, 0x21, HeaderBytes.ipv6), source: address("[2001:db8::9]:1")),
      Good(name: "unix", bytes: HeaderBytes.header(0x21, 0x31, [UInt8](repeating: 0x61, count: 216)), source: .unixClient),
      Good(name: "local, bare", bytes: HeaderBytes.header(0x20, 0, []), source: .local),
      Good(name: "local with addresses of no account", bytes: HeaderBytes.header(0x20, 0x7f, [1, 2, 3]), source: .local),
      Good(
        name: "values",
        bytes: HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4 + HeaderBytes.value(0x04, []) + HeaderBytes.value(0xea, [1, 2])),
        source: four),
      Good(name: "a checksum", bytes: HeaderBytes.checked(), source: four),
      Good(name: "a checksum behind another value", bytes: HeaderBytes.checked(HeaderBytes.value(0x05, [7, 7, 7])), source: four),
      Good(
        name: "of the longest length",
        bytes: HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4 + HeaderBytes.value(0x04, [UInt8](repeating: 0, count: 4096 - 16 - 12 - 3))),
        source: four),
    ]
  }()

  @Test("A header is read, and only when the last byte is there its length is met", arguments: good) func read(_ example: Good) throws {
    #expect(try ProxyHeader(example.bytes.span).source == example.source)
    for end in 0..<example.bytes.count {
      let part = Array(example.bytes[..<end])
      #expect(try ProxyHeader.count(part.span) == (end < 16 ? nil : example.bytes.count))
      #expect(throws: ProxyHeader.Malformed.self) { try ProxyHeader(part.span) }
    }
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var testDescription: String { name }
  }

  static let bad: [Bad] = {
    var wrongSum = HeaderBytes.checked()
    wrongSum[16] ^= 1
    return [
      Bad(name: "version 1", bytes: Array("PROXY TCP4 198.51.100.7 10.0.0.1 8080 443\r\n".utf8)),
      Bad(name: "no header", bytes: Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)),
      Bad(name: "TLS without one", bytes: [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0, 0, 0, 0]),
      Bad(name: "version 3", bytes: HeaderBytes.header(0x31)),
      Bad(name: "version 0", bytes: HeaderBytes.header(0x01)),
      Bad(name: "command 2", bytes: HeaderBytes.header(0x22)),
      Bad(name: "unspecified family", bytes: HeaderBytes.header(0x21, 0, [])),
      Bad(name: "unspecified transport", bytes: HeaderBytes.header(0x21, 0x10)),
      Bad(name: "datagrams", bytes: HeaderBytes.header(0x21, 0x12)),
      Bad(name: "datagrams of IPv6", bytes: HeaderBytes.header(0x21, 0x22, HeaderBytes.ipv6)),
      Bad(name: "an unknown family", bytes: HeaderBytes.header(0x21, 0x41)),
      Bad(name: "IPv4, one byte short", bytes: HeaderBytes.header(0x21, 0x11, Array(HeaderBytes.ipv4.dropLast()))),
      Bad(name: "IPv6, one byte short", bytes: HeaderBytes.header(0x21, 0x21, Array(HeaderBytes.ipv6.dropLast()))),
      Bad(name: "unix, one byte short", bytes: HeaderBytes.header(0x21, 0x31, [UInt8](repeating: 0, count: 215))),
      Bad(name: "half a value", bytes: HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4 + [4, 0])),
      Bad(name: "a value over the end", bytes: HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4 + HeaderBytes.value(4, [1], length: 2))),
      Bad(name: "a checksum of three bytes", bytes: HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4 + HeaderBytes.value(3, [1, 2, 3]))),
      Bad(name: "a wrong checksum", bytes: wrongSum),
      Bad(name: "a byte too long", bytes: HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4, length: 4096 - 16 + 1)),
      Bad(name: "the longest there can be", bytes: HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4, length: 65_535)),
    ]
  }()

  @Test("What is no such header is refused", arguments: bad) func refuse(_ example: Bad) {
    #expect(throws: ProxyHeader.Malformed.self) {
      let count = try ProxyHeader.count(example.bytes.span) ?? example.bytes.count
      _ = try ProxyHeader(Array(example.bytes.prefix(count)).span)
    }
  }

  @Test("A header of 4096 bytes is waited for, one of 4097 is refused before it comes") func longest() throws {
    let least = 16 + HeaderBytes.ipv4.count
    #expect(try ProxyHeader.count(HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4, length: 4080).span) == 4096)
    for length in [4081, 65_535] {
      let bytes = HeaderBytes.header(0x21, 0x11, HeaderBytes.ipv4, length: length)
      #expect(bytes.count == least)
      #expect(throws: ProxyHeader.Malformed.self) { try ProxyHeader.count(bytes.span) }
    }
  }

  @Test("The checksum is that of RFC 3720, B.4") func checksum() {
    for (bytes, sum) in [
      ([UInt8](repeating: 0, count: 32), 0x8a91_36aa), ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
      (Array(UInt8(0)..<32), 0x46dd_794e),
    ] as [([UInt8], UInt32)] {
      #expect(CRC32C.of(bytes.span, zeroing: 0..<0) == sum)
    }
  }
}
