import Foundation
import HTTPTypes
import Testing

/// A link of 90 days at an acquirer whose pages live 7: gateway and sandbox in one process, whose clock the test moves.
@Suite struct EndToEndFreshPageTests {
  static let key = "sk_sandbox_demo"

  @Test(
    "When the page of a long link is over, a payer's POST opens a fresh one: many at once make one call, and paying it completes the link")
  func freshPage() async throws {
    let stand = try Stand()
    let program = try Program(
      ["serve", "--sandbox"], in: stand.folder,
      environment: [
        "PAYLINK_LISTEN": "127.0.0.1:\(stand.gatewayPort)", "PAYLINK_OPS_LISTEN": "127.0.0.1:\(stand.operationsPort)",
        "PAYLINK_SANDBOX_LISTEN": "127.0.0.1:\(stand.sandboxPort)",
      ], name: "all-in-one")
    defer { program.stop() }
    #expect(
      await Poll.until(.seconds(20)) { (try? await Wire.send(.get, stand.operations + "/readyz", timeout: .seconds(1)))?.status == 200 })
    let created = try await stand.call(
      .post, "/v1/payment-links",
      ["order_id": "LONG1", "amount": 15_000_000, "description": "An order with time", "expires_in": 7_776_000], key: Self.key,
      idempotency: "long")
    #expect(created.status == 201, "\(created)")
    let link = created.json
    let short = try #require(link["short_url"].string)
    let first = try #require(link["url"].string)
    #expect(try await Wire.send(.get, short).fields[.location] == first)

    try await stand.advanceSandbox("10085m")
    let ended = try await Wire.send(.get, short)
    #expect(ended.status == 200)
    #expect(ended.text.contains("<form method=\"post\">"))
    #expect(try await stand.acquirersPayments(order: "LONG1").count == 1)

    let answers = try await withThrowingTaskGroup(of: Wire.Answer.self) { group in
      for _ in 0..<8 { group.addTask { try await Wire.send(.post, short) } }
      return try await group.reduce(into: [Wire.Answer]()) { $0.append($1) }
    }
    // Whoever came second was led to the page, or told to wait a moment for it.
    #expect(answers.allSatisfy { $0.status == 303 || $0.status == 202 }, "\(answers.map(\.status))")
    let payments = try await stand.acquirersPayments(order: "LONG1")
    #expect(payments.count == 2)
    let second = try #require(answers.first { $0.status == 303 }?.fields[.location])
    #expect(second != first)
    #expect(try await Wire.send(.get, short).fields[.location] == second)

    let paid = try await stand.pay(order: "LONG1", amount: "150000.00")
    #expect(paid["result"]["status"].string == "ok", "\(paid)")
    let read = try await stand.call(.get, "/v1/payment-links/\(link["id"])", key: Self.key).json
    #expect(read["status"].string == "completed")
    #expect(read["payment"]["flags"].list.isEmpty)
    #expect(read["payments"].list.count == 2)
    #expect(try await Wire.send(.post, short).text.contains("<h1>Paid</h1>"))
  }
}
