import HTTPTypes
import Foundation
import Testing

/// What happens to money after it was paid: captures, cancels and refunds, whatever goes wrong on the way.
@Suite struct EndToEndOperationTests {
  private func held(_ stand: Stand, order: String) async throws -> JSON {
    try await stand.start()
    let link = try await stand.createFixed(order: order, more: ["capture": "manual"])
    _ = try await stand.pay(order: order, amount: "150000.00")
    let read = try await stand.read(link)
    #expect(read["status"].string == "completed")
    #expect(read["payment"]["status"].string == "authorized")
    #expect(read["payment"]["captured"].int == 0)
    return read
  }

  private func paid(_ stand: Stand, order: String, card: String = "4400444400004440") async throws -> JSON {
    try await stand.start()
    let link = try await stand.createFixed(order: order)
    _ = try await stand.pay(order: order, amount: "150000.00", card: card)
    let read = try await stand.read(link)
    #expect(read["payment"]["status"].string == "paid")
    return read
  }

  @Test("A hold is captured in part, and given back in two parts, each a refund of its own")
  func hold() async throws {
    let stand = try Stand(api: "merchant", limits: ["ask_every: 500ms"])
    let link = try await held(stand, order: "H1")
    let over = try await stand.operate("capture", link, ["amount": 15_000_001])
    #expect(over.status == 422)
    #expect(over.json["code"].string == "amount_exceeds_authorized")
    let captured = try await stand.operate("capture", link, ["amount": 10_000_000], idempotency: "capture-1")
    #expect(captured.status == 200, "\(captured)")
    #expect(captured.json["payment"]["status"].string == "paid")
    #expect(captured.json["payment"]["captured"].int == 10_000_000)
    let replay = try await stand.operate("capture", link, ["amount": 10_000_000], idempotency: "capture-1")
    #expect(replay.status == 200)
    #expect(replay.fields[.init("Idempotency-Replayed")!] == "true")
    #expect(try await stand.operate("capture", link).json["code"].string == "wrong_state")

    // The family's ok is only a promise: the list of refunds tells the end.
    let part = try await stand.operate("refunds", link, ["amount": 4_000_000, "reason": "the lid is broken"])
    #expect([201, 202].contains(part.status), "\(part)")
    #expect(part.json["object"].string == "refund")
    #expect(try await stand.ended(part.json)["status"].string == "succeeded")
    #expect(try await stand.read(link)["payment"]["status"].string == "partially_refunded")
    let rest = try await stand.operate("refunds", link)
    #expect(rest.json["amount"].int == 6_000_000, "\(rest)")
    #expect(try await stand.ended(rest.json)["status"].string == "succeeded")

    let read = try await stand.read(link)
    #expect(read["payment"]["status"].string == "refunded")
    #expect(read["payment"]["refunded"].int == 10_000_000)
    #expect(read["refunds"].list.compactMap { $0["id"].string } == [rest, part].compactMap { $0.json["id"].string })
    let acquirer = try await stand.acquirersPayment(order: "H1")
    #expect(acquirer["captured"].string == "100000")
    #expect(acquirer["refunded"].string == "100000")
    #expect(acquirer["operations"].list.compactMap { $0["kind"].string } == ["capture", "refund", "refund"])
    #expect(try await stand.operate("refunds", link).json["code"].string == "wrong_state")
  }

  @Test("A hold that is canceled goes back to the payer and ends the link")
  func release() async throws {
    let stand = try Stand(api: "merchant")
    let link = try await held(stand, order: "H2")
    let canceled = try await stand.operate("cancel", link, [:], idempotency: "cancel-1")
    #expect(canceled.status == 200, "\(canceled)")
    #expect(canceled.json["status"].string == "canceled")
    #expect(canceled.json["payment"]["status"].string == "canceled")
    #expect(try await stand.operate("cancel", link, [:], idempotency: "cancel-1").status == 200)
    #expect(try await stand.operate("capture", link).status == 409)
    #expect(try await stand.acquirersPayment(order: "H2")["operations"].list.compactMap { $0["kind"].string } == ["cancel"])
    #expect(try await Wire.send(.get, link["short_url"].string ?? "").status == 410)
  }

