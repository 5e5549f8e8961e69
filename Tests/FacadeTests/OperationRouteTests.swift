import HTTPTypes
import JSON
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Capture, cancel of a hold, refunds and sync (design §4.3).
struct OperationRouteTests {
  let desk: Desk
  let id: String

  /// A link of 150,000.00 whose payment 77 is as wanted, in the books and at the acquirer.
  init() async throws {
    desk = try Desk()
    id = try #require(try await desk.create()["id"])
  }

  private func money(_ status: PaymentStatus) async throws {
    var link = try #require(desk.books.allLinks.first { $0.id.text == id })
    link.status = .completed
    link.payments[0].status = status
    link.payments[0].amount = Money(minorUnits: 15_000_000, currency: try Currency("UZS"))
    link.payments[0].captured = status == .authorized ? 0 : 15_000_000
    desk.books.put(link)
    desk.acquirer.answer(statuses: [.report(try report(status))])
  }

  private func report(_ status: PaymentStatus) throws -> Report {
    Report(
      source: .status, merchant: desk.main, paymentID: try PaymentID(77), order: try OrderID("A1001"), status: status,
      amount: Money(minorUnits: 15_000_000, currency: try Currency("UZS")), asOf: desk.clock.now(),
      evidence: Evidence(message: "{}", digest: "d"))
  }

  private func post(
    _ action: String, _ body: String? = nil, key: String = "sk_shop", idempotency: String? = "o1", of link: String? = nil
  ) async throws -> Answer {
    try await desk.call(
      .post, "/v1/payment-links/\(link ?? id)/\(action)", key: key, fields: idempotency.map { [.idempotencyKey: $0] } ?? [:], body: body)
  }

