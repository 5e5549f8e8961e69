import Payments
import Testing

@testable import FreedomPay

@Suite("Refunds of a status answer")
struct RefundListTests {
  func refund(_ id: String?, _ amount: String?, _ status: String?, date: String? = nil) -> Fields {
    var fields = Fields()
    fields.add("pg_payment_id", id)
    fields.add("pg_payment_status", status)
    fields.add("pg_amount", amount)
    fields.add("pg_payment_date", date)
    return fields
  }

  func reported(_ id: Int64?, _ minorUnits: Int64, _ status: ReportedRefund.Status, at: Timestamp? = nil) -> ReportedRefund {
    ReportedRefund(id: id.map { try! PaymentID($0) }, amount: Fixture.money(minorUnits), status: status, at: at)
  }

  func report(_ fields: Fields, _ family: Family = .gateway, _ region: Region = .uz) async -> Report? {
    await StatusReadingTests().report(Fields(StatusReadingTests.paid.all + fields.all), family: family, region: region)
  }

  func merchantList(_ records: [Fields]) -> Fields {
    Fields([.init("pg_refund_payments", .nested(Fields(records.map { .init("pg_refund_payment", .nested($0)) })))])
  }

  @Test("each is read with number, absolute amount, status and date, in both families' shapes")
  func shapes() async throws {
    let records = [
      refund("31", "-10", "success", date: "2026-11-23 20:22:25"), refund("32", "-7.50", "error"), refund("33", "5", "process"),
    ]
    let at = try Timestamp(rfc3339: "2026-11-23T15:22:25Z")
    let expected = [reported(31, 1_000, .succeeded, at: at), reported(32, 750, .failed), reported(33, 500, .pending)]
    let merchant = await report(merchantList(records), .merchant)
    #expect(merchant?.refunds == expected)
    #expect(merchant?.status == .partiallyRefunded && merchant?.refunded == Fixture.money(1_000))
    let repeated = await report(Fields(records.map { .init("pg_refund_payments", .nested($0)) }))
    #expect(repeated?.refunds == expected)
    let numbered = Fields([
      .init("pg_refund_payments", .nested(Fields(records.enumerated().map { .init("item\($0.offset)", .nested($0.element)) })))
    ])
    #expect(await report(numbered)?.refunds == expected)
    let kyrgyz = await report(merchantList([records[0]]), .merchant, .kg)
    #expect(kyrgyz?.refunds.first?.at == at - .seconds(3600))
  }

  @Test(
    "words become statuses; an unknown one is pending, none counts as the sum counts it",
    arguments: [
      ("success", .succeeded), ("ok", .succeeded), (nil, .succeeded), ("error", .failed), ("failed", .failed), ("process", .pending),
      ("pending", .pending), ("new", .pending), ("Success", .pending), ("a word", .pending),
    ] as [(String?, ReportedRefund.Status)])
  func words(word: String?, status: ReportedRefund.Status) async {
    let answer = await report(merchantList([refund("31", "-10", word)]), .merchant)
    #expect(answer?.refunds == [reported(31, 1_000, status)])
    #expect(answer?.refunded == (status == .succeeded ? Fixture.money(1_000) : nil))
    #expect(answer?.status == (status == .succeeded ? .partiallyRefunded : .paid))
  }

  @Test("what has no amount that can be read is left out; what has no number is kept")
  func broken() async {
    let sum = Fields([.init("pg_refund_amount", "-10")])
    let list = merchantList([
      refund("31", nil, "success"), refund("32", "x", "success"), refund("33", "0", "success"), refund("34", "0.001", "success"),
      refund(nil, "-10", "success"), refund("0", "-20", "error"), refund("x", "-30", "process"),
    ])
    let answer = await report(Fields(list.all + sum.all), .merchant)
    #expect(answer?.refunds == [reported(nil, 1_000, .succeeded), reported(nil, 2_000, .failed), reported(nil, 3_000, .pending)])
    #expect(answer?.refunded == Fixture.money(1_000))
  }

  @Test("no list, an empty one or a text has no refunds, and the status is the payment's own")
  func none() async {
    for list in [Fields(), Fields([.init("pg_refund_payments", "")]), Fields([.init("pg_refund_payments", "31")])] {
      let answer = await report(list)
      #expect(answer?.refunds == [] && answer?.status == .paid && answer?.refunded == nil)
    }
  }
}
