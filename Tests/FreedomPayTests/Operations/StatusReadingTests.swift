import HTTPClient
import HTTPServer
import HTTPTypes
import Payments
import Testing

@testable import FreedomPay

@Suite("Status")
struct StatusReadingTests {
  static let paid = message([
    "pg_status": "ok", "pg_payment_id": "123456", "pg_order_id": "A1001", "pg_currency": "UZS", "pg_amount": "150000",
    "pg_payment_status": "success", "pg_captured": "1", "pg_clearing_amount": "150000.00", "pg_payment_method": "bankcard",
    "pg_card_pan": "4177-49XX-XXXX-2827", "pg_card_brand": "VI", "pg_payment_date": "2026-11-23 20:22:25",
  ])
  let query = StatusQuery.payment(try! PaymentID(123_456), try! OrderID("A1001"))

  func ask(_ fields: Fields, _ query: StatusQuery? = nil, family: Family = .gateway, region: Region = .uz) async -> StatusAnswer {
    let script = family == .gateway ? "status_v2" : "get_status3.php"
    let wire = Wire(signedAnswer(fields, script: script))
    return await FreedomPayAcquirer(Fixture.merchant(family, region: region), wire: wire).status(query ?? self.query, within: .seconds(20))
  }

  func report(_ fields: Fields, family: Family = .gateway, region: Region = .uz) async -> Report? {
    guard case .report(let report) = await ask(fields, family: family, region: region) else { return nil }
    return report
  }

  @Test("the question: script, path and numbers by family", arguments: Family.allCases)
  func question(_ family: Family) async throws {
    let wire = Wire([])
    let acquirer = FreedomPayAcquirer(Fixture.merchant(family), wire: wire)
    _ = await acquirer.status(query, within: .seconds(20))
    _ = try await acquirer.status(.order(OrderID("A1001")), within: .seconds(20))
    let names = try wire.sent.map { request in
      try posted((request.fields[.contentType] ?? "", request.body)).form().map { "\($0.name)=\($0.value)" }.filter {
        !$0.hasPrefix("pg_salt") && !$0.hasPrefix("pg_sig")
      }
    }
    let path = family == .gateway ? "/g2g/status_v2" : "/get_status3.php"
    #expect(wire.sent.map(\.url) == ["https://api.freedompay.uz\(path)", "https://api.freedompay.uz\(path)"])
    let both = ["pg_merchant_id=100000", "pg_payment_id=123456", "pg_order_id=A1001"]
    #expect(names[0] == (family == .gateway ? both : Array(both.dropLast())))
    #expect(names[1] == ["pg_merchant_id=100000", "pg_order_id=A1001"])
  }

  @Test("a paid payment is read whole")
  func paid() async throws {
    let report = try #require(await report(Self.paid))
    #expect(report.source == .status && report.merchant == Fixture.demo)
    #expect(report.paymentID?.number == 123_456 && report.order?.text == "A1001")
    #expect(report.status == .paid && report.amount == Fixture.money(15_000_000) && report.captured == Fixture.money(15_000_000))
    #expect(report.refunded == nil && report.failure == nil && report.isTest == nil && !report.needsConfirmation)
    #expect(report.method == "bankcard" && report.card == Card(maskedNumber: "4177-49XX-XXXX-2827", brand: "VI"))
    #expect(try report.paidAt == Timestamp(rfc3339: "2026-11-23T15:22:25Z"))
    #expect(report.asOf == Fixture.now)
  }

  @Test(
    "words become statuses; a word that nobody knows is pending, never paid",
    arguments: [
      ("new", .pending), ("waiting", .pending), ("process", .pending), ("processing", .pending), ("pending", .pending), ("success", .paid),
      ("error", .failed), ("failed", .failed), ("incomplete", .failed), ("revoked", .canceled), ("canceled", .canceled),
      ("refunded", .refunded), ("Success", .pending), ("approved", .pending), ("paid", .pending), (nil, .pending),
    ] as [(String?, PaymentStatus)])
  func words(word: String?, status: PaymentStatus) async {
    let answer = await report(Self.paid.setting("pg_payment_status", word))
    #expect(answer?.status == status)
    #expect((answer?.paidAt != nil) == status.hasMoney)
    #expect((answer?.failure != nil) == (status == .failed))
  }

  struct Sums: Sendable {
    var captured: String?
    var cleared: String?
    var refunded: String?
    var status: PaymentStatus
    var sums: [Int64?]
  }

