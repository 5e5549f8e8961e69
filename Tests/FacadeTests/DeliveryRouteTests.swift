import HTTPTypes
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Deliveries, endpoints and replay over the API (decision 0005).
struct DeliveryRouteTests {
  private static func event(of desk: Desk) async throws -> Event {
    _ = try await desk.create()
    return try #require(desk.books.events.last)
  }

  private static func delivery(_ desk: Desk, _ event: Event, _ endpoint: String, place: Int64, _ status: Delivery.Status) throws -> Delivery
  {
    Delivery(
      endpoint: try EndpointName(endpoint), place: place, event: event, status: status, tries: 2,
      dueAt: status == .waiting ? desk.clock.now() : nil,
      attempts: [
        DeliveryAttempt(at: desk.clock.now(), duration: .milliseconds(12), end: .answered(status: 500)),
        DeliveryAttempt(at: desk.clock.now(), duration: .seconds(15), end: .failed(.timeout)),
      ])
  }

  @Test("A replay queues the event for the endpoints that want it, for a key with admin and of its own merchants alone")
  func replay() async throws {
    let desk = try Desk()
    let event = try await Self.event(of: desk)
    let answer = try await desk.call(.post, "/v1/events/\(event.id)/replay")
    #expect(answer.status == 202)
    #expect(answer.text == #"{"endpoints":["crm"],"event":"\#(event.id)"}"#)
    #expect(try await desk.outbox.hasWork(for: EndpointName("crm"), at: desk.clock.now()))
    #expect(try await !desk.outbox.hasWork(for: EndpointName("money"), at: desk.clock.now()))
    for (key, status) in [("sk_other", 404), ("sk_reader", 403), ("pk_front", 403), ("sk_nobody", 404)] {
      #expect(try await desk.call(.post, "/v1/events/\(event.id)/replay", key: key).status == status)
    }
    for id in ["evt_0", "pl_x", EventID(at: desk.clock.now()).text] {
      #expect(try await desk.call(.post, "/v1/events/\(id)/replay").status == 404)
    }
    #expect(try await desk.call(.post, "/v1/events/\(event.id)/replay", body: #"{"x":1}"#).status == 422)
  }

  @Test("Deliveries are listed with every try, by status, endpoint and event, page after page")
  func deliveries() async throws {
    let desk = try Desk()
    let event = try await Self.event(of: desk)
    desk.outbox.put(try Self.delivery(desk, event, "crm", place: 1, .dead))
    desk.outbox.put(try Self.delivery(desk, event, "money", place: 1, .waiting))
    let all = try await desk.call(.get, "/v1/deliveries?limit=1")
    #expect(all.status == 200)
    #expect(all["data.0.endpoint"] == "money" && all["has_more"] == "true")
    let rest = try await desk.call(.get, "/v1/deliveries?limit=1&cursor=\(try #require(all["next_cursor"]))")
    #expect(rest["data.0.endpoint"] == "crm" && rest["has_more"] == "false" && rest["next_cursor"] == "null")
    let dead = try await desk.call(.get, "/v1/deliveries?status=dead&endpoint=crm&event=\(event.id)")
    #expect(dead.json.at("data.0")?.names == ["attempts", "endpoint", "event", "next_at", "status", "tries", "type"])
    #expect(dead["data.0.attempts.0.http_status"] == "500" && dead["data.0.attempts.0.failure"] == "null")
    #expect(dead["data.0.attempts.1.failure"] == "timeout" && dead["data.0.attempts.1.duration_ms"] == "15000")
    #expect(try await desk.call(.get, "/v1/deliveries", key: "sk_other").text == #"{"data":[],"has_more":false,"next_cursor":null}"#)
    #expect(try await desk.call(.get, "/v1/deliveries", key: "sk_reader").status == 403)
    let faults = try await desk.call(.get, "/v1/deliveries?status=lost&endpoint=A&event=x&cursor=1&limit=0&x=1").faults
    #expect(faults.count == 6, "\(faults)")
  }

  @Test("Endpoints say how they stand, and one that is gone is enabled by a key with admin")
  func endpoints() async throws {
    let desk = try Desk()
    let now = desk.clock.now()
    for (name, failures, disabled) in [("crm", 0, now), ("money", 5, nil), ("unknown", 0, nil)] as [(String, Int, Timestamp?)] {
      desk.outbox.put(
        EndpointState(
          name: try EndpointName(name), breaker: Breaker(failures: failures, restsUntil: failures > 0 ? now : nil), disabledAt: disabled,
          waiting: 3, dead: 1))
    }
    let all = try await desk.call(.get, "/v1/endpoints")
    #expect(all["data.0.name"] == "crm" && all["data.0.status"] == "disabled" && all["data.0.disabled_at"] == now.rfc3339)
    #expect(all["data.1.name"] == "money" && all["data.1.status"] == "failing" && all["data.1.waiting"] == "3")
    #expect(all["data.2.name"] == nil)
    #expect(try await desk.call(.get, "/v1/endpoints", key: "sk_other")["data.0.name"] == "money")
    #expect(try await desk.call(.post, "/v1/endpoints/crm/enable", key: "sk_other").status == 404)
    #expect(try await desk.call(.post, "/v1/endpoints/crm/enable", key: "sk_reader").status == 403)
    let enabled = try await desk.call(.post, "/v1/endpoints/crm/enable")
    #expect(enabled.status == 200 && enabled["status"] == "ok")
    for name in ["nobody", "CRM", "unknown"] { #expect(try await desk.call(.post, "/v1/endpoints/\(name)/enable").status == 404) }
  }
}
