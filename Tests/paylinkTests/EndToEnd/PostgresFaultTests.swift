import Foundation
import HTTPTypes
import PostgresTesting
import Testing

/// The whole gateway on a PostgreSQL that goes away, only reads, or does not say what became of a commit.
@Suite("The gateway on PostgreSQL", .serialized) struct EndToEndPostgresFaultTests {
  static let limits = FailureLimits.lines

  @Test("refuses while PostgreSQL is away, comes back by itself, and counts nothing twice; books equal the acquirer's")
  func away() async throws {
    let cluster = try PostgresCluster()
    let stand = try Stand(limits: Self.limits, database: cluster.address(await cluster.newDatabase()))
    try await stand.start()
    let link = try await stand.createFixed(order: "A1")
    _ = try await stand.createFixed(order: "A2")
    _ = try await stand.pay(order: "A2", amount: "150000.00")
    // Paid, and the first result is lost: the acquirer repeats it while the database is away, and after it is back.
    let waiting = try await stand.createFixed(order: "A3")
    try await stand.faults([["on": "result", "fault": "drop", "times": 1]])
    _ = try await stand.pay(order: "A3", amount: "150000.00")
    #expect(try await stand.listed(waiting)["status"].string == "active")

    try await cluster.order("immediate")
    try await stand.expectRefusals(link, order: "A1", idempotency: "1")
    try await stand.advanceSandbox("30m")
    #expect(try await stand.call(.get, "/v1/payment-links?limit=5").status == 503)
    #expect(try await Wire.send(.get, try #require(link["short_url"].string)).status == 503)

    try await cluster.order("start")
    #expect(try await stand.recovered() < .seconds(10))
    // The refused create left nothing behind: the same key makes it now.
    let created = try await stand.create(["order_id": "R1", "amount": 100_000, "description": "r"], idempotency: "1")
    #expect(created.status == 201, "\(created)")
    #expect(try await stand.listed(waiting)["status"].string == "active")
    try await stand.advanceSandbox("30m")
    let isPaid = await Poll.until(.seconds(20)) { (try? await stand.listed(waiting))?["status"].string == "completed" }
    #expect(isPaid)
    _ = try await stand.pay(order: "A1", amount: "150000.00")
    try await stand.expectEqualBooks(orders: ["A1", "A2", "A3", "R1"])
  }

  @Test("starts before its database does, and is ready when it comes")
  func downAtStart() async throws {
    let cluster = try PostgresCluster()
    let stand = try Stand(limits: Self.limits, database: cluster.address(await cluster.newDatabase()))
    try await stand.startSandbox()
    try await cluster.order("fast")
    let starting = Task { try await stand.startGateway() }
    let isAlive = await Poll.until(.seconds(20)) {
      (try? await Wire.send(.get, stand.operations + "/livez", timeout: .seconds(1)))?.status == 200
    }
    #expect(isAlive)
    #expect(try await Wire.send(.get, stand.operations + "/readyz").status == 503)
    #expect(try await stand.create(["order_id": "S1", "amount": 100_000, "description": "s"], idempotency: "1").status == 503)
    try await cluster.order("start")
    try await starting.value
    #expect(try await stand.create(["order_id": "S1", "amount": 100_000, "description": "s"], idempotency: "1").status == 201)
  }

  @Test("refuses what writes while PostgreSQL only reads, as after a fail-over; reads go on, and all of it by itself")
  func readOnly() async throws {
    let cluster = try PostgresCluster()
    let stand = try Stand(limits: Self.limits, database: cluster.address(await cluster.newDatabase()))
    try await stand.start()
    let link = try await stand.createFixed(order: "A1")
    try await cluster.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    try await cluster.sql("SELECT pg_reload_conf()")
    let isRefusing = await Poll.until(.seconds(10)) { (try? await Wire.send(.get, stand.operations + "/readyz"))?.status == 503 }
    #expect(isRefusing)
    try await stand.expectRefusals(link, order: "A1", idempotency: "1")
    try await stand.expectReads(link)
    try await cluster.sql("ALTER SYSTEM RESET default_transaction_read_only")
    try await cluster.sql("SELECT pg_reload_conf()")
    try await stand.recovered()
    _ = try await stand.pay(order: "A1", amount: "150000.00")
    try await stand.expectEqualBooks(orders: ["A1"])
  }

