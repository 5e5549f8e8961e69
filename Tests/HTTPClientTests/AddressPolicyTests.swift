import HTTPTypes
import Testing
import Transport

@testable import HTTPClient

/// Which addresses are connected to where others name them (design §4.5).
struct AddressPolicyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let what: String
    let bytes: [UInt8]
    let isPublic: Bool
    var testDescription: String { what }

    init(_ what: String, _ isPublic: Bool, _ bytes: [UInt8]) {
      self.what = what
      self.bytes = bytes
      self.isPublic = isPublic
    }

    /// 16 bytes from their first and last ones.
    static func six(_ what: String, _ isPublic: Bool, _ first: [UInt8], _ last: [UInt8] = []) -> Case {
      Case(what, isPublic, first + [UInt8](repeating: 0, count: 16 - first.count - last.count) + last)
    }
  }

  static let cases: [Case] = [
    Case("a public host", true, [93, 184, 216, 34]), Case("this network", false, [0, 0, 0, 0]),
    Case("its last", false, [0, 255, 255, 255]),
    Case("behind it", true, [1, 0, 0, 0]), Case("private 10", false, [10, 0, 0, 1]), Case("before it", true, [9, 255, 255, 255]),
    Case("behind private 10", true, [11, 0, 0, 0]), Case("shared", false, [100, 64, 0, 1]),
    Case("Alibaba's metadata", false, [100, 100, 100, 200]),
    Case("before shared", true, [100, 63, 255, 255]), Case("behind shared", true, [100, 128, 0, 0]),
    Case("loopback", false, [127, 0, 0, 1]),
    Case("loopback's end", false, [127, 255, 255, 254]), Case("behind loopback", true, [128, 0, 0, 1]),
    Case("link-local", false, [169, 254, 0, 1]),
    Case("metadata", false, [169, 254, 169, 254]), Case("before link-local", true, [169, 253, 255, 255]),
    Case("behind it", true, [169, 255, 0, 0]),
    Case("private 172.16", false, [172, 16, 0, 1]), Case("private 172.31", false, [172, 31, 255, 255]),
    Case("172.15", true, [172, 15, 255, 255]),
    Case("172.32", true, [172, 32, 0, 0]), Case("protocol assignments", false, [192, 0, 0, 192]),
    Case("documentation 1", false, [192, 0, 2, 1]),
    Case("192.0.1", true, [192, 0, 1, 1]), Case("6to4 relay", false, [192, 88, 99, 1]), Case("private 192.168", false, [192, 168, 1, 1]),
    Case("192.167", true, [192, 167, 255, 255]), Case("192.169", true, [192, 169, 0, 0]), Case("benchmarks", false, [198, 18, 0, 1]),
    Case("their end", false, [198, 19, 255, 255]), Case("behind them", true, [198, 20, 0, 0]),
    Case("documentation 2", false, [198, 51, 100, 1]),
    Case("documentation 3", false, [203, 0, 113, 1]), Case("before multicast", true, [223, 255, 255, 255]),
    Case("multicast", false, [224, 0, 0, 1]),
    Case("multicast's end", false, [239, 255, 255, 255]), Case("reserved", false, [240, 0, 0, 1]),
    Case("broadcast", false, [255, 255, 255, 255]),
    Case("Azure's wire server", false, [168, 63, 129, 16]), Case("beside it", true, [168, 63, 129, 17]),
    .six("a public host", true, [0x2A, 0x00, 0x14, 0x50], [1]), .six("unspecified", false, []), .six("loopback", false, [], [1]),
    .six("IPv4-mapped, public", false, [], [0xFF, 0xFF, 93, 184, 216, 34]),
    .six("IPv4-mapped, private", false, [], [0xFF, 0xFF, 10, 0, 0, 1]),
    .six("IPv4-compatible", false, [], [10, 0, 0, 1]), .six("NAT64", false, [0x00, 0x64, 0xFF, 0x9B], [169, 254, 169, 254]),
    .six("local NAT64", false, [0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01], [10, 0, 0, 1]), .six("discard", false, [0x01, 0x00], [1]),
    .six("before global", false, [0x1F, 0xFF], [1]), .six("global's end", true, [0x3F, 0xFE], [1]),
    .six("behind global", false, [0x40], [1]),
    .six("Teredo", false, [0x20, 0x01, 0x00, 0x00], [1]), .six("protocol assignments' end", false, [0x20, 0x01, 0x01, 0xFF], [1]),
    .six("behind them", true, [0x20, 0x01, 0x02, 0x00], [1]), .six("documentation", false, [0x20, 0x01, 0x0D, 0xB8], [1]),
    .six("6to4", false, [0x20, 0x02, 10, 0, 0, 1], [1]), .six("new documentation", false, [0x3F, 0xFF, 0x0F, 0xFF], [1]),
    .six("behind it", true, [0x3F, 0xFF, 0x10, 0x00], [1]), .six("unique local", false, [0xFC], [1]),
    .six("AWS's metadata", false, [0xFD, 0x00, 0x0E, 0xC2], [0x02, 0x54]), .six("link-local", false, [0xFE, 0x80], [1]),
    .six("site-local", false, [0xFE, 0xC0], [1]), .six("multicast", false, [0xFF, 0x02], [1]), Case("nothing", false, []),
    Case("five bytes", false, [93, 184, 216, 34, 1]),
  ]

  @Test("Every class of addresses that the public internet does not reach is known, from both sides of its bounds", arguments: cases)
  func classes(_ test: Case) { #expect(PublicAddress.isPublic(test.bytes) == test.isPublic) }

  @Test(
    "A client for public addresses opens no socket to this machine, however it is spelled",
    arguments: ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "0"])
  func refused(host: String) async throws {
    try await withServer(HTTPClientConfiguration(addresses: .publicOnly)) { client, server in
      let error = try #require(await failure(of: client, HTTPClientRequest(url: "http://\(host):\(server.port)/")))
      #expect(error.code == .addressRefused)
      #expect(!error.mayHaveBeenSent)
      #expect(server.connections == 0)
    }
  }

  @Test(
    "IPv6 addresses that lead to this machine or to IPv4 ones are refused too",
    arguments: ["[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"])
  func refused6(host: String) async throws {
    try await withClient(HTTPClientConfiguration(addresses: .publicOnly)) { client, _ in
      let error = try #require(await failure(of: client, HTTPClientRequest(url: "http://\(host):9/", connectTimeout: .seconds(2))))
      #expect(error.code == .addressRefused)
    }
  }

  @Test("A client for any address connects as before")
  func allowed() async throws {
    try await withServer { client, server in
      let answer = try await client.send(HTTPClientRequest(url: server.url()))
      #expect(answer.status == 200)
    }
  }
}

/// Answers whose body nobody wants (design §4.5).
struct IgnoredAnswerTests {
  @Test("An answer whose body is not wanted counts by its status, however long the body is; one that is wanted has its bound")
  func long() async throws {
    let body = String(repeating: "x", count: 200_000)
    let script: @Sendable (RawConnection) -> Void = { connection in
      guard connection.read() != nil else { return }
      _ = connection.write("HTTP/1.1 202 Accepted\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
    try await withServer(script: script) { client, server in
      var request = HTTPClientRequest(url: server.url(), body: [1], answerLimit: 1024, keepsAnswer: false)
      let answer = try await client.send(request)
      #expect(answer.status == 202 && answer.body.isEmpty)
      request.keepsAnswer = true
      #expect(await failure(of: client, request)?.code == .answerTooLarge)
    }
  }
}
