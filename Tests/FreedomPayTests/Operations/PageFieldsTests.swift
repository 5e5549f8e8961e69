import HTTPClient
import HTTPServer
import HTTPTypes
import Payments
import Testing

@testable import FreedomPay

@Suite("Page calls")
struct PageFieldsTests {
  /// The 33 parameters of the seed page ("Page with amount control"), in its order.
  static let seedPage = [
    "pg_order_id", "pg_merchant_id", "pg_amount", "pg_description", "pg_salt", "pg_sig", "pg_currency", "pg_check_url", "pg_result_url",
    "pg_request_method", "pg_success_url", "pg_failure_url", "pg_success_url_method", "pg_failure_url_method", "pg_site_url", "pg_lifetime",
    "pg_user_phone", "pg_user_contact_email", "pg_user_ip", "pg_language", "pg_testing_mode", "pg_user_id", "pg_param1", "pg_param2",
    "pg_param3", "pg_payment_method", "pg_amount_interval_from", "pg_amount_interval_to", "pg_generate_qr", "pg_idempotency_key",
    "pg_loyalty_id", "pg_loyalty_amount", "pg_freedom_id",
  ]

  func fields(_ link: PaymentLink, _ merchant: FreedomPayMerchant = Fixture.merchant(), lifetime: Duration = .seconds(86_400)) -> Fields {
    PageFields(merchant: merchant, request: PageRequest(link: link, idempotencyKey: "key-1", lifetime: lifetime, now: Fixture.now)).fields
  }

