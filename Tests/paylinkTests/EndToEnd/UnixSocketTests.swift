import Foundation
import Glibc
import HTTPTypes
import Testing

/// The gateway on a unix socket, for a proxy on the same machine, as curl sees it.
@Suite struct EndToEndUnixSocketTests {
  private static let list = "http://gateway/v1/payment-links"

  /// A stand whose gateway listens on its port and on a path.
  private static func stand(_ settings: [String] = []) throws -> (Stand, path: String, environment: [String: String]) {
    let stand = try Stand(settings: settings)
    let path = stand.folder.appendingPathComponent("paylink.sock").path
    return (stand, path, ["PAYLINK_LISTEN": "127.0.0.1:\(stand.gatewayPort),unix:\(path)"])
  }

  private static func curl(_ stand: Stand, _ path: String, _ words: String...) async throws -> Program.Outcome {
    try await Program.run(["-sS", "-i", "--unix-socket", path] + words, in: stand.folder, executable: "/usr/bin/curl")
  }

  @Test("Port and path serve the same; the file is the group's, outlives a kill, is taken over, and is gone at the end")
  func served() async throws {
    let (stand, path, environment) = try Self.stand()
    try await stand.startSandbox()
    try await stand.startGateway(environment: environment)
    let made = try await Self.curl(
      stand, path, "http://gateway/v1/payment-links", "-H", "Authorization: Bearer \(Stand.key)", "-H", "Content-Type: application/json",
      "-H",
      "Idempotency-Key: u1", "-d", #"{"order_id":"U1","amount":15000000,"description":"by a path"}"#)
    #expect(made.output.hasPrefix("HTTP/1.1 201"), "\(made)")
    #expect(try await stand.call(.get, "/v1/payment-links?order_id=U1").json["data"].list.count == 1)
    let isLogged = await Poll.until(.seconds(5)) { stand.gateway?.log.contains("\"peer\":\"unix\"") == true }
    #expect(isLogged)
    var status = stat()
    #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)

    let other = try FreePorts.take(2)
    let second = try await Program.run(
      ["serve", "--config", stand.folder.appendingPathComponent("paylink.yaml").path], in: stand.folder,
      environment: ["PAYLINK_LISTEN": "127.0.0.1:\(other[0]),unix:\(path)", "PAYLINK_OPS_LISTEN": "127.0.0.1:\(other[1])"])
    #expect(second.status == 75 && second.errors.split(separator: "\n").count == 1, "\(second)")
    #expect(second.errors.contains("unix:\(path) is in use"))

    stand.killGateway()
    #expect(unsafe access(path, F_OK) == 0)
    try await stand.startGateway(environment: environment)
    #expect(try await Self.curl(stand, path, Self.list).output.hasPrefix("HTTP/1.1 401"))
    stand.gateway?.signal(SIGTERM)
    #expect(try await #require(stand.gateway).outcome(within: .seconds(30)).status == 0)
    #expect(unsafe access(path, F_OK) != 0)
  }

  @Test("What a path's peer says of its client counts only where the settings name unix; without it they share one rate")
  func rates() async throws {
    for (trusted, wanted) in [("[]", [401, 401, 429, 429]), ("[unix]", [401, 401, 401, 401])] {
      let (stand, path, environment) = try Self.stand(["rate: {per_address: 2/h}", "trusted_proxies: \(trusted)"])
      try await stand.startGateway(environment: environment)
      var seen: [Int] = []
      for client in 1...4 {
        let answer = try await Self.curl(stand, path, Self.list, "-H", "X-Forwarded-For: 198.51.100.\(client)")
        seen.append(Int(answer.output.dropFirst(9).prefix(3)) ?? 0)
      }
      #expect(seen == wanted, "\(trusted)")
    }
  }
}
