import Foundation
import HTTPTypes
import Testing

/// Money that comes too late, or that nobody here knows: rejected, given back, adopted.
@Suite struct EndToEndOddMoneyTests {
  private func canceled(_ stand: Stand, order: String) async throws -> (link: JSON, payment: Int64) {
    try await stand.start()
    let link = try await stand.createFixed(order: order)
    _ = try await stand.operate("cancel", link, [:])
    let payment = try #require(try await stand.acquirersPayments(order: order).first?["pg_payment_id"].int)
    return (link, Int64(payment))
  }

  @Test("late_money reject: a first result is rejected, its repeats get the same, also after a restart, and nothing is booked as paid")
  func rejected() async throws {
    let stand = try Stand(merchantSettings: ["late_money: reject"])
    let (link, payment) = try await canceled(stand, order: "L1")
    var result = Callback.result(order: "L1", payment: payment, amount: "150000.00")
    let first = try await result.send(to: stand)
    #expect(first.status == 200)
    #expect(Callback.answer(first.text)["pg_status"] == "rejected", "\(first.text)")
    #expect(Callback.isSigned(first.text, script: "result"))
    var read = try await stand.read(link)
    #expect(read["status"].string == "canceled")
    #expect(read["payments"].list.first?["status"].string == "unknown")
    #expect(read["payments"].list.first?["captured"].int == 0)
    #expect(read["payments"].list.first?["flags"].list.compactMap(\.string) == ["late"])

    stand.killGateway()
    try await stand.startGateway()
    // The acquirer's repeats: fresh salt, and a reject is not heard any more.
    result.fields.removeAll { ["pg_salt", "pg_can_reject"].contains($0.name) }
    result.fields += [("pg_salt", "another"), ("pg_can_reject", "0")]
    #expect(Callback.answer(try await result.send(to: stand).text)["pg_status"] == "rejected")
    read = try await stand.read(link)
    #expect(read["payments"].list.first?["status"].string == "unknown")
    // While nobody knows, the order is not free.
    let next = try await stand.create(["order_id": "L1", "amount": 100, "description": "again"])
    #expect(next.status == 409)
    #expect(next.json["code"].string == "order_has_link")
  }