  @Test(
    "flag and sums tell a hold from a capture and a refund from none",
    arguments: [
      Sums(captured: "1", cleared: nil, refunded: nil, status: .paid, sums: [nil, nil]),
      Sums(captured: nil, cleared: nil, refunded: nil, status: .paid, sums: [nil, nil]),
      Sums(captured: "0", cleared: nil, refunded: nil, status: .authorized, sums: [nil, nil]),
      Sums(captured: "0", cleared: "0", refunded: "0", status: .authorized, sums: [nil, nil]),
      Sums(captured: nil, cleared: "0", refunded: nil, status: .authorized, sums: [nil, nil]),
      Sums(captured: "1", cleared: "100000.50", refunded: nil, status: .paid, sums: [10_000_050, nil]),
      Sums(captured: "1", cleared: "150000", refunded: "-10", status: .partiallyRefunded, sums: [15_000_000, 1_000]),
      Sums(captured: "1", cleared: "150000", refunded: "10", status: .partiallyRefunded, sums: [15_000_000, 1_000]),
      Sums(captured: "1", cleared: "100000", refunded: "-100000", status: .refunded, sums: [10_000_000, 10_000_000]),
      Sums(captured: "1", cleared: nil, refunded: "-150000", status: .refunded, sums: [nil, 15_000_000]),
    ])
  func sums(_ test: Sums) async {
    let answer = await report(
      Self.paid.setting("pg_captured", test.captured).setting("pg_clearing_amount", test.cleared).setting("pg_refund_amount", test.refunded)
    )
    #expect(answer?.status == test.status)
    #expect([answer?.captured?.minorUnits, answer?.refunded?.minorUnits] == test.sums)
  }

  @Test("listed refunds count unless they failed (nested, signed over)")
  func refundList() async {
    let refund: (String, String) -> Fields.Field = { amount, status in
      .init("pg_refund_payment", ["pg_payment_id": "9", "pg_amount": .text(amount), "pg_payment_status": .text(status)])
    }
    let list = Fields([refund("-10", "success"), refund("-7", "error"), refund("-5.50", "success")])
    let answer = await report(Fields(Self.paid.all + [.init("pg_refund_payments", .nested(list))]), family: .merchant)
    #expect(answer?.status == .partiallyRefunded)
    #expect(answer?.refunded?.minorUnits == 1_550)
  }

  @Test("refunds that add up to more than any number holds are no answer to believe, and no crash")
  func refundsBeyondNumbers() async {
    let refund = Fields.Field("pg_refund_payment", ["pg_amount": "-999999999999999"])
    for (count, word) in [(92, "report"), (93, "unknown")] {
      let list = Fields(Array(repeating: refund, count: count))
      let answer = await ask(Fields(Self.paid.all + [.init("pg_refund_payments", .nested(list))]), family: .merchant)
      #expect(answer.word == word, "\(count)")
    }
  }

  @Test("a word `refunded` without a sum gives back all that was taken")
  func refundedWord() async {
    let answer = await report(Self.paid.setting("pg_payment_status", "refunded"))
    #expect(answer?.refunded == answer?.captured)
    #expect(answer?.refunded == Fixture.money(15_000_000))
  }

  @Test("local times are the region's; the earlier of two stamps counts; a date that is none is none")
  func times() async throws {
    let date = try Timestamp(rfc3339: "2026-11-23T20:22:25Z")
    for (region, hours) in [(Region.uz, 5), (.kz, 5), (.kg, 6)] {
      #expect(await report(Self.paid, region: region)?.paidAt == date - .seconds(hours * 3600))
    }
    let both = await report(Self.paid.setting("pg_datetime", "2026-11-24T10:00:00+00:00"))
    #expect(both?.paidAt == date - .seconds(5 * 3600))
    let earlier = await report(Self.paid.setting("pg_datetime", "2026-11-23T20:00:00+05:00"))
    #expect(try earlier?.paidAt == Timestamp(rfc3339: "2026-11-23T15:00:00Z"))
    #expect(await report(Self.paid.setting("pg_payment_date", "2026-02-30 20:22:25"))?.paidAt == nil)
  }

