import HTTPTypes
import JSON
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// What a link looks like, to whom, and how lists go on (design §4.3, §4.4).
struct ReadRouteTests {
  /// A link with everything: two payments, of which the second counts.
  static func fullLink(_ merchant: String = "main") throws -> PaymentLink {
    let uzs = try Currency("UZS")
    let start = Timestamp(milliseconds: 1_795_470_000_000)
    var failed = Payment(ordinal: 1, id: try PaymentID(123_455), status: .failed, createdAt: start)
    failed.failure = Failure(code: "INSUFFICIENT_FUNDS", message: "Not enough \"money\"")
    failed.method = "bankcard"
    var paid = Payment(ordinal: 2, id: try PaymentID(4_294_967_296), status: .partiallyRefunded, createdAt: start)
    paid.amount = Money(minorUnits: 15_000_000, currency: uzs)
    paid.captured = 15_000_000
    paid.refunded = 500
    paid.method = "bankcard"
    paid.card = Card(maskedNumber: "4177-49XX-XXXX-2827", brand: "VI")
    paid.flags = [.late, .testMismatch]
    paid.paidAt = start + .milliseconds(1_250)
    let terms = LinkTerms(
      amount: .between(
        Money(minorUnits: 1_000_000, currency: uzs), Money(minorUnits: 50_000_000, currency: uzs),
        suggested: Money(minorUnits: 15_000_000, currency: uzs)), description: "Order A1001", metadata: ["b": "2", "a": "1/2"])
    return PaymentLink(
      id: try LinkID("pl_01kar9k9r0000000000000000a"), merchant: try MerchantName(merchant), order: try OrderID("A1001"), terms: terms,
      tokens: .init(
        client: try Token("00000000000000000000000001"), short: try Token("00000000000000000000000002"),
        return: try Token("00000000000000000000000003")), createdAt: start, expiresAt: start + .days(1), status: .review, sequence: 5,
      page: Desk.page, payments: [failed, paid], seenAt: start, acceptedAt: nil, canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: nil
    )
  }

  static let paidBody =
    #""amount":15000000,"captured":15000000,"card":{"brand":"VI","pan":"4177-49XX-XXXX-2827"},"currency":"UZS","failure":null,"#
    + #""flags":["late","test_mismatch"],"id":4294967296,"method":"bankcard","paid_at":"2026-11-23T21:40:01.250Z","refunded":500,"#
    + #""status":"partially_refunded""#
  static let failedBody =
    #""amount":null,"captured":0,"card":null,"currency":"UZS","failure":{"code":"INSUFFICIENT_FUNDS","message":"Not enough \"money\""},"#
    + #""flags":[],"id":123455,"method":"bankcard","paid_at":null,"refunded":0,"status":"failed""#
  static let golden =
    #"{"amount":15000000,"amount_range":{"max":50000000,"min":1000000},"client_token":"ct_00000000000000000000000001","#
    + #""created_at":"2026-11-23T21:40:00Z","currency":"UZS","description":"Order A1001","expires_at":"2026-11-24T21:40:00Z","#
    + #""id":"pl_01kar9k9r0000000000000000a","merchant":"main","metadata":{"a":"1/2","b":"2"},"object":"payment_link","order_id":"A1001","#
    + #""payment":{\#(paidBody)},"payments":[{\#(paidBody)},{\#(failedBody)}],"qr":"data:image/png;base64,AAAA","refunds":[],"sequence":5,"#
    + #""short_url":"https://pay.example.uz/p/00000000000000000000000002","status":"review","test":false,"#
    + #""url":"https://customer.example/pay.html?customer=7"}"#

  @Test("The whole link is shown to a key, byte for byte")
  func representation() async throws {
    let desk = try Desk()
    desk.books.put(try Self.fullLink())
    let answer = try await desk.call(.get, "/v1/payment-links/pl_01kar9k9r0000000000000000a")
    #expect(answer.status == 200)
    #expect(answer.text == Self.golden)
    #expect(answer.fields[.cacheControl] == "no-store")
  }

  @Test("A client token sees no metadata, refunds, card, flags or token, and nobody keeps the answer")
  func clientView() async throws {
    let desk = try Desk()
    desk.books.put(try Self.fullLink())
    let answer = try await desk.call(
      .get, "/v1/payment-links/pl_01kar9k9r0000000000000000a?client_token=ct_00000000000000000000000001", key: nil)
    #expect(answer.status == 200)
    #expect(answer.fields[.cacheControl] == "no-store")
    #expect(answer.fields[.referrerPolicy] == "no-referrer")
    #expect(
      answer.json.names == [
        "amount", "amount_range", "created_at", "currency", "description", "expires_at", "id", "merchant", "object", "order_id", "payment",
        "payments", "qr", "sequence", "short_url", "status", "test", "url",
      ])
    let payment = ["amount", "captured", "currency", "failure", "id", "method", "paid_at", "refunded", "status"]
    #expect(answer.json.at("payment")?.names == payment)
    #expect(answer.json.at("payments.1")?.names == payment)
    #expect(!answer.text.contains("4177"))
  }

  @Test("A price has no range, a link without a page no address and no picture, and one without news no payment")
  func plain() async throws {
    let desk = try Desk(pages: [.unknown("?")])
    let created = try await desk.create()
    #expect(created["amount"] == "15000000")
    for member in ["amount_range", "url", "qr"] { #expect(created[member] == "null") }
    #expect(created.json.at("metadata")?.names == [])
    #expect(created.json.at("refunds") == .list([]))
  }

  @Test("Another merchant's link, an unknown one and a name that is none are all the same 404")
  func notFound() async throws {
    let desk = try Desk()
    desk.books.put(try Self.fullLink("other"))
    var answers: [JSONTree] = []
    for id in ["pl_01kar9k9r0000000000000000a", "pl_01kar9k9r0000000000000000b", "nonsense", "pl_"] {
      let answer = try await desk.call(.get, "/v1/payment-links/\(id)")
      #expect(answer.status == 404)
      answers.append(answer.json)
    }
    #expect(Set(answers).count == 1)
    #expect(try await desk.call(.get, "/v1/payment-links/pl_01kar9k9r0000000000000000a", key: "sk_other").status == 200)
    #expect(try await desk.call(.get, "/v1/payment-links/pl_01kar9k9r0000000000000000a?colour=red", key: "sk_other").status == 422)
  }

  @Test("Books that fail are 503")
  func failure() async throws {
    let desk = try Desk()
    desk.books.fail(StoreError(.unavailable, "gone"))
    #expect(try await desk.call(.get, "/v1/payment-links/pl_01kar9k9r0000000000000000a").status == 503)
    #expect(try await desk.call(.get, "/v1/payment-links").status == 503)
  }
}