  @Test("More than was captured cannot be given back, not even by many at once")
  func overRefund() async throws {
    let stand = try Stand(limits: ["ask_every: 500ms"])
    let link = try await paid(stand, order: "O1")
    let over = try await stand.operate("refunds", link, ["amount": 15_000_001])
    #expect(over.status == 422)
    #expect(over.json["code"].string == "amount_exceeds_captured")
    let id = try #require(link["id"].string)
    let answers = try await withThrowingTaskGroup(of: Wire.Answer.self) { group in
      for _ in 0..<12 { group.addTask { try await stand.refund(id, 5_000_000) } }
      return try await group.reduce(into: [Wire.Answer]()) { $0.append($1) }
    }
    let taken = answers.filter { $0.status == 201 || $0.status == 202 }
    #expect(taken.count == 3)
    #expect(answers.filter { $0.status == 422 || $0.status == 409 }.count == 9)
    for answer in taken { #expect(try await stand.ended(answer.json)["status"].string == "succeeded") }
    let read = try await stand.read(link)
    #expect(read["payment"]["status"].string == "refunded")
    let acquirer = try await stand.acquirersPayment(order: "O1")
    #expect(acquirer["refunded"].string == "150000")
    #expect(acquirer["operations"].list.count == 3)
  }

  @Test("A refund whose answer is lost, with the gateway killed meanwhile, is never sent again: the status finds it")
  func lostAnswer() async throws {
    let stand = try Stand(limits: ["acquirer_timeout: 5s", "ask_every: 500ms"])
    let link = try await paid(stand, order: "L1")
    let id = try #require(link["id"].string)
    try await stand.faults([["on": "refund", "fault": "timeout_after_accept", "times": 1, "delay_ms": 20_000]])
    let refunding = Task { try? await stand.refund(id, 5_000_000, idempotency: "refund-1") }
    #expect(await Poll.until(.seconds(5)) { (try? await stand.acquirersPayment(order: "L1"))?["operations"].list.count == 1 })
    stand.gateway?.signal(SIGKILL)
    _ = await refunding.value
    stand.killGateway()
    try await stand.startGateway()

    let replay = try await stand.operate("refunds", link, ["amount": 5_000_000], idempotency: "refund-1")
    #expect(replay.status == 202 || replay.json["status"].string == "succeeded", "\(replay)")
    #expect(replay.fields[.init("Idempotency-Replayed")!] == "true")
    #expect(replay.json["amount"].int == 5_000_000)
    #expect(try await stand.ended(replay.json)["status"].string == "succeeded", "\(stand.gateway?.log ?? "")")
    let after = try await stand.operate("refunds", link, ["amount": 5_000_000], idempotency: "refund-1")
    #expect(after.status == 200)
    #expect(after.json["id"].string == replay.json["id"].string)
    #expect(try await stand.read(link)["payment"]["refunded"].int == 5_000_000)
    #expect(try await stand.acquirersRequests(path: "/g2g/refund") == 1)
    #expect(try await stand.acquirersPayment(order: "L1")["refunded"].string == "50000")
  }

  @Test(
    "A refund whose answer cannot be believed is 202, sent once, and found by status",
    arguments: [("gateway", "bad_signature"), ("gateway", "http_500"), ("merchant", "truncated"), ("merchant", "timeout_after_accept")])
  func unbelievable(api: String, fault: String) async throws {
    let stand = try Stand(api: api, limits: ["acquirer_timeout: 1s", "ask_every: 500ms"])
    let link = try await paid(stand, order: "U1")
    try await stand.faults([["on": "refund", "fault": fault, "times": 1, "delay_ms": 5_000]])
    let answer = try await stand.operate("refunds", link, ["amount": 5_000_000])
    #expect(answer.status == 202, "\(answer)")
    let path = api == "gateway" ? "/g2g/refund" : "/revoke.php"
    // A 500 comes before anything was done; all others came after it.
    if fault == "http_500" {
      let asked = try await stand.acquirersRequests(path: "/g2g/status_v2")
      #expect(await Poll.until(.seconds(20)) { (try? await stand.acquirersRequests(path: "/g2g/status_v2")) ?? 0 > asked })
      #expect(try await stand.read(link)["refunds"][0]["status"].string == "unknown", "absence is no proof")
      #expect(try await stand.read(link)["payment"]["refunded"].int == 0)
    } else {
      #expect(try await stand.ended(answer.json)["status"].string == "succeeded", "\(stand.gateway?.log ?? "")")
    }
    #expect(try await stand.acquirersRequests(path: path) == 1)
  }

  @Test("A card whose refunds fail says so; nothing moved, and the amount can be asked for again")
  func failingCard() async throws {
    let stand = try Stand(limits: ["ask_every: 500ms"])
    let link = try await paid(stand, order: "C1", card: "4916307416334310")
    // A general error may hide a refund that was made: the list of refunds tells.
    for _ in 0..<2 {
      let refund = try await stand.operate("refunds", link)
      #expect([201, 202].contains(refund.status), "\(refund)")
      #expect(refund.json["amount"].int == 15_000_000)
      let ended = try await stand.ended(refund.json)
      #expect(ended["status"].string == "failed")
      #expect(ended["failure"]["code"].string != nil)
    }
    let read = try await stand.read(link)
    #expect(read["payment"]["status"].string == "paid")
    #expect(read["payment"]["refunded"].int == 0)
    #expect(read["refunds"].list.count == 2)
  }

  @Test("Sync asks now: a result that was lost is found, and the key must be allowed to")
  func sync() async throws {
    let stand = try Stand()
    try await stand.start()
    try await stand.faults([["on": "result", "fault": "drop", "times": 100]])
    let link = try await stand.createFixed(order: "S1")
    _ = try? await stand.pay(order: "S1", amount: "150000.00")
    #expect(try await stand.listed(link)["status"].string == "active")
    let path = "/v1/payment-links/\(link["id"])/sync"
    #expect(try await stand.call(.post, path, key: Stand.readOnlyKey).status == 403)
    let synced = try await stand.call(.post, path)
    #expect(synced.status == 200)
    #expect(synced.json["status"].string == "completed")
    #expect(synced.json["payment"]["status"].string == "paid")
  }

  @Test("links capture, refund and sync do over the shell what the API does")
  func commands() async throws {
    let stand = try Stand(api: "merchant", limits: ["ask_every: 500ms"])
    let link = try await held(stand, order: "P1")
    let id = try #require(link["id"].string)
    let environment = ["PAYLINK_URL": stand.url, "PAYLINK_KEY": Stand.key]
    func run(_ arguments: String...) async throws -> Program.Outcome {
      try await Program.run(["links"] + arguments, in: stand.folder, environment: environment)
    }
    let captured = try await run("capture", id, "--amount", "100000", "--json")
    #expect(captured.status == 0, "\(captured.errors)")
    #expect(JSON(bytes: Array(captured.output.utf8))["payment"]["captured"].int == 10_000_000)
    let refund = try await run("refund", id, "--amount", "40000.00", "--reason", "the lid", "--idempotency-key", "r1", "--json")
    #expect(refund.status == 0, "\(refund.errors)")
    let made = JSON(bytes: Array(refund.output.utf8))
    #expect(made["amount"].int == 4_000_000)
    #expect(try await stand.ended(made)["status"].string == "succeeded")
    let said = try await run("refund", id, "--amount", "40000.00", "--reason", "the lid", "--idempotency-key", "r1")
    #expect(said.output.hasPrefix("\(made["id"])  succeeded"), "\(said)")
    #expect(said.output.contains("40000.00 UZS"))
    #expect(JSON(bytes: Array(try await run("sync", id, "--json").output.utf8))["payment"]["status"].string == "partially_refunded")
    let over = try await run("refund", id, "--amount", "60000.01")
    #expect(over.status == 1)
    #expect(over.errors.contains("amount_exceeds_captured"))
    for wrong in ["0x1", "1e5", "", "1.", "-5"] { #expect(try await run("capture", id, "--amount=\(wrong)").status == 64, "\(wrong)") }
  }
}

extension Stand {
  /// Captures, refunds or cancels over the API.
  func operate(
    _ action: String, _ link: JSON, _ body: [String: Any]? = nil, idempotency: String = UUID().uuidString
  ) async throws -> Wire.Answer {
    try await call(.post, "/v1/payment-links/\(link["id"])/\(action)", body, idempotency: idempotency)
  }

  /// The same for a task, which takes no JSON along.
  func refund(_ link: String, _ units: Int, idempotency: String = UUID().uuidString) async throws -> Wire.Answer {
    try await call(.post, "/v1/payment-links/\(link)/refunds", ["amount": units], idempotency: idempotency)
  }

  /// A refund as it stands when its end is known.
  func ended(_ refund: JSON) async throws -> JSON {
    var latest = refund
    _ = try await Poll.until(.seconds(40)) {
      let list = try await call(.get, "/v1/payment-links/\(refund["link"])/refunds").json["data"].list
      latest = list.first { $0["id"].string == refund["id"].string } ?? JSON(nil)
      return ["succeeded", "failed"].contains(latest["status"].string)
    }
    return latest
  }

  /// The acquirer's only payment of an order, with what was done to it.
  func acquirersPayment(order: String) async throws -> JSON {
    let number = try await acquirersPayments(order: order).first?["pg_payment_id"].int
    return try await Wire.send(.get, acquirer + "/control/payments/\(number ?? 0)").json
  }

  /// How many calls the acquirer got at a path.
  func acquirersRequests(path: String) async throws -> Int {
    try await Wire.send(.get, acquirer + "/control/requests").json["requests"].list.filter { $0["path"].string?.hasSuffix(path) == true }
      .count
  }
}
