import Foundation
import Testing

@testable import paylink

/// How many connections a process's descriptors are enough for, and that the gateway takes what it needs.
@Suite struct DescriptorTests {
  @Test("Connections are as many as the settings say, or as the hard limit leaves beside the rest, and never below half of what is free")
  func rule() {
    // base 64 + 8 * 2 = 80, others 80 + 4 * 100 + 20 = 500.
    let descriptors = Descriptors(connections: 1000, calls: 100, sideConnections: 20, loops: 2)
    #expect(descriptors.others == 500)
    for (limit, allowed) in [
      (Int.max, 1000), (1500, 1000), (1499, 999), (1000, 500), (920, 420), (919, 419), (600, 260), (100, 10), (99, nil), (0, nil),
    ] as [(Int, Int?)] {
      #expect(descriptors.allowed(within: limit) == allowed, "\(limit)")
    }
    // Few connections are never raised.
    #expect(Descriptors(connections: 10, calls: 100, loops: 2).allowed(within: 1000) == 10)
  }

  @Test("The soft limit is raised to what the settings need, and no further, when the hard limit allows it")
  func raised() async throws {
    let stand = try Stand(limits: ["connections: 1000", "acquirer_in_flight: 10"])
    try await stand.startGateway(under: Self.limited("-S -n 64"))
    let gateway = try #require(stand.gateway)
    let needed = 1000 + Descriptors.base(loops: ProcessInfo.processInfo.activeProcessorCount) + 10 * Descriptors.perCall + 256
    #expect(try Self.softLimit(of: gateway) == needed)
    #expect(!gateway.log.contains("too few descriptors"))
    // More than the system gave before.
    let crowd = try (0..<100).map { _ in try LineClient(port: stand.gatewayPort) }
    for client in crowd { #expect(try client.exchange("/p/none").hasPrefix("HTTP/1.1 404")) }
  }

  @Test("A soft limit that is enough stays as it is")
  func enough() async throws {
    let stand = try Stand(limits: ["connections: 10", "acquirer_in_flight: 10"])
    try await stand.startGateway(under: Self.limited("-S -n 1500"))
    #expect(try Self.softLimit(of: #require(stand.gateway)) == 1500)
  }

  @Test("With a hard limit that is too low fewer connections are held, one warning says so with the numbers, and money flows")
  func lowered() async throws {
    let stand = try Stand(limits: ["connections: 1000"])
    try await stand.startSandbox()
    try await stand.startGateway(under: Self.limited("-n 300"))
    let gateway = try #require(stand.gateway)
    #expect(try Self.softLimit(of: gateway) == 300)
    let warnings = gateway.log.split(separator: "\n").filter { $0.contains("too few descriptors") }
    #expect(warnings.count == 1)
    let held = (300 - Descriptors.base(loops: ProcessInfo.processInfo.activeProcessorCount)) / 2
    let warning = try #require(warnings.first)
    for part in ["\"hard_limit\":\"300\"", "\"limits.connections\":\"1000\"", "\"connections_held\":\"\(held)\"", "\"level\":\"warning\""] {
      #expect(warning.contains(part), "\(warning)")
    }
    // More come than are held: those that wait longest make room, none waits for a descriptor, and the call to the acquirer finds one.
    var crowd: [LineClient] = []
    for _ in 0..<250 { crowd.append(try LineClient(port: stand.gatewayPort)) }
    let operations = try LineClient(port: stand.operationsPort)
    func count(_ series: String) throws -> Int {
      let line = try operations.exchange("/metrics").split(whereSeparator: \.isNewline).first { $0.hasPrefix(series + " ") }
      let number = try #require(line, "no \(series)").dropFirst(series.count + 1)
      return try #require(Int(number))
    }
    let haveGone = try await Poll.until(.seconds(10)) { try count("paylink_connections_closed_total{reason=\"made_room\"}") >= 250 - held }
    #expect(haveGone)
    #expect(try count("paylink_connections") <= held)
    #expect(try count("paylink_accept_pauses_total{reason=\"exhausted\"}") == 0)
    crowd = []
    #expect(try await stand.createFixed(order: "A1")["status"].string == "active")
  }

  @Test("With next to none it does not start, and says in one line what to raise")
  func refused() async throws {
    let stand = try Stand()
    let outcome = try await Program.run(
      Self.limited("-n 60").dropFirst() + [Program.path, "serve", "--config", "paylink.yaml"], in: stand.folder, executable: "/bin/sh")
    #expect(outcome.status == 69)
    let lines = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("{") }
    #expect(lines.count == 1, "\(outcome.errors)")
    #expect(lines.first?.contains("60 files and sockets") == true && lines.first?.contains("ulimit -Hn") == true, "\(outcome.errors)")
  }

  @Test("The sandbox alone raises its limit too")
  func sandbox() async throws {
    let stand = try Stand()
    try await stand.startSandbox(under: Self.limited("-S -n 64"))
    #expect(try Self.softLimit(of: #require(stand.sandbox)) > 10_000)
  }

  /// Runs the words behind it with so many descriptors.
  private static func limited(_ options: String) -> [String] { ["/bin/sh", "-c", "ulimit \(options) && exec \"$0\" \"$@\""] }

  /// proc(5), `limits`.
  private static func softLimit(of program: Program) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(program.identifier)/limits", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Max open files") })
    return try #require(Int(line.split(separator: " ", omittingEmptySubsequences: true)[3]))
  }
}
