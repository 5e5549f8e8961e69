import HTTPTypes
import Foundation
import Testing

/// What can go wrong between us and the acquirer, and a gateway that is killed in the middle of it.
@Suite struct EndToEndFailureTests {
  static let impatient = ["acquirer_connect_timeout: 1s", "acquirer_timeout: 1s", "reopen_after: 1s", "in_progress_margin: 1s"]

  @Test("Killed after the acquirer accepted and before its answer was stored: a restart finds the truth by status")
  func killed() async throws {
    let stand = try Stand(limits: ["acquirer_timeout: 5s", "reopen_after: 1s", "in_progress_margin: 1s"])
    try await stand.start()
    try await stand.faults([["on": "any_amount", "fault": "timeout_after_accept", "times": 1, "delay_ms": 20_000]])
    let creating = Task {
      try? await stand.create(["order_id": "K1", "amount_range": ["min": 1_000_000, "max": 50_000_000], "description": "k"])
    }
    #expect(await Poll.until(.seconds(5)) { (try? await stand.acquirersPayments(order: "K1"))?.count == 1 })
    stand.gateway?.signal(SIGKILL)
    _ = await creating.value
    stand.killGateway()
    try await stand.startGateway()

    let list = try await stand.call(.get, "/v1/payment-links?order_id=K1").json["data"]
    #expect(list.list.count == 1)
    #expect(list[0]["status"].string == "creating")
    // The order's place is taken: nobody can make a second page meanwhile.
    let second = try await stand.create(["order_id": "K1", "amount": 100, "description": "k"])
    #expect(second.status == 409)

    let isActive = await Poll.until(.seconds(30)) { (try? await stand.read(list[0]))?["status"].string == "active" }
    #expect(isActive, "\(stand.gateway?.log ?? "")")
    #expect(try await stand.acquirersPayments(order: "K1").count == 1, "the page was opened again with the same key, not a second one")
    _ = try await stand.pay(order: "K1", amount: "20000")
    let read = try await stand.read(list[0])
    #expect(read["status"].string == "completed")
    #expect(read["payment"]["amount"].int == 2_000_000)
  }

  @Test("Killed the same way, and paid before the restart: the result finds the link by our own field")
  func killedAndPaid() async throws {
    let stand = try Stand(limits: ["acquirer_timeout: 5s"])
    try await stand.start()
    try await stand.faults([["on": "any_amount", "fault": "timeout_after_accept", "times": 1, "delay_ms": 20_000]])
    let creating = Task {
      try? await stand.create(["order_id": "K2", "amount_range": ["min": 1_000_000, "max": 50_000_000], "description": "k"])
    }
    #expect(await Poll.until(.seconds(5)) { (try? await stand.acquirersPayments(order: "K2"))?.count == 1 })
    stand.gateway?.signal(SIGKILL)
    _ = await creating.value
    stand.killGateway()
    try await stand.startGateway()
    _ = try await stand.pay(order: "K2", amount: "10000")
    let list = try await stand.call(.get, "/v1/payment-links?order_id=K2").json["data"]
    #expect(list[0]["status"].string == "completed")
    #expect(list[0]["payment"]["status"].string == "paid")
  }

  @Test("A call that times out is 202 and unknown, and is recovered without the caller's help")
  func timeout() async throws {
    let stand = try Stand(limits: Self.impatient)
    try await stand.start()
    try await stand.faults([["on": "payment_page", "fault": "timeout_after_accept", "times": 1, "delay_ms": 10_000]])
    let body: [String: Any] = ["order_id": "T1", "amount": 100_000, "description": "t"]
    let answer = try await stand.create(body, idempotency: "t1")
    #expect(answer.status == 202)
    #expect(answer.json["status"].string == "creating")
    #expect(answer.json["payment"]["status"].string == "unknown")
    #expect(answer.json["url"].isNull)
    let early = try await stand.create(body, idempotency: "t1")
    #expect(early.status == 202 || early.status == 200)
    #expect(early.fields[.init("Idempotency-Replayed")!] == "true")
    let isActive = await Poll.until(.seconds(30)) { (try? await stand.read(answer.json))?["status"].string == "active" }
    #expect(isActive, "\(stand.gateway?.log ?? "")")
    let replay = try await stand.create(body, idempotency: "t1")
    #expect(replay.status == 200)
    #expect(replay.json["url"].string != nil)
    #expect(try await stand.acquirersPayments(order: "T1").count == 1)
  }