  @Test(
    "sends nothing when nobody knows whether the reservation was written; the same key then finds what is true",
    arguments: [CuttingProxy.Moment.beforeCommit, .afterCommit])
  func cutCreate(_ moment: CuttingProxy.Moment) async throws {
    let cluster = try PostgresCluster.shared.get()
    let proxy = try CuttingProxy(to: cluster)
    let stand = try Stand(
      limits: Self.limits + ["acquirer_connect_timeout: 1s", "acquirer_timeout: 1s", "reopen_after: 1s", "in_progress_margin: 1s"],
      database: proxy.address(await cluster.newDatabase()))
    try await stand.start()
    let body: [String: Any] = ["order_id": "C1", "amount": 100_000, "description": "c"]
    proxy.cut(moment, with: "INSERT INTO link (")
    let answer = try await stand.create(body, idempotency: "c1")
    try #require(proxy.count == 1)
    #expect(answer.status == 503, "\(answer)")
    #expect(answer.json["code"].string == "database_unavailable")
    #expect(answer.fields[.retryAfter] != nil)
    #expect(try await stand.acquirersPayments(order: "C1").isEmpty)

    let again = try await stand.create(body, idempotency: "c1")
    #expect((moment == .beforeCommit ? [201] : [409, 202]).contains(again.status), "\(again)")
    if again.status == 409 { #expect(again.json["code"].string == "in_progress") }
    // Reconcile opens the page of a link that nobody ever asked one for.
    var last = again
    let isActive = await Poll.until(.seconds(30)) {
      guard let next = try? await stand.create(body, idempotency: "c1") else { return false }
      last = next
      return next.json["status"].string == "active"
    }
    #expect(isActive, "\(last)")
    #expect(try await stand.acquirersPayments(order: "C1").count == 1)
    #expect(try await stand.call(.get, "/v1/payment-links?order_id=C1").json["data"].list.count == 1)
  }

  @Test(
    "answers 503 to a result whose commit nobody knows, and counts it once when it comes again",
    arguments: [CuttingProxy.Moment.beforeCommit, .afterCommit])
  func cutResult(_ moment: CuttingProxy.Moment) async throws {
    let cluster = try PostgresCluster.shared.get()
    let proxy = try CuttingProxy(to: cluster)
    let stand = try Stand(limits: Self.limits, database: proxy.address(await cluster.newDatabase()))
    try await stand.start()
    let link = try await stand.createFixed(order: "D1")
    let payment = try #require(try await stand.acquirersPayments(order: "D1").first?["pg_payment_id"].int)
    let result = Callback.result(order: "D1", payment: payment, amount: "150000.00")
    proxy.cut(moment, with: "INSERT INTO message")
    let answer = try await result.send(to: stand)
    try #require(proxy.count == 1)
    #expect(answer.status == 503)
    for _ in 0..<2 {
      let again = try await result.send(to: stand)
      #expect(again.status == 200)
      #expect(Callback.answer(again.text)["pg_status"] == "ok")
    }
    let listed = try await stand.listed(link)
    #expect(listed["payments"].list.count == 1)
    #expect(listed["payment"]["captured"].int == 15_000_000)
    let events = try await stand.call(.get, "/v1/payment-links/\(link["id"].string ?? "?")/events").json["data"].list
    #expect(events.filter { $0["type"].string == "payment.paid" }.count == 1)
  }

  @Test("says in one line what waiting does not mend, and ends with 78; a server that is away is no reason to end")
  func wrongSettings() async throws {
    let cluster = try PostgresCluster.shared.get()
    let newer = try await cluster.newDatabase()
    let proxy = try CuttingProxy(to: cluster)
    let stand = try Stand()
    let config = stand.folder.appendingPathComponent("paylink.yaml").path
    try stand.use(database: cluster.address(newer))
    #expect(try await Program.run(["migrate", "--config", config], in: stand.folder).status == 0)
    try await cluster.sql("UPDATE paylink_schema SET version = 1000, readable_from = 1000", in: newer)
    let wrong = [
      (cluster.address("nowhere"), "3D000"), (cluster.address("postgres", user: "nobody"), "28000"),
      (proxy.address("postgres").replacing("=disable", with: "=require"), "SSL was required"), (cluster.address(newer), "newer version"),
    ]
    for (database, says) in wrong {
      try stand.use(database: database)
      for command in ["serve", "migrate"] {
        let outcome = try await Program.run([command, "--config", config], in: stand.folder)
        #expect(outcome.status == 78, "\(command) \(database): \(outcome.errors)")
        let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("paylink:") }
        #expect(lines.count == 1 && lines[0].contains(says), "\(outcome.errors)")
      }
    }
    proxy.shut(true)
    try stand.use(database: proxy.address("postgres"))
    let away = try await Program.run(["migrate", "--config", config], in: stand.folder)
    #expect(away.status == 69, "\(away.errors)")
  }
}

/// Waits of a database that a test does not want to wait for.
enum FailureLimits {
  static let lines = [
    "database_connect_timeout: 1s", "database_statement_timeout: 2s", "database_reconnect_wait: 200ms", "database_busy_timeout: 200ms",
  ]
}