  @Test("late_money refund in a dry run: says in the log what it would do, and a person decides")
  func dryRun() async throws {
    let stand = try Stand(merchantSettings: ["late_money: refund", "late_money_dry_run: true"])
    let (link, payment) = try await canceled(stand, order: "L2")
    #expect(
      Callback.answer(try await Callback.result(order: "L2", payment: payment, amount: "150000.00").send(to: stand).text)["pg_status"]
        == "ok")
    let read = try await stand.read(link)
    #expect(read["status"].string == "review")
    #expect(read["refunds"].list.isEmpty)
    let line = try #require(stand.gateway?.log.split(separator: "\n").first { $0.contains("late money") })
    #expect(line.contains("refund") && line.contains("dry run"))
    #expect(try await stand.operate("accept", link, [:]).json["status"].string == "completed")
  }

  @Test(
    "Books that were restored from an older copy: the result is an orphan, shown, adopted under a link of its own, and refunded from a shell"
  )
  func orphan() async throws {
    let stand = try Stand(limits: ["ask_every: 500ms"])
    try await stand.start()
    _ = try await stand.createFixed(order: "R1")
    // Paid, and the result gets lost; then the books are those of an hour before.
    try await stand.faults([["on": "result", "fault": "drop", "times": 1]])
    _ = try await stand.pay(order: "R1", amount: "150000.00")
    stand.killGateway()
    for name in try FileManager.default.contentsOfDirectory(atPath: stand.folder.path)
    where name.hasPrefix("paylink.db") && !name.hasSuffix("lock") {
      try FileManager.default.removeItem(at: stand.folder.appendingPathComponent(name))
    }
    try await stand.startGateway()
    try await stand.advanceSandbox("31m")
    let number = try #require(try await stand.acquirersPayments(order: "R1").first?["pg_payment_id"].int)
    let seen = await Poll.until(.seconds(10)) {
      (try? await stand.call(.get, "/v1/orphans"))?.json["data"].list.first?["payment_id"].int == number
    }
    #expect(seen)
    let told = try await stand.call(.get, "/v1/events").json["data"].list.first { $0["type"].string == "payment.orphaned" }
    #expect(told?["data"]["orphan"]["payment_id"].int == number)
    let list = try await orphans(stand, "list")
    #expect(list.status == 0 && list.output.contains("\(number)  paid  150000.00 UZS  order R1 of main"), "\(list)")
    #expect(try await orphans(stand, "adopt", "1").status != 0)

    let refund = try await orphans(stand, "refund", "\(number)", "--json")
    #expect(refund.status == 0, "\(refund)")
    #expect(try await orphans(stand, "refund", "\(number)").status != 0, "it is an orphan no more")
    let adopted = try await stand.call(.post, "/v1/orphans/\(number)/adopt")
    #expect(adopted.status == 200, "\(adopted)")
    #expect(["review", "canceled"].contains(adopted.json["status"].string), "until the refund's end is known, and then")
    #expect(adopted.json["payment"]["captured"].int == 15_000_000)
    let ended = await Poll.until(.seconds(20)) { (try? await stand.read(adopted.json))?["status"].string == "canceled" }
    #expect(ended, "money that went back ends the review")
    #expect(try await stand.acquirersPayment(order: "R1")["refunded"].string == "150000")
    #expect(try await stand.call(.get, "/v1/orphans").json["data"].list.isEmpty)
  }

  private func orphans(_ stand: Stand, _ arguments: String...) async throws -> Program.Outcome {
    try await Program.run(
      ["orphans"] + arguments, in: stand.folder, environment: ["PAYLINK_URL": stand.url, "PAYLINK_KEY": Stand.key])
  }

  private static let demo = "sk_sandbox_demo"

  private func demoLink(_ stand: Stand, _ order: String, _ more: [String: Any] = [:]) async throws -> JSON {
    let body: [String: Any] = ["order_id": order, "amount": 15_000_000, "description": "Order \(order)"]
    return try await stand.call(.post, "/v1/payment-links", body.merging(more) { $1 }, key: Self.demo, idempotency: order).json
  }

  private func demoPayment(_ stand: Stand, _ link: JSON) async throws -> JSON {
    try await stand.call(.get, "/v1/payment-links/\(link["id"])", key: Self.demo).json["payments"].list.first ?? JSON(bytes: [])
  }

  @Test("A link that is canceled between check and result: the result is rejected, the acquirer takes the money back, and the books say so")
  func rejectedAndReversed() async throws {
    let stand = try Stand()
    let program = try await stand.startAllInOne(environment: ["PAYLINK_MERCHANTS_DEMO_LATE_MONEY": "reject"])
    defer { program.stop() }
    let link = try await demoLink(stand, "C1")
    try await stand.faults([["on": "result", "fault": "reorder", "times": 1]])
    _ = try await stand.pay(order: "C1", amount: "150000.00")
    #expect(try await stand.call(.post, "/v1/payment-links/\(link["id"])/cancel", key: Self.demo, idempotency: "c").status == 200)
    try await stand.advanceSandbox("2m")
    let isRejected = await Poll.until(.seconds(10)) { program.log.contains(#""message":"late money","done":"reject""#) }
    #expect(isRejected, "\(program.log.suffix(2000))")
    try await stand.advanceSandbox("2m")
    let isBack = await Poll.until(.seconds(10)) { (try? await demoPayment(stand, link))?["status"].string == "canceled" }
    #expect(isBack)
    #expect(try await stand.acquirersPayments(order: "C1").first?["status"].string == "revoked")
    #expect(try await demoLink(stand, "C1", ["description": "again"])["status"].string == nil, "the key belongs to another body")
  }

  @Test("A hold that nobody captures: captured by the acquirer after five days, and the books say so")
  func capturedByItself() async throws {
    let stand = try Stand()
    let program = try await stand.startAllInOne(environment: ["PAYLINK_MERCHANTS_DEMO_API": "merchant"])
    defer { program.stop() }
    let link = try await demoLink(stand, "A5", ["capture": "manual"])
    _ = try await stand.pay(order: "A5", amount: "150000.00")
    #expect(try await demoPayment(stand, link)["status"].string == "authorized")
    try await stand.advanceSandbox("96h")
    let history = "/v1/payment-links/\(link["id"])/events"
    let isTold = await Poll.until(.seconds(10)) {
      let events = (try? await stand.call(.get, history, key: Self.demo))?.json["data"].list ?? []
      return events.last?["type"].string == "payment.capture_due"
    }
    #expect(isTold)
    #expect(try await demoPayment(stand, link)["status"].string == "authorized")
    try await stand.advanceSandbox("25h")
    let isPaid = await Poll.until(.seconds(15)) { (try? await demoPayment(stand, link))?["status"].string == "paid" }
    #expect(isPaid)
    #expect(try await demoPayment(stand, link)["captured"].int == 15_000_000)
  }

  @Test("The age of the oldest unfinished business is a gauge")
  func ages() async throws {
    let stand = try Stand()
    try await stand.start()
    _ = try await stand.createFixed(order: "G1")
    let shown = await Poll.until(.seconds(20)) {
      let text = (try? await Wire.send(.get, stand.operations + "/metrics"))?.text ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("paylink_oldest_age_seconds{kind=\"link\",status=\"active\"}") }
      return line.flatMap { Int($0.split(separator: " ").last ?? "") }.map { $0 > 0 } ?? false
    }
    #expect(shown)
  }
}
