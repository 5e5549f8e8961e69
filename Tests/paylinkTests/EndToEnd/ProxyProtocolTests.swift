import Foundation
import HTTPTypes
import Testing

/// The gateway behind a proxy that speaks the PROXY protocol, which curl plays (it speaks version 1; the bytes of version 2 are written here).
@Suite struct EndToEndProxyProtocolTests {
  private static func header(_ last: UInt8) -> [UInt8] {
    [
      0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12, 198, 51, 100, last, 127, 0, 0, 1, 0, 80, 0,
      80,
    ]
  }

  @Test("Each client that the header names has its own rate and stands in the log; who sends no header, or version 1, is not answered")
  func served() async throws {
    let stand = try Stand(settings: ["proxy_protocol: true", "trusted_proxies: [127.0.0.1]", "rate: {per_address: 1/h}"])
    try await stand.startGateway()
    func status(_ client: UInt8) throws -> String {
      let line = try LineClient(port: stand.gatewayPort)
      try line.send(Self.header(client))
      try line.get("/p/none")
      return String(try line.text { $0.contains("\r\n") }.prefix(12))
    }
    for (client, wanted) in [(1, "404"), (2, "404"), (1, "429"), (2, "429")] as [(UInt8, String)] {
      #expect(try status(client) == "HTTP/1.1 \(wanted)")
    }
    let isLogged = await Poll.until(.seconds(5)) { stand.gateway?.log.contains("\"peer\":\"198.51.100.2\"") == true }
    #expect(isLogged)
    for words in [[], ["--haproxy-protocol"]] {
      let plain = try await Program.run(["-sS", "-i", stand.url + "/p/none"] + words, in: stand.folder, executable: "/usr/bin/curl")
      #expect(plain.status != 0 && plain.output.isEmpty, "\(plain)")
    }
    let metrics = try await Wire.send(.get, "\(stand.operations)/metrics").text
    #expect(metrics.contains("paylink_proxy_headers_total{outcome=\"accepted\"} 4"), "\(metrics)")
    #expect(metrics.contains("paylink_proxy_headers_total{outcome=\"malformed\"} 2"))
  }

  @Test("Whoever is no trusted proxy is not heard, whatever it says") func untrusted() async throws {
    let stand = try Stand(settings: ["proxy_protocol: true", "trusted_proxies: [10.0.0.0/8]"])
    try await stand.startGateway()
    let line = try LineClient(port: stand.gatewayPort)
    try line.send(Self.header(1))
    #expect((try? line.rest()) ?? "" == "")
    let metrics = try await Wire.send(.get, "\(stand.operations)/metrics").text
    #expect(metrics.contains("paylink_proxy_headers_total{outcome=\"untrusted\"} 1"))
  }
}