  @Test("A refund is an object of its own: 201, shown in the link and in the list, the newest first; its replay is 200")
  func refund() async throws {
    try await money(.paid)
    desk.acquirer.answer(operations: [.done(try PaymentID(91)), .done(try PaymentID(92))])
    let first = try await post("refunds", #"{"amount":5000000,"payment_id":77,"reason":"the lid is broken"}"#)
    #expect(first.status == 201)
    #expect(
      first.json.names == [
        "amount", "created_at", "currency", "failure", "id", "link", "object", "origin", "payment_id", "status",
      ])
    #expect(first["id"]?.hasPrefix("re_") == true)
    for (name, value) in [
      ("object", "refund"), ("link", id), ("payment_id", "77"), ("amount", "5000000"), ("currency", "UZS"), ("status", "succeeded"),
      ("failure", "null"), ("origin", "api"),
    ] { #expect(first[name] == value, "\(name)") }
    #expect(desk.acquirer.operations.first?.operation.reason == "the lid is broken")

    let replay = try await post("refunds", #"{"reason":"the lid is broken","payment_id":77,"amount":5000000}"#)
    #expect(replay.status == 200)
    #expect(replay.fields[.idempotencyReplayed] == "true")
    #expect(replay.json == first.json)
    #expect(try await post("refunds", #"{"amount":5000001}"#)["code"] == "idempotency_key_reused")

    var listed = try report(.partiallyRefunded)
    listed.refunds = [
      ReportedRefund(id: try PaymentID(91), amount: Money(minorUnits: 5_000_000, currency: try Currency("UZS")), status: .succeeded)
    ]
    desk.acquirer.answer(statuses: [.report(listed)])
    let rest = try await post("refunds", idempotency: "o2")
    #expect(rest.status == 201)
    #expect(rest["amount"] == "10000000")
    let list = try await desk.call(.get, "/v1/payment-links/\(id)/refunds", key: "sk_reader")
    #expect(list.status == 200)
    #expect(list.json.at("data") == .list([rest.json, first.json]))
    let link = try await desk.call(.get, "/v1/payment-links/\(id)")
    #expect(link.json.at("refunds") == list.json.at("data"))
    #expect(link.json.at("payment.status")?.word == "refunded")
    #expect(desk.acquirer.operations.count == 2)
  }

  @Test("A refund whose end nobody knows is 202, and so is its replay until the end is known")
  func unknown() async throws {
    try await money(.paid)
    desk.acquirer.answer(operations: [.unknown("timeout")])
    let first = try await post("refunds", #"{"amount":100}"#)
    #expect(first.status == 202)
    #expect(first["status"] == "unknown")
    let replay = try await post("refunds", #"{"amount":100}"#)
    #expect(replay.status == 202)
    #expect(replay.fields[.idempotencyReplayed] == "true")
    var listed = try report(.partiallyRefunded)
    listed.refunds = [
      ReportedRefund(id: try PaymentID(91), amount: Money(minorUnits: 100, currency: try Currency("UZS")), status: .succeeded)
    ]
    desk.acquirer.answer(statuses: [.report(listed)])
    let synced = try await post("sync", idempotency: nil)
    #expect(synced.status == 200)
    #expect(synced.json.at("refunds.0.status")?.word == "succeeded")
    #expect(try await post("refunds", #"{"amount":100}"#).status == 200)
    #expect(desk.acquirer.operations.count == 1)
  }

  @Test("A refund that the acquirer refuses says why, and its amount is free again")
  func refused() async throws {
    try await money(.paid)
    desk.acquirer.answer(operations: [.refused(AcquirerRefusal(kind: .refused, code: "9999", description: "no")), .done(nil)])
    let answer = try await post("refunds")
    #expect(answer.status == 201)
    #expect(answer["status"] == "failed")
    #expect(answer["failure.code"] == "9999")
    #expect(try await post("refunds", idempotency: "o2")["status"] == "succeeded")
  }

  @Test("More than is left is 422, all of it is not; what is not paid cannot be given back")
  func overRefund() async throws {
    #expect(try await post("refunds", idempotency: "w")["code"] == "wrong_state")
    try await money(.paid)
    desk.acquirer.answer(operations: [.done(nil)])
    for isReplay in [false, true] {
      let answer = try await post("refunds", #"{"amount":15000001}"#)
      #expect(answer.status == 422)
      #expect(answer["code"] == "amount_exceeds_captured")
      #expect(answer["retryable"] == "false")
      #expect(answer.fields[.idempotencyReplayed] == (isReplay ? "true" : nil))
    }
    #expect(try await post("refunds", #"{"payment_id":78}"#, idempotency: "o2").status == 409)
    #expect(try await post("refunds", #"{"amount":15000000}"#, idempotency: "o3").status == 201)
    #expect(desk.acquirer.operations.map(\.isWhole) == [true])
  }

  @Test("A hold is captured in part, never more than it is, and once")
  func capture() async throws {
    try await money(.authorized)
    desk.acquirer.answer(operations: [.done(nil)])
    let over = try await post("capture", #"{"amount":15000001}"#)
    #expect(over.status == 422)
    #expect(over["code"] == "amount_exceeds_authorized")
    let answer = try await post("capture", #"{"amount":10000000}"#, key: "sk_refunds", idempotency: "o2")
    #expect(answer.status == 200)
    #expect(answer["object"] == "payment_link")
    #expect(answer["payment.status"] == "paid")
    #expect(answer["payment.captured"] == "10000000")
    #expect(answer.json.at("refunds") == .list([]))
    let replay = try await post("capture", #"{"amount":10000000}"#, key: "sk_refunds", idempotency: "o2")
    #expect(replay.status == 200)
    #expect(replay.fields[.idempotencyReplayed] == "true")
    #expect(try await post("capture", idempotency: "o3")["code"] == "wrong_state")
  }

  @Test("A capture or cancel that moved nothing is a problem, first and again; one whose end is not known is 202")
  func failedHold() async throws {
    for (index, action) in ["capture", "cancel"].enumerated() {
      try await money(.authorized)
      desk.acquirer.answer(operations: [.refused(AcquirerRefusal(kind: .refused, code: "9999", description: "no")), .unknown("timeout")])
      for isReplay in [false, true] {
        let answer = try await post(action, idempotency: "f\(index)")
        #expect(answer.status == 422)
        #expect(answer["code"] == "acquirer_refused")
        #expect(answer["upstream.code"] == "9999")
        #expect(answer.fields[.idempotencyReplayed] == (isReplay ? "true" : nil))
      }
      for isReplay in [false, true] {
        let answer = try await post(action, idempotency: "u\(index)")
        #expect(answer.status == 202)
        #expect(answer["payment.status"] == "authorized")
        #expect(answer.fields[.idempotencyReplayed] == (isReplay ? "true" : nil))
      }
      let busy = try await post(action, idempotency: "b\(index)")
      #expect(busy.status == 409)
      var link = try #require(desk.books.allLinks.first { $0.id.text == id })
      link.operations = []
      desk.books.put(link)
    }
  }

  @Test("A canceled hold is given back, and ends the link")
  func release() async throws {
    try await money(.authorized)
    desk.acquirer.answer(operations: [.done(nil)])
    let answer = try await post("cancel", key: "sk_writer")
    #expect(answer.status == 200)
    #expect(answer["status"] == "canceled")
    #expect(answer["payment.status"] == "canceled")
    let replay = try await post("cancel", key: "sk_writer")
    #expect(replay.status == 200)
    #expect(replay.fields[.idempotencyReplayed] == "true")
    #expect(desk.acquirer.operations.map(\.operation.kind) == [.cancel])
  }

  @Test("Each route asks for its scope, and another merchant's link is not found")
  func access() async throws {
    try await money(.paid)
    for key in ["sk_reader", "sk_writer", "sk_nothing", "pk_front"] {
      #expect(try await post("capture", key: key).status == 403, "\(key)")
      #expect(try await post("refunds", key: key).status == 403, "\(key)")
    }
    for key in ["sk_reader", "sk_refunds", "sk_nothing", "pk_front"] {
      #expect(try await post("sync", key: key).status == 403, "\(key)")
      #expect(try await post("cancel", key: key).status == 403, "\(key)")
    }
    for key in ["sk_writer", "sk_refunds"] { #expect(try await desk.call(.get, "/v1/payment-links/\(id)/refunds", key: key).status == 403) }
    for action in ["capture", "refunds", "sync"] {
      #expect(try await post(action, key: "sk_other").status == 404, "\(action)")
      #expect(try await post(action, of: "pl_01kar9k9r0000000000000000b").status == 404, "\(action)")
    }
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)/refunds", key: "sk_other").status == 404)
    let token = try #require(try await desk.call(.get, "/v1/payment-links/\(id)")["client_token"])
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)/refunds", key: token).status == 403)
    #expect(desk.acquirer.operations.isEmpty)
  }

  @Test("Capture and refunds need their key; every fault of a body is told at once, both sides of each bound")
  func faults() async throws {
    try await money(.paid)
    for action in ["capture", "refunds"] {
      #expect(try await post(action, idempotency: nil)["code"] == "idempotency_key_missing")
      #expect(try await post(action, "[]").faults == [" wrong_type"])
      #expect(try await post(action, "x").status == 400)
    }
    #expect(
      try await post("capture", #"{"amount":0,"reason":"x","payment_id":77}"#).faults == [
        "/amount out_of_range", "/payment_id unknown_member", "/reason unknown_member",
      ])
    #expect(
      try await post("refunds", #"{"amount":"5","payment_id":0,"reason":"","receipt":[{"name":"x"}],"currency":"UZS"}"#).faults == [
        "/amount wrong_type", "/payment_id out_of_range", "/reason too_short", "/receipt/0/quantity required", "/receipt/0/price required",
        "/currency unknown_member",
      ])
    let longest = String(repeating: "я", count: 255)
    #expect(try await post("refunds", #"{"reason":"\#(longest)я"}"#).faults == ["/reason too_long"])
    #expect(try await post("refunds", #"{"reason":"4111 1111 1111 1111"}"#).faults == ["/reason card_number"])
    #expect(desk.acquirer.operations.isEmpty)
    #expect(try await post("refunds", #"{"reason":"\#(longest)"}"#).status == 202)
    #expect(try await post("sync", #"{"x":1}"#).status == 422)
  }

  @Test("A receipt goes with the refund, if the acquirer finds no fault with it")
  func receipt() async throws {
    try await money(.paid)
    desk.acquirer.answer(operations: [.done(nil)])
    let body = #"{"amount":100,"receipt":[{"name":"Lid","quantity":1,"price":100,"tax":0,"ikpu_code":"1"}]}"#
    #expect(try await post("refunds", body).status == 201)
    guard case .list(let positions)? = desk.acquirer.operations.first?.operation.options.values["receipt"] else {
      Issue.record("a receipt")
      return
    }
    #expect(positions.count == 1)
  }

  @Test("A receipt goes with the release of a hold too")
  func cancelReceipt() async throws {
    try await money(.authorized)
    desk.acquirer.answer(operations: [.done(nil)])
    let body = #"{"receipt":[{"name":"Lid","quantity":1,"price":100,"tax":0,"ikpu_code":"1"}]}"#
    #expect(try await post("cancel", #"{"receipt":[{"name":"x"}]}"#).status == 422)
    #expect(try await post("cancel", body).status == 200)
    #expect(desk.acquirer.operations.first?.operation.kind == .cancel)
    #expect(desk.acquirer.operations.first?.operation.options.values["receipt"] != nil)
  }

  @Test("A link whose money is in doubt is asked about when it is read, once in a while; sync asks about settled money too")
  func inDoubt() async throws {
    try await money(.unknown)
    desk.acquirer.answer(statuses: [.report(try report(.pending))])
    let before = desk.acquirer.queries.count
    for _ in 0..<3 { #expect(try await desk.call(.get, "/v1/payment-links/\(id)").status == 200) }
    #expect(desk.acquirer.queries.count == before + 1)
    desk.clock.advance(by: .seconds(30))
    desk.acquirer.answer(statuses: [.report(try report(.paid))])
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)")["payment.status"] == "paid")
    #expect(desk.acquirer.queries.count == before + 2)
    desk.clock.advance(by: .hours(1))
    let settled = desk.books.allLinks
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)").status == 200)
    #expect(desk.books.allLinks == settled, "and nothing is written by it")
    #expect(desk.acquirer.queries.count == before + 2, "what is settled is not asked about by reading")
    #expect(try await post("sync").status == 200)
    #expect(desk.acquirer.queries.count == before + 3)
  }

  @Test("Books that fail are 503, and nothing was sent")
  func failure() async throws {
    try await money(.paid)
    desk.books.fail(StoreError(.unavailable, "gone"))
    for action in ["capture", "refunds", "sync"] { #expect(try await post(action).status == 503) }
    #expect(desk.acquirer.operations.isEmpty)
  }
}