  @Test("an answer about something else is unknown; a refund's record says so; no payment is not found")
  func others() async throws {
    #expect(await ask(Self.paid.setting("pg_payment_id", "123457")).word == "unknown")
    #expect(await ask(Self.paid.setting("pg_payment_id", nil)).word == "unknown")
    #expect(await ask(Self.paid.setting("pg_payment_id", "0")) == .notFound)
    #expect(await ask(Self.paid.setting("pg_order_id", "B1")).word == "unknown")
    #expect(await ask(Self.paid.setting("pg_order_id", nil)).word == "report")
    #expect(try await ask(Self.paid.setting("pg_order_id", "B1"), .order(OrderID("A1001"))).word == "unknown")
    #expect(try await ask(Self.paid.setting("pg_payment_id", "5"), .order(OrderID("A1001"))).word == "report")
    #expect(await ask(Self.paid.setting("pg_merchant_id", "1")).word == "unknown")
    #expect(await ask(Self.paid.setting("pg_amount", nil)).word == "unknown")
    #expect(await ask(Self.paid.setting("pg_amount", "0").setting("pg_payment_status", "success")).word == "unknown")
    for amount in [nil, "", "0", "0.00"] {
      let fresh = await report(Self.paid.setting("pg_amount", amount).setting("pg_payment_status", "new"))
      #expect(fresh?.status == .pending && fresh?.amount == nil)
    }
    #expect(await ask(Self.paid.setting("pg_amount", "1e5")).word == "unknown")
    #expect(await ask(Self.paid.setting("pg_currency", "XXX")).word == "unknown")
    #expect(await ask(Self.paid.setting("pg_amount", "-10").setting("pg_clearing_amount", "0")) == .refundRecord)
  }

  @Test("not found is believed unsigned; a wrong signature, HTML and a lost connection are unknown")
  func unbelieved() async {
    let missing = XMLWriter.document(message(["pg_status": "error", "pg_error_code": "11068"]))
    let cases: [(Wire, String)] = [
      (Wire(missing), "notFound"),
      (Wire(signedAnswer(Self.paid, script: "status_v2", secret: SecretKey("x")!)), "unknown"),
      (Wire(signedAnswer(Self.paid, script: "status")), "unknown"),
      (Wire(XMLWriter.document(Self.paid)), "unknown"),
      (Wire(XMLWriter.document(message(["pg_status": "error", "pg_error_code": "1100"]))), "unknown"),
      (Wire(status: 502, Array("<html>".utf8)), "unknown"),
      (Wire(error: .init(code: .connect, mayHaveBeenSent: false, detail: "x")), "unknown"),
    ]
    for (wire, word) in cases {
      #expect(await FreedomPayAcquirer(wire: wire).status(query, within: .seconds(20)).word == word)
    }
  }

  @Test("a card number without a mask is never taken over, nor kept as evidence")
  func fullCardNumber() async {
    let answer = await report(Self.paid.setting("pg_card_pan", "4400 4444 0000 4440").setting("pg_card_token", "tok-1"))
    #expect(answer?.card == nil)
    #expect(answer?.evidence.message.contains("4440") == false && answer?.evidence.message.contains("tok-1") == false)
    #expect(answer?.evidence.message.contains(#"["pg_order_id","A1001"]"#) == true)
  }
}

extension StatusAnswer {
  /// Its kind.
  var word: String {
    switch self {
    case .report: "report"
    case .notFound: "notFound"
    case .unknown: "unknown"
    case .refundRecord: "refundRecord"
    }
  }
}

@Suite("Local times")
struct LocalTimeTests {
  @Test("days of every month, leap years and the offset")
  func calendar() throws {
    let cases = [
      ("1970-01-01 00:00:00", "1970-01-01T00:00:00Z"), ("2000-02-29 23:59:59", "2000-02-29T23:59:59Z"),
      ("2024-02-29 12:00:00", "2024-02-29T12:00:00Z"), ("2026-12-31 23:59:59", "2026-12-31T23:59:59Z"),
      ("2100-03-01 00:00:00", "2100-03-01T00:00:00Z"),
    ]
    for (text, expected) in cases {
      #expect(try LocalTime.timestamp(text, offset: .zero) == Timestamp(rfc3339: expected))
    }
    #expect(try LocalTime.timestamp("2026-01-01 03:00:00", offset: .seconds(18_000)) == Timestamp(rfc3339: "2025-12-31T22:00:00Z"))
  }

  @Test(
    "what is no time of the calendar is none",
    arguments: [
      "", "2026-11-23", "2026-11-23T20:22:25", "2026-13-01 00:00:00", "2026-00-01 00:00:00", "2023-02-29 00:00:00", "2100-02-29 00:00:00",
      "2026-04-31 00:00:00", "2026-04-00 00:00:00", "2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-01-01 00:00:60",
      "2026-01-01 00:00:0x", "1969-12-31 00:00:00", "2026-01-01 00:00:00 ",
    ])
  func none(_ text: String) {
    #expect(LocalTime.timestamp(text, offset: .zero) == nil)
  }
}
