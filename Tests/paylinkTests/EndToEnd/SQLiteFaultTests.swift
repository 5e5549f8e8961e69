import Foundation
import HTTPTypes
import PostgresTesting
import Testing

/// The whole gateway on an SQLite file that somebody has locked, that has no room, or that a crash has torn.
@Suite("The gateway on SQLite") struct EndToEndSQLiteFaultTests {
  enum Fault: CaseIterable, Sendable {
    case locked, full, readOnly
  }

  @Test("refuses what writes, reads on, and comes back by itself; books equal the acquirer's", arguments: Fault.allCases)
  func refused(_ fault: Fault) async throws {
    let disk = try FullDisk()
    let stand = try Stand(limits: FailureLimits.lines)
    try await stand.startSandbox()
    try await stand.startGateway(environment: disk.environment)
    let link = try await stand.createFixed(order: "A1")
    _ = try await stand.createFixed(order: "A2")
    _ = try await stand.pay(order: "A2", amount: "150000.00")

    let file = stand.folder.appendingPathComponent("paylink.db").path
    var other: Program?
    switch fault {
    case .locked: other = try await Self.hold(file, stand.folder)
    case .full: try disk.refuse(.full, under: file)
    case .readOnly: try disk.refuse(.readOnly, under: file)
    }
    try await stand.expectRefusals(link, order: "A1", idempotency: "1")
    try await stand.expectReads(link)
    if fault == .locked { other?.stop() } else { try disk.allow() }

    #expect(try await stand.recovered() < .seconds(10))
    let created = try await stand.create(["order_id": "R1", "amount": 100_000, "description": "r"], idempotency: "1")
    #expect([200, 201].contains(created.status), "\(created)")
    _ = try await stand.pay(order: "A1", amount: "150000.00")
    try await stand.expectEqualBooks(orders: ["A1", "A2", "R1"])
  }

  @Test("opens a log that kill -9 left and a disk garbled behind its end, with every link that was answered")
  func torn() async throws {
    let stand = try Stand()
    try await stand.start()
    let answered = await withTaskGroup(of: [String].self) { group in
      for worker in 0..<8 {
        group.addTask {
          var orders: [String] = []
          for round in 0..<200 {
            guard let answer = try? await stand.create(["order_id": "T\(worker)x\(round)", "amount": 100_000, "description": "t"]),
              answer.status == 201
            else { break }
            orders.append("T\(worker)x\(round)")
          }
          return orders
        }
      }
      _ = await Poll.until(.seconds(20)) { (try? await stand.acquirersRequests()).map { $0 > 60 } ?? false }
      stand.gateway?.signal(SIGKILL)
      return await group.reduce(into: []) { $0 += $1 }
    }
    stand.killGateway()
    let log = try FileHandle(forWritingTo: stand.folder.appendingPathComponent("paylink.db-wal"))
    try log.seekToEnd()
    try log.write(contentsOf: Data((0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 31) }))
    try log.close()
    try await stand.startGateway()
    #expect(answered.count > 20)
    for order in answered {
      #expect(try await stand.call(.get, "/v1/payment-links?order_id=\(order)").json["data"][0]["status"].string == "active", "\(order)")
    }
    let order = try #require(answered.last)
    _ = try await stand.pay(order: order, amount: "1000.00")
    try await stand.expectEqualBooks(orders: [order])
  }

  /// Another process that has begun to write and does not end.
  private static func hold(_ file: String, _ folder: URL) async throws -> Program {
    let script = """
      import sqlite3, time, sys
      c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
      c.execute("BEGIN IMMEDIATE")
      print("held", flush=True)
      time.sleep(60)
      """
    let program = try Program(["-c", script, file], in: folder, name: "holder", executable: "/usr/bin/python3")
    guard await Poll.until(.seconds(10), { program.said.contains("held") }) else { throw Failure("nobody holds it: \(program.log)") }
    return program
  }
}
