import HTTPTypes
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Cancel and accept (design §4.3).
struct ChangeRouteTests {
  private func cancel(
    _ desk: Desk, _ id: String, key: String = "sk_shop", idempotency: String? = "c1", body: String? = nil
  ) async throws -> Answer {
    try await desk.call(
      .post, "/v1/payment-links/\(id)/cancel", key: key, fields: idempotency.map { [.idempotencyKey: $0] } ?? [:], body: body)
  }

  @Test("A link is canceled once; the replay shows it, another body or route under the key is refused")
  func cancel() async throws {
    let desk = try Desk()
    let id = try #require(try await desk.create()["id"])
    let first = try await cancel(desk, id)
    #expect(first.status == 200)
    #expect(first["status"] == "canceled")
    let again = try await cancel(desk, id, body: "{}")
    #expect(again.status == 200)
    #expect(again.fields[.idempotencyReplayed] == "true")
    let second = try #require(try await desk.create(#"{"order_id":"B2","amount":100,"description":"x"}"#, idempotency: "k2")["id"])
    #expect(try await cancel(desk, second)["code"] == "idempotency_key_reused")
    #expect(try await cancel(desk, second, idempotency: "k1")["code"] == "idempotency_key_reused")
    #expect(try await desk.call(.get, "/v1/payment-links/\(second)")["status"] == "active")
  }

  @Test("A link that cannot be canceled is 409, again to the replay")
  func wrongState() async throws {
    let desk = try Desk()
    desk.books.put(try ReadRouteTests.fullLink())
    for isReplay in [false, true] {
      let answer = try await cancel(desk, "pl_01kar9k9r0000000000000000a")
      #expect(answer.status == 409)
      #expect(answer["code"] == "wrong_state")
      #expect(answer.fields[.idempotencyReplayed] == (isReplay ? "true" : nil))
    }
  }

  @Test("Cancel needs its key, takes nothing but an empty object, and knows only its own links")
  func cancelFaults() async throws {
    let desk = try Desk()
    let id = try #require(try await desk.create()["id"])
    #expect(try await cancel(desk, id, idempotency: nil)["code"] == "idempotency_key_missing")
    #expect(try await cancel(desk, id, body: #"{"reason":"x"}"#).faults == ["/reason unknown_member"])
    #expect(try await cancel(desk, id, body: "[]").faults == [" wrong_type"])
    #expect(try await cancel(desk, id, body: "x").status == 400)
    #expect(try await cancel(desk, "pl_01kar9k9r0000000000000000b").status == 404)
    #expect(try await cancel(desk, id, key: "sk_other").status == 404)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)")["status"] == "active")
  }

  @Test("Money under review is accepted; again it is the same answer, and elsewhere a wrong state")
  func accept() async throws {
    let desk = try Desk()
    let link = try ReadRouteTests.fullLink()
    desk.books.put(link)
    let first = try await desk.call(.post, "/v1/payment-links/\(link.id)/accept", body: "{}")
    #expect(first.status == 200)
    #expect(first["status"] == "completed")
    let again = try await desk.call(.post, "/v1/payment-links/\(link.id)/accept")
    #expect(again.status == 200)
    #expect(again.json == first.json)
    let active = try #require(try await desk.create(#"{"order_id":"B2","amount":100,"description":"x"}"#, idempotency: "k2")["id"])
    let wrong = try await desk.call(.post, "/v1/payment-links/\(active)/accept")
    #expect(wrong.status == 409)
    #expect(wrong["code"] == "wrong_state")
    #expect(try await desk.call(.post, "/v1/payment-links/\(link.id)/accept", body: #"{"x":1}"#).status == 422)
    #expect(try await desk.call(.post, "/v1/payment-links/pl_01kar9k9r0000000000000000b/accept").status == 404)
  }

  @Test("The wrong method says which are right")
  func wrongMethod() async throws {
    let desk = try Desk()
    let id = try #require(try await desk.create()["id"])
    for path in ["/v1/payment-links/\(id)/events", "/v1/events"] { #expect(try await desk.call(.post, path).status == 405) }
    let answer = try await desk.call(.delete, "/v1/payment-links/\(id)")
    #expect(answer.status == 405)
    #expect(answer.fields[.allow] == "GET, HEAD, OPTIONS")
  }
}
