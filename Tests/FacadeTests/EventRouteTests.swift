import HTTPTypes
import JSON
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// `GET /v1/payment-links/{id}/events` and `GET /v1/events` (design §4.3, §4.5).
struct EventRouteTests {
  private static func link(of desk: Desk) async throws -> (id: String, token: String) {
    let made = try await desk.create(#"{"order_id":"A1","amount":100,"description":"x","metadata":{"k":"v"}}"#)
    #expect(made.status == 201)
    return (try #require(made["id"]), try #require(made["client_token"]))
  }

  private static func types(_ answer: Answer) -> [String] {
    guard case .list(let items)? = answer.json.at("data") else { return ["?"] }
    return items.compactMap { $0.at("type")?.word }
  }

  @Test("A link's history is its events in order, with the link as it stood and nothing that opens anything")
  func history() async throws {
    let desk = try Desk()
    let (id, token) = try await Self.link(of: desk)
    #expect(try await desk.call(.post, "/v1/payment-links/\(id)/cancel", fields: [.idempotencyKey: "k2"]).status == 200)
    let answer = try await desk.call(.get, "/v1/payment-links/\(id)/events")
    #expect(answer.status == 200)
    #expect(Self.types(answer) == ["payment_link.active", "payment_link.canceled"])
    let event = try #require(answer.json.at("data.0"))
    #expect(event.names == ["data", "id", "sequence", "timestamp", "type"])
    #expect(event.at("id")?.word?.hasPrefix("evt_") == true)
    #expect(event.at("data.link.status")?.word == "active")
    #expect(event.at("data.link.sequence")?.word == event.at("sequence")?.word)
    #expect(event.at("data.link.metadata.k")?.word == "v")
    let names = event.at("data.link")?.names ?? []
    for name in ["client_token", "short_url", "url", "qr"] { #expect(!names.contains(name)) }
    #expect(!answer.text.contains(token))
    #expect(!answer.text.contains("/p/"))
    #expect(!answer.text.contains("customer.example"))
  }

  @Test("A client token reads its own link's history, without what it may not see of the link")
  func client() async throws {
    let desk = try Desk()
    let (id, token) = try await Self.link(of: desk)
    var link = try #require(desk.books.allLinks.first)
    link.payments = [Payment(ordinal: 1, id: try PaymentID(77), status: .paid, createdAt: link.createdAt)]
    link.payments[0].flags = [.over]
    link.payments[0].card = Card(maskedNumber: "4177-49XX-XXXX-2827")
    for kind in [Event.Kind.paymentFlagged, .linkReview, .refundSucceeded] {
      desk.books.put(Event(kind: kind, at: desk.clock.now(), merchant: link.merchant, link: link))
    }
    for (target, key) in [("?client_token=\(token)", nil), ("", token)] as [(String, String?)] {
      let answer = try await desk.call(.get, "/v1/payment-links/\(id)/events\(target)", key: key)
      #expect(answer.status == 200)
      #expect(Self.types(answer) == ["payment_link.active", "payment_link.review"])
      let names = answer.json.at("data.1.data.link")?.names ?? []
      #expect(!names.contains("metadata") && !names.contains("refunds"))
      let payment = answer.json.at("data.1.data.link.payments.0")?.names ?? []
      #expect(!payment.contains("flags") && !payment.contains("card"))
      #expect(answer.fields[.cacheControl] == "no-store")
      #expect(answer.fields[.referrerPolicy] == "no-referrer")
    }
    #expect(Self.types(try await desk.call(.get, "/v1/payment-links/\(id)/events")).count == 4)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)/events", key: "sk_other").status == 404)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)/events", key: "sk_writer").status == 403)
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)/events?limit=1").status == 422)
  }

  @Test("The feed goes on where it ended, oldest first, with the same bytes as the history, and its last cursor finds what comes later")
  func feed() async throws {
    let desk = try Desk()
    for number in 1...5 {
      _ = try await desk.create(#"{"order_id":"A\#(number)","amount":100,"description":"x"}"#, idempotency: "k\(number)")
    }
    _ = try await desk.create(key: "sk_other")
    var cursor = ""
    var orders: [String] = []
    for (limit, more) in [(2, "true"), (2, "true"), (100, "false"), (1, "false")] {
      let answer = try await desk.call(.get, "/v1/events?limit=\(limit)\(cursor)")
      #expect(answer.status == 200)
      guard case .list(let items)? = answer.json.at("data") else { return #expect(Bool(false)) }
      orders += items.compactMap { $0.at("data.link.order_id")?.word }
      #expect(answer["has_more"] == more)
      cursor = "&cursor=\(try #require(answer["next_cursor"]))"
    }
    #expect(orders == ["A1", "A2", "A3", "A4", "A5"])
    _ = try await desk.create(#"{"order_id":"A6","amount":100,"description":"x"}"#, idempotency: "k6")
    let later = try await desk.call(.get, "/v1/events?limit=1\(cursor)")
    #expect(later["data.0.data.link.order_id"] == "A6")
    let id = try #require(later["data.0.data.link.id"])
    let history = try await desk.call(.get, "/v1/payment-links/\(id)/events")
    let shown = EventBody(try #require(desk.books.events.last)).bytes
    #expect(history.text == #"{"data":["# + String(decoding: shown, as: UTF8.self) + "]}")
    #expect(later.text.contains(String(decoding: shown, as: UTF8.self)))
  }

  @Test("The feed is for keys with events:read, of their own merchants, and refuses what it does not know")
  func refused() async throws {
    let desk = try Desk()
    _ = try await desk.create()
    #expect(try await desk.call(.get, "/v1/events", key: "sk_reader").status == 403)
    #expect(try await desk.call(.get, "/v1/events", key: nil).status == 401)
    #expect(try await desk.call(.get, "/v1/events", key: "sk_nothing")["data.0.type"] == "payment_link.active")
    for key in ["sk_other", "sk_nobody"] {
      let answer = try await desk.call(.get, "/v1/events", key: key)
      #expect(answer.text == #"{"data":[],"has_more":false,"next_cursor":null}"#)
    }
    let faults = try await desk.call(.get, "/v1/events?limit=0&cursor=x&type=y").faults
    #expect(faults.sorted() == ["/cursor malformed", "/limit out_of_range", "/type unknown_member"])
    for limit in ["0", "101"] { #expect(try await desk.call(.get, "/v1/events?limit=\(limit)").status == 422) }
    for limit in ["1", "100"] { #expect(try await desk.call(.get, "/v1/events?limit=\(limit)").status == 200) }
    let from = (desk.clock.now() + .seconds(1)).rfc3339
    #expect(try await desk.call(.get, "/v1/events?created_from=\(from)")["has_more"] == "false")
    #expect(Self.types(try await desk.call(.get, "/v1/events?created_from=\(from)")) == [])
  }
}
