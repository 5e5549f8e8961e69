import Foundation
import HTTPTypes
import Testing

/// What shop, acquirer and operator see of a gateway whose books cannot be written (docs/decisions/0014).
extension Stand {
  /// A create, a check, a result and the readiness, all of them refused as they must be, and nothing sent to the acquirer.
  /// - Parameter link: active, of `order`, with a price of 150,000.00.
  func expectRefusals(_ link: JSON, order: String, idempotency: String) async throws {
    let before = try await acquirersRequests()
    let created = try await create(["order_id": "R\(idempotency)", "amount": 100_000, "description": "r"], idempotency: idempotency)
    #expect(created.status == 503, "\(created)")
    #expect(created.json["code"].string == "database_unavailable")
    #expect(created.json["retryable"].bool == true)
    #expect(created.fields[.retryAfter].flatMap { Int($0) }.map { $0 > 0 } == true)

    let payment = try #require(try await acquirersPayments(order: order).first?["pg_payment_id"].int)
    var callback = Callback.result(order: order, payment: payment, amount: "150000.00")
    let result = try await callback.send(to: self)
    #expect(result.status == 503, "\(result)")
    #expect(result.fields[.retryAfter] != nil)
    callback.script = "check"
    let check = try await callback.send(to: self)
    #expect(check.status == 200, "\(check)")
    #expect(Callback.answer(check.text)["pg_status"] == "rejected")
    #expect(Callback.isSigned(check.text, script: "check"))

    let ready = try await Wire.send(.get, operations + "/readyz")
    #expect(ready.status == 503)
    #expect(ready.json["reasons"].list.map(\.string) == ["database"])
    #expect(try await Wire.send(.get, operations + "/livez").status == 200)
    #expect(try await acquirersRequests() == before)
  }

  /// All that only reads goes on.
  func expectReads(_ link: JSON) async throws {
    let id = try #require(link["id"].string)
    for path in ["/v1/payment-links/\(id)", "/v1/payment-links?limit=5", "/v1/payment-links/\(id)/events", "/v1/events"] {
      #expect(try await call(.get, path).status == 200, "\(path)")
    }
    #expect(try await Wire.send(.get, try #require(link["short_url"].string)).status == 302)
  }

  /// Ready again by itself.
  /// - Returns: after how long.
  @discardableResult
  func recovered(within limit: Duration = .seconds(20)) async throws -> Duration {
    let start = ContinuousClock.now
    let isReady = await Poll.until(limit) { (try? await Wire.send(.get, operations + "/readyz", timeout: .seconds(5)))?.status == 200 }
    #expect(isReady, "\(gateway?.log.suffix(2000) ?? "")")
    return ContinuousClock.now - start
  }

  /// Every payment is at the acquirer what it is in our books, and was told the shop once.
  func expectEqualBooks(orders: [String]) async throws {
    var wanted: [String: Int] = [:]
    for order in orders {
      let ours = try await call(.get, "/v1/payment-links?order_id=\(order)").json["data"].list.flatMap { $0["payments"].list }
      let theirs = try await acquirersPayments(order: order)
      #expect(ours.count == theirs.count, "\(order)")
      for payment in theirs {
        let same = ours.first { $0["id"].int == payment["pg_payment_id"].int }
        let isPaid = payment["status"].string == "success"
        #expect((same?["status"].string == "paid") == isPaid, "\(order): \(payment) \(same?.description ?? "-")")
        if isPaid { wanted[order, default: 0] += 1 }
      }
    }
    // An event comes to the feed a moment after its commit.
    _ = try await Poll.until(.seconds(5)) { try await toldPaid().filter { orders.contains($0.key) } == wanted }
    #expect(try await toldPaid().filter { orders.contains($0.key) } == wanted)
  }

  /// How often the feed says that an order was paid.
  private func toldPaid() async throws -> [String: Int] {
    var paid: [String: Int] = [:]
    var cursor: String?
    repeat {
      let page = try await call(.get, "/v1/events?limit=100" + (cursor.map { "&cursor=\($0)" } ?? "")).json
      for event in page["data"].list where event["type"].string == "payment.paid" {
        paid[event["data"]["link"]["order_id"].string ?? "?", default: 0] += 1
      }
      cursor = page["has_more"].bool == true ? page["next_cursor"].string : nil
    } while cursor != nil
    return paid
  }

  /// How many calls of ours the acquirer has had.
  func acquirersRequests() async throws -> Int {
    try await Wire.send(.get, acquirer + "/control/requests").json["requests"].list.count
  }
}
