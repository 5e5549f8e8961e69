import Foundation
import Testing

/// The gateway with too few descriptors (EMFILE).
@Suite struct ExhaustionTests {
  @Test("Out of descriptors, open connections are served, the loops rest, the pauses are counted, and all is well again once some are free")
  func descriptors() async throws {
    let stand = try Stand()
    try await stand.startSandbox()
    try await stand.startGateway()
    let gateway = try #require(stand.gateway)
    // Lowered from outside while it runs: at its start it would have taken account of it.
    let lowered = try await Program.run(
      ["--pid", "\(gateway.identifier)", "--nofile=100:100"], in: stand.folder, executable: "/usr/bin/prlimit")
    #expect(lowered.status == 0, "\(lowered.errors)")
    // Connections of ours that are open before: the operator's and a shop's.
    let (operations, shop) = (try LineClient(port: stand.operationsPort), try LineClient(port: stand.gatewayPort))
    func pauses() throws -> Int {
      try Self.value(of: "paylink_accept_pauses_total{reason=\"exhausted\"}", in: operations.exchange("/metrics"))
    }
    #expect(try operations.exchange("/livez").hasSuffix("ok"))
    #expect(try shop.exchange("/p/none").hasPrefix("HTTP/1.1 404"))
    #expect(try pauses() == 0)

    var crowd: [LineClient] = []
    for _ in 0..<120 { crowd.append(try LineClient(port: stand.gatewayPort)) }
    let isExhausted = try await Poll.until(.seconds(10)) { try pauses() > 0 }
    #expect(isExhausted)
    // A hundred pauses of 20 ms, on two loops or more, hardly cost anything; a loop that goes round and round would not pause.
    let (before, start) = (try pauses(), try Self.processorTime(of: gateway))
    let goesOn = try await Poll.until(.seconds(20)) { try pauses() >= before + 100 }
    #expect(goesOn)
    #expect(try Self.processorTime(of: gateway) - start < 0.5)
    #expect(try operations.exchange("/livez").hasSuffix("ok"))
    #expect(try shop.exchange("/p/none").hasPrefix("HTTP/1.1 404"))
    #expect(gateway.isRunning)

    // Newcomers wait, and are served once others have left; money flows again, which needs descriptors of its own.
    let late = try LineClient(port: stand.gatewayPort)
    crowd = []
    #expect(try late.exchange("/p/none").hasPrefix("HTTP/1.1 404"))
    #expect(try await stand.createFixed(order: "A1")["status"].string == "active")
    let closed = try Self.value(of: "paylink_connections_closed_total{reason=\"done\"}", in: operations.exchange("/metrics"))
    #expect(closed >= 60)
    let last = try pauses()
    #expect(try operations.exchange("/livez").hasSuffix("ok"))
    #expect(try pauses() == last)
  }

  private static func value(of series: String, in metrics: String) throws -> Int {
    let line = try #require(metrics.split(whereSeparator: \.isNewline).first { $0.hasPrefix(series + " ") }, "no \(series)")
    return try #require(Int(line.dropFirst(series.count + 1)))
  }

  /// Seconds of processor time, of all its threads (proc(5), `stat`, fields 14 and 15, in hundredths).
  private static func processorTime(of program: Program) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(program.identifier)/stat", encoding: .utf8)
    // Behind the name, which stands in brackets, field 3 comes first.
    let fields = try #require(text.split(separator: ")").last).split(separator: " ")
    return try Double(#require(Int(fields[11])) + #require(Int(fields[12]))) / 100
  }
}
