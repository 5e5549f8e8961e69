import HTTPTypes
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// `POST /v1/payment-links` from request to answer, every end of it (design §4.3).
struct CreateRouteTests {
  @Test("A link is made once: 201, then 200 with the same object for the same key and body, and 422 for another body")
  func idempotency() async throws {
    let desk = try Desk()
    let first = try await desk.create()
    #expect(first.status == 201)
    #expect(first["status"] == "active")
    #expect(first.fields[.location] == "/v1/payment-links/\(first["id"] ?? "?")")
    #expect(first.fields[.contentType] == "application/json")
    #expect(first.fields[.cacheControl] == "no-store")
    #expect(first.fields[.idempotencyReplayed] == nil)
    let again = try await desk.create(#" {"description":"Order A1001", "amount":15000000, "order_id":"A1001"} "#)
    #expect(again.status == 200)
    #expect(again.fields[.idempotencyReplayed] == "true")
    #expect(again.json == first.json)
    let reused = try await desk.create(#"{"order_id":"A1001","amount":15000001,"description":"Order A1001"}"#)
    #expect(reused.status == 422)
    #expect(reused["code"] == "idempotency_key_reused")
    let otherCaller = try await desk.create(
      #"{"order_id":"A1001","amount":1,"description":"x"}"#, key: "sk_other", idempotency: "k1")
    #expect(otherCaller.status == 201)
    #expect(desk.acquirer.requests.count == 2)
  }

  @Test("An order with a live link is 409 and names it, and its replay is the same refusal")
  func orderHasLink() async throws {
    let desk = try Desk()
    let id = try await desk.create()["id"]
    for isReplay in [false, true] {
      let answer = try await desk.create(idempotency: "k2")
      #expect(answer.status == 409)
      #expect(answer["code"] == "order_has_link")
      #expect(answer["link.id"] == id)
      #expect(answer["link.status"] == "active")
      #expect(answer["retryable"] == "false")
      #expect(answer.fields[.idempotencyReplayed] == (isReplay ? "true" : nil))
    }
  }

  struct Refused: Sendable {
    var kind: AcquirerRefusal.Kind
    var status: Int
    var code: String
  }

  @Test(
    "The acquirer's refusal is told with its words, and again to a replay, without asking again",
    arguments: [
      Refused(kind: .refused, status: 422, code: "acquirer_refused"), Refused(kind: .temporary, status: 422, code: "acquirer_refused"),
      Refused(kind: .misconfigured, status: 502, code: "acquirer_misconfigured"),
    ])
  func refusals(_ example: Refused) async throws {
    let next: NextStep = example.kind == .temporary ? .retry : .person
    let desk = try Desk(
      pages: [.refused(AcquirerRefusal(kind: example.kind, code: "9998", description: "No such \"merchant\"", next: next))])
    for isReplay in [false, true] {
      let answer = try await desk.create()
      #expect(answer.status == example.status)
      #expect(answer["code"] == example.code)
      #expect(answer["upstream.code"] == "9998")
      #expect(answer["upstream.description"] == "No such \"merchant\"")
      #expect(answer["retryable"] == "\(next == .retry)")
      #expect(answer.fields[.idempotencyReplayed] == (isReplay ? "true" : nil))
    }
    #expect(desk.acquirer.requests.count == 1)
  }

  @Test("An unclear end is 202 with a link that is creating and has no address, and so is its replay")
  func unknown() async throws {
    let desk = try Desk(pages: [.unknown("timeout")])
    let first = try await desk.create()
    #expect(first.status == 202)
    #expect(first["status"] == "creating")
    #expect(first["url"] == "null")
    #expect(first["short_url"]?.hasPrefix("https://pay.example.uz/p/") == true)
    let again = try await desk.create()
    #expect(again.status == 202)
    #expect(again["id"] == first["id"])
    #expect(desk.acquirer.requests.count == 1)
  }

  @Test("While the first request may be under way its repeat is 409 with Retry-After, and 202 from then on")
  func inProgress() async throws {
    let desk = try Desk()
    // The reservation is written, the acquirer's answer is not: as if the process had died between them.
    desk.books.fail(StoreError(.unavailable, "gone"), after: 1)
    let first = try await desk.create()
    #expect(first.status == 202)
    desk.books.fail(nil)
    desk.clock.advance(by: .milliseconds(1))
    let busy = try await desk.create()
    #expect(busy.status == 409)
    #expect(busy["code"] == "in_progress")
    #expect(busy["retryable"] == "true")
    #expect(busy.fields[.retryAfter] == "25")
    desk.clock.advance(by: .milliseconds(24_998))
    #expect(try await desk.create().fields[.retryAfter] == "1")
    desk.clock.advance(by: .milliseconds(1))
    let later = try await desk.create()
    #expect(later.status == 202)
    #expect(later["id"] == first["id"])
  }

  @Test("Nothing sent is 503 with Retry-After, and the key is free again")
  func notSent() async throws {
    let desk = try Desk(pages: [.notSent(.unreachable("no route")), .notSent(.overloaded), .opened(PaymentID(7), Desk.page)])
    let unreachable = try await desk.create()
    #expect(unreachable.status == 503)
    #expect(unreachable["code"] == "acquirer_unreachable")
    #expect(unreachable["retryable"] == "true")
    #expect(unreachable.fields[.retryAfter] == "10")
    let overloaded = try await desk.create()
    #expect(overloaded["code"] == "overloaded")
    #expect(overloaded.fields[.retryAfter] == "1")
    #expect(try await desk.create().status == 201)
  }

  @Test(
    "Books that fail are 503 or 500, and nothing is sent",
    arguments: [
      (StoreError.Code.unavailable, 503, "database_unavailable"), (.outcomeUnknown, 503, "database_unavailable"),
      (.overloaded, 503, "overloaded"), (.corrupt, 500, "internal_error"),
    ])
  func failures(_ code: StoreError.Code, _ status: Int, _ word: String) async throws {
    let desk = try Desk()
    desk.books.fail(StoreError(code, "secret detail"))
    let answer = try await desk.create()
    #expect(answer.status == status)
    #expect(answer["code"] == word)
    #expect((answer.fields[.retryAfter] == nil) == (status == 500))
    #expect(!answer.text.contains("secret detail"))
    #expect(desk.acquirer.requests.isEmpty)
    desk.books.fail(nil)
    #expect(try await desk.create().status == 201)
  }

  @Test("Each create that reaches the use case is counted once, by how it ended")
  func counts() async throws {
    let desk = try Desk(pages: [.unknown("?"), .notSent(.overloaded), .opened(PaymentID(7), Desk.page)])
    func body(_ order: String) -> String { #"{"order_id":"\#(order)","amount":100,"description":"x"}"# }
    _ = try await desk.create(body("A"), idempotency: "a")
    _ = try await desk.create(body("B"), idempotency: "b")
    _ = try await desk.create(body("B"), idempotency: "b")
    _ = try await desk.create(body("B"), idempotency: "b")
    _ = try await desk.create(body("C"), idempotency: "b")
    _ = try await desk.create(body("B"), idempotency: "c")
    _ = try await desk.create("{}", idempotency: "d")
    desk.books.fail(StoreError(.unavailable, "gone"))
    _ = try await desk.create(body("D"), idempotency: "e")
    #expect(
      desk.counts.all == [
        "main pending", "main not_sent", "main created", "main replayed", "main conflict", "main refused", "main failed",
      ])
  }

  @Test("The Idempotency-Key is required, once, with 1 to 255 visible ASCII characters")
  func keys() async throws {
    let desk = try Desk()
    let missing = try await desk.create(idempotency: nil)
    #expect(missing.status == 400)
    #expect(missing["code"] == "idempotency_key_missing")
    for wrong in ["", "a b", String(repeating: "k", count: 256), "schlüssel"] {
      let answer = try await desk.create(idempotency: wrong)
      #expect(answer.status == 400)
      #expect(["malformed", "idempotency_key_missing"].contains(answer["code"]))
    }
    var twice: HTTPFields = [.idempotencyKey: "a"]
    twice.append(HTTPField(name: .idempotencyKey, value: "b"))
    #expect(try await desk.create(idempotency: nil, fields: twice).status == 400)
    #expect(desk.books.allLinks.isEmpty)
    #expect(try await desk.create(idempotency: String(repeating: "~", count: 255)).status == 201)
  }

  @Test(
    "Only application/json in UTF-8 is read",
    arguments: [
      ("application/json", 201), ("application/json; charset=utf-8", 201), ("Application/JSON;charset=\"UTF-8\"", 201), ("text/json", 415),
      ("application/json; charset=utf-16", 415), ("application/x-www-form-urlencoded", 415), ("application/json; charset", 415), ("", 415),
    ])
  func mediaTypes(_ type: String, _ status: Int) async throws {
    let answer = try await Desk().create(fields: [.contentType: type])
    #expect(answer.status == status)
    if status == 415 { #expect(answer["code"] == "unsupported_media_type") }
  }

  @Test(
    "A body with a content coding is 415, and the answer says that none is read",
    arguments: [("gzip", 415), ("identity, br", 415), ("x", 415), ("identity", 201), ("Identity , identity", 201), ("", 201)])
  func codings(_ coding: String, _ status: Int) async throws {
    let answer = try await Desk().create(fields: [.contentType: "application/json", .contentEncoding: coding])
    #expect(answer.status == status)
    #expect(answer.fields[.acceptEncoding] == (status == 415 ? "identity" : nil))
  }

  @Test("A body that is no JSON is 400, one that is too long 413, and an address with a query 422")
  func malformed() async throws {
    let desk = try Desk()
    let broken = try await desk.create("{")
    #expect(broken.status == 400)
    #expect(broken["code"] == "malformed")
    #expect(broken["request_id"] == "req-1")
    #expect(broken["type"] == "urn:paylink:problem:malformed")
    #expect(broken.fields[.contentType] == "application/problem+json")
    #expect(try await desk.create(#"{"a":1,"a":2}"#).status == 400)
    let padding = String(repeating: " ", count: 65_536 - Desk.order.utf8.count)
    #expect(try await desk.create(Desk.order + padding + " ").status == 413)
    #expect(try await Desk().create(Desk.order + padding).status == 201)
    let fields: HTTPFields = [.idempotencyKey: "k1"]
    let query = try await desk.call(.post, "/v1/payment-links?x=1&pan=4111111111111111", fields: fields, body: Desk.order)
    #expect(query.status == 422)
    #expect(query.faults.sorted() == ["/pan card_number", "/pan unknown_member", "/x unknown_member"])
    #expect(!query.text.contains("4111"))
    #expect(desk.books.allLinks.isEmpty)
  }

  @Test("Faults are told with pointer, code and a sentence, and leave no idempotency row")
  func faults() async throws {
    let desk = try Desk()
    let answer = try await desk.create(#"{"amount":1.5,"description":"4111 1111 1111 1111"}"#)
    #expect(answer.status == 422)
    #expect(answer["code"] == "invalid_request")
    #expect(answer.faults.sorted() == ["/amount wrong_type", "/description card_number", "/order_id required"])
    #expect(answer["errors.0.detail"]?.isEmpty == false)
    #expect(!answer.text.contains("4111"))
    #expect(try await desk.create().status == 201)
  }

  @Test("What the acquirer cannot do is 422 before anything is stored")
  func termsFaults() async throws {
    let unsupported = TermsFault(pointer: "/capture", kind: .unsupported, detail: "needs the merchant family")
    let invalid = TermsFault(pointer: "/order_id", kind: .invalid, detail: "letters and digits only")
    let first = try Desk(faults: [unsupported])
    let answer = try await first.create()
    #expect(answer.status == 422)
    #expect(answer["code"] == "unsupported_by_acquirer")
    #expect(answer.faults == ["/capture unsupported"])
    let both = try await Desk(faults: [unsupported, invalid]).create()
    #expect(both["code"] == "invalid_request")
    #expect(both.faults == ["/capture unsupported", "/order_id invalid"])
    #expect(first.books.allLinks.isEmpty)
  }

  @Test("A key for two merchants says which one, and the order numbers of each are its own")
  func merchants() async throws {
    let desk = try Desk()
    let unnamed = try await desk.create(key: "sk_both")
    #expect(unnamed.faults == ["/merchant required"])
    for (place, name) in ["main", "other"].enumerated() {
      let body = #"{"order_id":"A1001","amount":100,"description":"x","merchant":"\#(name)"}"#
      let answer = try await desk.create(body, key: "sk_both", idempotency: "k\(place)")
      #expect(answer.status == 201)
      #expect(answer["merchant"] == name)
    }
  }
}