  @Test(
    "An answer that cannot be believed is never a success",
    arguments: ["bad_signature", "unsigned", "html", "truncated", "http_500", "drop"])
  func unbelievable(fault: String) async throws {
    let stand = try Stand(limits: Self.impatient)
    try await stand.start()
    try await stand.faults([["on": "payment_page", "fault": fault, "times": 1]])
    let answer = try await stand.create(["order_id": "U1", "amount": 100_000, "description": "u"])
    #expect(answer.status == 202, "\(fault): \(answer)")
    #expect(answer.json["status"].string == "creating")
    #expect(await Poll.until(.seconds(30)) { (try? await stand.read(answer.json))?["status"].string == "active" }, "\(fault)")
  }

  @Test("With the acquirer away nothing was sent: 503, and key and order stay free")
  func unreachable() async throws {
    let stand = try Stand(limits: Self.impatient)
    try await stand.startGateway()
    let body: [String: Any] = ["order_id": "N1", "amount": 100_000, "description": "n"]
    let answer = try await stand.create(body, idempotency: "n1")
    #expect(answer.status == 503)
    #expect(answer.json["code"].string == "acquirer_unreachable")
    #expect(answer.json["retryable"].bool == true)
    #expect(answer.fields[.retryAfter] != nil)
    try await stand.startSandbox()
    #expect(try await stand.create(body, idempotency: "n1").status == 201)
  }

  @Test("A wrong secret is our fault: 502, said once and again to a repeat")
  func misconfigured() async throws {
    let stand = try Stand()
    try await stand.startSandbox()
    try "another secret".write(to: stand.folder.appendingPathComponent("secret"), atomically: true, encoding: .utf8)
    try await stand.startGateway()
    let body: [String: Any] = ["order_id": "M1", "amount": 100_000, "description": "m"]
    for _ in 0..<2 {
      let answer = try await stand.create(body, idempotency: "m1")
      #expect(answer.status == 502)
      #expect(answer.json["code"].string == "acquirer_misconfigured")
      #expect(answer.json["upstream"]["code"].string != nil)
    }
    #expect(!(stand.gateway?.log.contains("another secret") ?? true))
  }

  @Test("A result lost for good is found by asking after the payer's return")
  func askedOnReturn() async throws {
    let stand = try Stand()
    try await stand.start()
    try await stand.faults([["on": "result", "fault": "drop", "times": 100]])
    let link = try await stand.createFixed(order: "Q1", more: ["success_url": "https://shop.example/ok"])
    let paid = try await stand.pay(order: "Q1", amount: "150000.00")
    #expect(try await stand.listed(link)["status"].string == "active")
    let back = paid["redirect"].string ?? link["short_url"].string ?? ""
    #expect(try await Wire.send(.get, back).status == 303)
    #expect(try await stand.listed(link)["payment"]["status"].string == "paid")
  }

  @Test("A result lost for good is found by whoever reads the link")
  func askedOnRead() async throws {
    let stand = try Stand()
    try await stand.start()
    try await stand.faults([["on": "result", "fault": "drop", "times": 100]])
    let link = try await stand.createFixed(order: "Q2")
    _ = try await stand.pay(order: "Q2", amount: "150000.00")
    #expect(try await stand.listed(link)["status"].string == "active")
    #expect(try await stand.read(link)["status"].string == "completed")
  }
}
