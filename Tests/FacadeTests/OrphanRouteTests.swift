import HTTPServer
import HTTPTypes
import Logging
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// What an operator sees of orphans, and does about them.
@Suite("Orphan routes") struct OrphanRouteTests {
  private func orphaned(_ desk: Desk, _ number: Int64, of merchant: MerchantName) async throws {
    let report = Report(
      source: .result, merchant: merchant, paymentID: try PaymentID(number), order: try OrderID("B9"), status: .paid,
      amount: Money(minorUnits: 5000, currency: try Currency("UZS")), asOf: desk.clock.now(),
      evidence: Evidence(message: "{}", digest: "d\(number)"))
    let merchants = Merchants(
      [desk.main, desk.other].map { Merchant(name: $0, currency: report.amount!.currency, acquirer: desk.acquirer) })
    let settle = SettlePayment(
      store: desk.books, merchants: merchants, clock: desk.clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    #expect(try await settle(report).reading == .orphan)
    var status = report
    status.source = .status
    desk.acquirer.answer(statuses: [.report(status)])
  }

  @Test("An orphan is listed, adopted into a link for a person to judge, and then gone; twice is once")
  func adopted() async throws {
    let desk = try Desk()
    try await orphaned(desk, 99, of: desk.main)
    let list = try await desk.call(.get, "/v1/orphans")
    #expect(list.status == 200)
    #expect(list.text.contains(#""payment_id":99"#) && list.text.contains(#""amount":5000"#) && list.text.contains(#""order_id":"B9""#))
    let link = try await desk.call(.post, "/v1/orphans/99/adopt")
    #expect(link.status == 200)
    #expect(link.text.contains(#""status":"review""#) && link.text.contains(#""flags":["late"]"#))
    #expect(try await desk.call(.post, "/v1/orphans/99/adopt").text == link.text)
    #expect(try await desk.call(.get, "/v1/orphans").text == #"{"data":[],"has_more":false,"next_cursor":null}"#)
  }

  @Test("Pages follow each other by number")
  func pages() async throws {
    let desk = try Desk()
    for number in 1...3 { try await orphaned(desk, Int64(number), of: desk.main) }
    let first = try await desk.call(.get, "/v1/orphans?limit=2").text
    #expect(first.contains(#""next_cursor":"2""#) && first.contains(#""payment_id":3"#))
    let rest = try await desk.call(.get, "/v1/orphans?limit=2&cursor=2").text
    #expect(rest.contains(#""payment_id":1"#) && rest.contains(#""next_cursor":null"#))
    #expect(try await desk.call(.get, "/v1/orphans?cursor=x").status == 422)
    #expect(try await desk.call(.get, "/v1/orphans?order=x").status == 422)
  }

  @Test("Only a key with admin may, and only for its merchants")
  func confined() async throws {
    let desk = try Desk()
    try await orphaned(desk, 99, of: desk.main)
    #expect(try await desk.call(.get, "/v1/orphans", key: nil).status == 401)
    #expect(try await desk.call(.get, "/v1/orphans", key: "sk_reader").status == 403)
    #expect(try await desk.call(.post, "/v1/orphans/99/adopt", key: "sk_writer").status == 403)
    #expect(try await desk.call(.get, "/v1/orphans", key: "sk_other").text.contains(#""data":[]"#))
    #expect(try await desk.call(.post, "/v1/orphans/99/adopt", key: "sk_other").status == 404)
    #expect(try await desk.call(.post, "/v1/orphans/99/adopt", key: "sk_both").status == 422)
    #expect(try await desk.call(.post, "/v1/orphans/99/adopt", key: "sk_both", body: #"{"merchant":"nobody"}"#).status == 422)
    #expect(try await desk.call(.post, "/v1/orphans/99/adopt", key: "sk_both", body: #"{"merchant":"main"}"#).status == 200)
    #expect(try await desk.call(.post, "/v1/orphans/x/adopt").status == 404)
  }

  @Test("What the acquirer does not know is not adopted; where it cannot be asked, nothing is done")
  func notAdopted() async throws {
    let desk = try Desk()
    try await orphaned(desk, 99, of: desk.main)
    desk.acquirer.answer(statuses: [.notFound])
    #expect(try await desk.call(.post, "/v1/orphans/99/adopt").status == 409)
    desk.acquirer.answer(statuses: [.unknown("no answer")])
    let answer = try await desk.call(.post, "/v1/orphans/99/adopt")
    #expect(answer.status == 503)
    #expect(answer.text.contains(#""code":"acquirer_unreachable""#))
    #expect(desk.books.allLinks.isEmpty)
  }
}