  @Test(
    "a full link reaches every field of the seed page, in both families, signed, and our own field beside them", arguments: Family.allCases)
  func everyField(_ family: Family) async throws {
    let wire = Wire([])
    let link = Fixture.fullLink(Fixture.range)
    _ = await FreedomPayAcquirer(Fixture.merchant(family), wire: wire).openPage(
      PageRequest(link: link, idempotencyKey: "key-1", lifetime: .seconds(3600), now: Fixture.now))
    let request = try #require(wire.sent.first)
    let type = try #require(request.fields[.contentType])
    let read = try FormName.nested(posted((type, request.body)).form().map { (name: $0.name, text: $0.value) })
    #expect(Set(read.all.map(\.name)) == Set(Self.seedPage + ["paylink_link"]))
    #expect(read.all.allSatisfy { $0.value != .text("") })
    #expect(Self.seedPage.count == 33)
    let verifier = SignatureVerifier(script: ScriptName(url: request.url), secrets: SecretKeys(current: Fixture.secret))
    #expect(verifier.verify(read) == .verified(secret: .current, form: .strict))
    let returns = "https://pay.example.uz/return/\(link.tokens.return.text)"
    let expected = [
      "pg_order_id": "A1001", "pg_merchant_id": "100000", "pg_amount": "150000.00", "pg_description": "Order A1001", "pg_currency": "UZS",
      "pg_check_url": "https://pay.example.uz/callbacks/demo/check", "pg_result_url": "https://pay.example.uz/callbacks/demo/result",
      "pg_request_method": "POST", "pg_success_url": "\(returns)/success", "pg_failure_url": "\(returns)/failure",
      "pg_success_url_method": "GET", "pg_failure_url_method": "GET", "pg_site_url": "https://shop.uz/cart", "pg_lifetime": "3600",
      "pg_user_phone": "998901234567", "pg_user_contact_email": "a@example.uz", "pg_user_ip": "192.0.2.7", "pg_language": "uz",
      "pg_testing_mode": "1", "pg_user_id": "u-7", "pg_param1": "p1", "pg_param2": "p2", "pg_param3": "p3", "pg_payment_method": "bankcard",
      "pg_amount_interval_from": "10000", "pg_amount_interval_to": "500000", "pg_generate_qr": "1", "pg_idempotency_key": "key-1",
      "pg_loyalty_id": "777", "pg_loyalty_amount": "12.50", "pg_freedom_id": "f-9", "paylink_link": link.id.text,
    ]
    for (name, text) in expected { #expect(read.text(name) == text, "\(name)") }
    #expect(expected.count == 33 - 2 + 1)
  }

  struct Path: Sendable {
    var family: Family
    var amount: AmountRule
    var url: String
  }

  @Test(
    "family and amount choose the call",
    arguments: [
      Path(family: .gateway, amount: Fixture.range, url: "https://api.freedompay.uz/g2g/any_amount"),
      Path(family: .gateway, amount: Fixture.price, url: "https://api.freedompay.uz/g2g/payment_page"),
      Path(family: .merchant, amount: Fixture.range, url: "https://api.freedompay.uz/any_amount.php"),
      Path(family: .merchant, amount: Fixture.price, url: "https://api.freedompay.uz/init_payment.php"),
    ])
  func paths(_ path: Path) async throws {
    let wire = Wire([])
    _ = await FreedomPayAcquirer(Fixture.merchant(path.family), wire: wire).openPage(
      PageRequest(link: Fixture.link(path.amount), idempotencyKey: "k", lifetime: .seconds(900), now: Fixture.now))
    #expect(wire.sent.map(\.url) == [path.url])
    #expect(wire.sent.map(\.method) == [.post])
  }

  @Test("hosts follow the region, and a base URL leads elsewhere")
  func hosts() {
    #expect(Region.allCases.map(\.baseURL) == ["https://api.freedompay.uz", "https://api.freedompay.kz", "https://api.freedompay.kg"])
    var merchant = Fixture.merchant()
    #expect(merchant.publicURL == "https://pay.example.uz")
    merchant = FreedomPayMerchant(
      name: Fixture.demo, number: 1, secrets: merchant.secrets, region: .kz, baseURL: "http://127.0.0.1:8081/", currency: Fixture.uzs,
      publicURL: "http://127.0.0.1:8080")
    #expect(merchant.baseURL == "http://127.0.0.1:8081")
  }

  @Test("without a suggestion the Gateway family is sent 0 and the Merchant family no amount")
  func noSuggestion() {
    let link = Fixture.link(.between(Fixture.money(100), Fixture.money(99_999_999_00), suggested: nil))
    #expect(fields(link, Fixture.merchant(.gateway)).text("pg_amount") == "0")
    #expect(fields(link, Fixture.merchant(.merchant)).values(of: "pg_amount").isEmpty)
    #expect(fields(link).text("pg_amount_interval_from") == "1")
    #expect(fields(link).text("pg_amount_interval_to") == "99999999")
  }

  @Test(
    "amounts are exact decimals up to the largest",
    arguments: [(1, "0.01"), (110, "1.10"), (9_999_999_900, "99999999.00")] as [(Int64, String)])
  func amounts(minorUnits: Int64, text: String) {
    let fields = fields(Fixture.link(.exactly(Fixture.money(minorUnits))))
    #expect(fields.text("pg_amount") == text)
    #expect(fields.values(of: "pg_amount_interval_from").isEmpty && fields.values(of: "pg_amount_interval_to").isEmpty)
  }

  @Test(
    "a page lives as long as the link, within the acquirer's bounds",
    arguments: [(299, "300"), (300, "300"), (604_800, "604800"), (604_801, "604800"), (7_776_000, "604800")])
  func lifetimes(seconds: Int, text: String) {
    #expect(fields(Fixture.link(), lifetime: .seconds(seconds)).text("pg_lifetime") == text)
  }

  @Test("a bare link sends nothing empty and nothing that nobody said")
  func bare() {
    let fields = fields(Fixture.link())
    let absent = [
      "pg_site_url", "pg_user_phone", "pg_user_contact_email", "pg_user_ip", "pg_user_id", "pg_language", "pg_testing_mode", "pg_param1",
      "pg_payment_method", "pg_generate_qr", "pg_loyalty_id", "pg_loyalty_amount", "pg_freedom_id", "pg_auto_clearing",
      "pg_receipt_positions",
    ]
    for name in absent { #expect(fields.values(of: name).isEmpty, "\(name)") }
    #expect(fields.all.allSatisfy { $0.value != .text("") })
  }

  @Test("a merchant in test mode opens test pages only")
  func testing() {
    var merchant = Fixture.merchant()
    merchant.isTesting = true
    #expect(fields(Fixture.link(), merchant).text("pg_testing_mode") == "1")
  }

  @Test("a hold is asked for in the Merchant family alone")
  func manualCapture() {
    let link = Fixture.link(terms: { $0.capture = .manual })
    #expect(fields(link, Fixture.merchant(.merchant)).text("pg_auto_clearing") == "0")
    #expect(fields(link, Fixture.merchant(.gateway)).values(of: "pg_auto_clearing").isEmpty)
    #expect(fields(Fixture.link(), Fixture.merchant(.merchant)).values(of: "pg_auto_clearing").isEmpty)
  }

  @Test("Kazakh and Kyrgyz have the acquirer's own codes")
  func languages() {
    let cases: [(String, Family, Region, String?)] = [
      ("ru", .gateway, .uz, "ru"), ("en", .merchant, .kz, "en"), ("uz", .gateway, .uz, "uz"), ("kk", .gateway, .kz, "kz"),
      ("kk", .merchant, .kz, "kk"), ("kk", .merchant, .uz, "kz"), ("kz", .merchant, .kz, "kk"), ("ky", .gateway, .kg, "kg"),
      ("kg", .merchant, .kg, "kg"), ("KK", .gateway, .uz, "kz"), ("de", .gateway, .uz, nil), ("", .gateway, .uz, nil),
    ]
    for (language, family, region, expected) in cases {
      #expect(PageLanguage.wireCode(language, family: family, region: region) == expected, "\(language) \(family) \(region)")
    }
  }

  @Test("a receipt is written as PHP reads it, prices as decimals, codes by country")
  func receipt() {
    let position = AcquirerOptions.Value.group([
      "name": .text("Чай"), "quantity": .text("2"), "price": .text("150050"), "tax": .text("2"), "unit_code": .text("7"),
      "gtin": .text("46"), "mark_list": .list([.text("m1"), .text("m2")]),
    ])
    let link = Fixture.link(terms: { $0.options = AcquirerOptions(["receipt": .list([position])]) })
    let names = FormName.flat(fields(link, Fixture.merchant(region: .kz))).filter { $0.name.hasPrefix("pg_receipt_positions") }
    #expect(
      names.map { "\($0.name)=\($0.text)" } == [
        "pg_receipt_positions[0][count]=2", "pg_receipt_positions[0][name]=Чай", "pg_receipt_positions[0][price]=1500.50",
        "pg_receipt_positions[0][tax_type]=2", "pg_receipt_positions[0][GTIN]=46", "pg_receipt_positions[0][mark_list][0]=m1",
        "pg_receipt_positions[0][mark_list][1]=m2", "pg_receipt_positions[0][UnitCode]=7",
      ])
    #expect(FormName.flat(fields(link)).contains { $0.name == "pg_receipt_positions[0][unit_code]" })
  }
}

@Suite("Faults of an order")
struct TermsFaultsTests {
  func faults(_ link: PaymentLink, _ family: Family = .gateway) -> [String] {
    FreedomPayAcquirer(Fixture.merchant(family), wire: Wire([])).faults(in: link.terms, order: link.order).map {
      "\($0.kind) \($0.pointer)"
    }
  }

