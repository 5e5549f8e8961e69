import HTTPClient
import HTTPServer
import HTTPTypes
import Payments
import Testing

@testable import FreedomPay

@Suite("Operation calls")
struct OperationFieldsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var family: Family
    var kind: Operation.Kind
    var minorUnits: Int64 = 15_000_000
    var url: String
    /// Besides merchant and payment number.
    var fields: [String]
    var testDescription: String { "\(family) \(kind) \(minorUnits)" }
  }

  static let receipt = AcquirerOptions([
    "receipt": .list([
      .group([
        "name": .text("Tea"), "quantity": .text("2"), "price": .text("150050"), "tax": .text("3"), "gtin": .text("46"),
        "mark_list": .list([.text("m1"), .text("m2")]),
      ])
    ]),
    "params": .list([.text("a page's own")]),
  ])
  /// The position above; marks stand on pages and cards only.
  static let positions = [
    "pg_receipt_positions[0][count]=2", "pg_receipt_positions[0][name]=Tea", "pg_receipt_positions[0][price]=1500.50",
    "pg_receipt_positions[0][tax_type]=3", "pg_receipt_positions[0][GTIN]=46",
  ]

  static let cases: [Case] = [
    Case(family: .gateway, kind: .capture, url: "/g2g/clearing", fields: []),
    Case(family: .gateway, kind: .capture, minorUnits: 14_999_999, url: "/g2g/clearing", fields: ["pg_clearing_amount=149999.99"]),
    Case(family: .gateway, kind: .cancel, url: "/g2g/cancel", fields: positions),
    Case(family: .gateway, kind: .refund, url: "/g2g/refund", fields: positions),
    Case(
      family: .gateway, kind: .refund, minorUnits: 1, url: "/g2g/refund", fields: ["pg_amount=0.01", "pg_currency=UZS"] + positions),
    Case(family: .merchant, kind: .capture, url: "/do_capture.php", fields: []),
    Case(family: .merchant, kind: .capture, minorUnits: 100_000, url: "/do_capture.php", fields: ["pg_clearing_amount=1000.00"]),
    Case(family: .merchant, kind: .cancel, url: "/cancel.php", fields: positions),
    Case(family: .merchant, kind: .refund, url: "/revoke.php", fields: ["pg_idempotency_key=ID"] + positions),
    Case(
      family: .merchant, kind: .refund, minorUnits: 14_999_999, url: "/revoke.php",
      fields: ["pg_refund_amount=149999.99", "pg_idempotency_key=ID"] + positions),
  ]

  @Test("each family and kind has its call with every field, signed, on a connection of its own, once", arguments: cases)
  func table(_ test: Case) async throws {
    let wire = Wire([])
    let request = Fixture.operation(test.kind, test.minorUnits, options: Self.receipt)
    _ = await FreedomPayAcquirer(Fixture.merchant(test.family), wire: wire).operate(request)
    #expect(wire.sent.count == 1)
    let sent = try #require(wire.sent.first)
    #expect(sent.url == "https://api.freedompay.uz\(test.url)")
    #expect(sent.method == .post && sent.freshConnection && sent.timeout == .seconds(20) && sent.connectTimeout == .seconds(5))
    let form = try posted((sent.fields[.contentType] ?? "", sent.body)).form()
    let fields = form.map { "\($0.name)=\($0.value)" }.filter { !$0.hasPrefix("pg_salt=") && !$0.hasPrefix("pg_sig=") }
    let expected = test.fields.map { $0 == "pg_idempotency_key=ID" ? "pg_idempotency_key=\(request.operation.id)" : $0 }
    #expect(fields == ["pg_merchant_id=100000", "pg_payment_id=123456"] + expected)
    let read = FormName.nested(form.map { (name: $0.name, text: $0.value) })
    let verifier = SignatureVerifier(script: ScriptName(url: test.url), secrets: SecretKeys(current: Fixture.secret))
    #expect(verifier.verify(read) == .verified(secret: .current, form: .strict))
  }

  @Test("without options there are no receipt positions", arguments: Family.allCases, Operation.Kind.allCases)
  func bare(_ family: Family, _ kind: Operation.Kind) {
    let fields = OperationFields(merchant: Fixture.merchant(family), request: Fixture.operation(kind)).fields
    #expect(fields.values(of: "pg_receipt_positions").isEmpty)
    #expect(fields.all.allSatisfy { $0.value != .text("") })
  }

  @Test("other calls may use a connection of the pool")
  func pooled() async throws {
    let wire = Wire([])
    _ = await FreedomPayAcquirer(wire: wire).status(.order(try OrderID("A1001")), within: .seconds(3))
    #expect(wire.sent.map(\.freshConnection) == [false])
  }

  @Test("a receipt that cannot be written is refused before anything is sent", arguments: [Operation.Kind.cancel, .refund])
  func badReceipt(_ kind: Operation.Kind) async {
    let wire = Wire([])
    let bad = AcquirerOptions(["receipt": .list([.group(["name": .text("Tea"), "quantity": .text("0"), "price": .text("1")])])])
    let answer = await FreedomPayAcquirer(wire: wire).operate(Fixture.operation(kind, options: bad))
    let refusal = AcquirerRefusal(
      kind: .refused, code: "invalid_receipt", description: "/receipt/0/quantity must be a whole number from 1")
    #expect(answer == .refused(refusal))
    #expect(wire.sent.isEmpty)
  }
}