  @Test("a full link has no faults", arguments: Family.allCases)
  func none(_ family: Family) {
    #expect(faults(Fixture.fullLink(Fixture.range), family) == [])
    #expect(faults(Fixture.fullLink(Fixture.price), family) == [])
  }

  @Test("the Gateway family takes no hold and no underscore in an order; the Merchant family takes both")
  func families() {
    let link = Fixture.link(order: "A_1", terms: { $0.capture = .manual })
    #expect(faults(link) == ["invalid /order_id", "unsupported /capture"])
    #expect(faults(link, .merchant) == [])
  }

  @Test("all faults come at once")
  func all() {
    let link = Fixture.link(
      .between(Fixture.money(150), Fixture.money(1050), suggested: nil),
      terms: { terms in
        terms.language = "de"
        terms.paymentMethod = "bank card"
        terms.customer.id = "a b"
        terms.options = AcquirerOptions([
          "params": .list([.text(String(repeating: "x", count: 255)), .text(String(repeating: "x", count: 256))]),
          "loyalty": .group(["amount": .text("1e3")]), "freedom_id": .list([]), "surprise": .text("1"), "receipt": .list([]),
        ])
      })
    #expect(
      faults(link) == [
        "unsupported /language", "invalid /payment_method", "invalid /amount_range/min", "invalid /amount_range/max",
        "invalid /customer/id",
        "invalid /freedom_id", "invalid /loyalty/amount", "invalid /params/1", "unsupported /surprise", "unsupported /receipt",
      ])
  }

  @Test("a receipt's positions are read strictly")
  func receipts() {
    let good: [String: AcquirerOptions.Value] = ["name": .text("Tea"), "quantity": .text("1"), "price": .text("1"), "tax": .text("0")]
    func faults(_ change: (inout [String: AcquirerOptions.Value]) -> Void) -> [String] {
      var position = good
      change(&position)
      return self.faults(Fixture.link(terms: { $0.options = AcquirerOptions(["receipt": .list([.group(position)])]) }))
    }
    #expect(faults { _ in } == [])
    #expect(faults { $0["name"] = nil } == ["invalid /receipt/0/name"])
    #expect(faults { $0["quantity"] = .text("0") } == ["invalid /receipt/0/quantity"])
    #expect(faults { $0["quantity"] = .text("1.5") } == ["invalid /receipt/0/quantity"])
    #expect(faults { $0["price"] = .text("0") } == ["invalid /receipt/0/price"])
    #expect(faults { $0["price"] = .text("9999999901") } == ["invalid /receipt/0/price"])
    #expect(faults { $0["tax"] = nil } == [])
    #expect(faults { $0["tax"] = .text("x") } == ["invalid /receipt/0/tax"])
    #expect(faults { $0["mark_list"] = .list([.text("a"), .text("b")]) } == ["invalid /receipt/0/mark_list"])
    #expect(faults { $0["mark_list"] = .list([.text("a")]) } == [])
    #expect(faults { $0["ikpu_code"] = .text("00702001001000001") } == [])
    #expect(faults { $0["gtin"] = .group([:]) } == ["invalid /receipt/0/gtin"])
    #expect(faults { $0["codes"] = .list([.list([])]) } == ["invalid /receipt/0/codes"])
    for name in ["count", "tax_type", "12", "a b", "a[b]"] {
      #expect(faults { $0[name] = .text("1") } == ["unsupported /receipt/0/\(name)"])
    }
    #expect(
      faults { position in
        position["gtin"] = .text("1")
        position["GTIN"] = .text("2")
      } == ["unsupported /receipt/0/gtin"])
  }
}
