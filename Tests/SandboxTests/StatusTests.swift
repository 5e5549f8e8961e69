import Testing

@testable import Sandbox

@Suite("Status calls")
struct StatusTests {
  static let paths = ["/g2g/status_v2", "/get_status3.php"]

  private func ask(_ bench: Bench, _ path: String, _ ids: KeyValuePairs<String, String>) async throws -> CallAnswer {
    var message: WireMessage = ["pg_merchant_id": "\(Bench.merchant)", "pg_salt": "s"]
    for (name, value) in ids { message.append(name, value) }
    return try await bench.call(path, message)
  }

  @Test("a fresh page is new, by either id; an unknown one is 11068, unsigned", arguments: paths)
  func fresh(path: String) async throws {
    let bench = try Bench()
    let id = "\(try await bench.open().id)"
    for ids in [["pg_payment_id": id], ["pg_order_id": "A1001"], ["pg_payment_id": id, "pg_order_id": "A1001"]]
      as [KeyValuePairs<String, String>]
    {
      let answer = try await ask(bench, path, ids)
      #expect(answer.signature == .valid && answer["pg_status"] == "ok")
      #expect(answer["pg_payment_id"] == id && answer["pg_order_id"] == "A1001" && answer["pg_currency"] == "UZS")
      #expect(answer["pg_payment_status"] == "new" && answer["pg_captured"] == "0" && answer["pg_clearing_amount"] == "0")
    }
    for ids in [["pg_payment_id": "1"], ["pg_order_id": "B"]] as [KeyValuePairs<String, String>] {
      let answer = try await ask(bench, path, ids)
      #expect(answer["pg_error_code"] == "11068" && answer.signature == .missing)
    }
    #expect(try await ask(bench, path, [:])["pg_error_code"] == (path == "/g2g/status_v2" ? "9403" : "200"))
    #expect(try await bench.call(path, ["pg_merchant_id": "1", "pg_salt": "s"]).signature == .missing)
  }

  @Test("when both ids are given, the Gateway family wants them to fit and the Merchant family ignores the order")
  func bothIDs() async throws {
    let bench = try Bench()
    let id = "\(try await bench.open().id)"
    let ids: KeyValuePairs = ["pg_payment_id": id, "pg_order_id": "B"]
    #expect(try await ask(bench, "/g2g/status_v2", ids)["pg_error_code"] == "11068")
    #expect(try await ask(bench, "/get_status3.php", ids)["pg_payment_id"] == id)
  }

  @Test("by order the last payment is found", arguments: paths)
  func lastOfOrder(path: String) async throws {
    let bench = try Bench()
    _ = try await bench.open()
    let second = try await bench.open().id
    #expect(try await ask(bench, path, ["pg_order_id": "A1001"])["pg_payment_id"] == "\(second)")
  }

  @Test("a paid payment shows its amount, card and times")
  func paid() async throws {
    let bench = try Bench()
    let opened = try await bench.open(
      "/g2g/any_amount", ["pg_amount": "0", "pg_user_phone": "998901234567", "pg_user_contact_email": "a@b.uz"])
    bench.clock.advance(by: .seconds(61))
    try await bench.pay(opened.id, amount: "150000.50")
    let gateway = try await bench.status(opened.id, "/g2g/status_v2")
    let expected: KeyValuePairs = [
      "pg_payment_status": "success", "pg_amount": "150000.5", "pg_clearing_amount": "150000.5", "pg_refund_amount": "0",
      "pg_captured": "1",
      "pg_card_pan": "4400-44XX-XXXX-4440", "pg_card_exp": "12/30", "pg_card_brand": "VI", "pg_net_amount": "144750.48",
      "pg_payment_date": "2026-11-23 17:01:01", "pg_datetime": "2026-11-23T12:01:01+00:00", "pg_user_email": "a@b.uz",
      "pg_user_phone": "998901234567",
    ]
    for (name, value) in expected { #expect(gateway[name] == value, "\(name)") }
    #expect(gateway["pg_reference"]?.count == 12 && gateway["pg_auth_code"]?.count == 6)
    let merchant = try await bench.status(opened.id)
    #expect(merchant["pg_create_date"] == "2026-11-23 17:00:00" && merchant["pg_payment_date"] == "2026-11-23 17:01:01")
    #expect(merchant["pg_payment_method"] == "bankcard" && merchant["pg_can_reject"] == "0" && merchant["pg_datetime"] == nil)
  }

  @Test("the Gateway answer has an empty pg_user_email where there is none, and it is signed over")
  func emptyEmail() async throws {
    let bench = try Bench()
    let answer = try await bench.status(try await bench.open().id, "/g2g/status_v2")
    #expect(answer["pg_user_email"] == "" && answer.signature == .valid)
  }

  @Test("a declined payment is an error with its code, and stays one past the lifetime; an untouched page becomes incomplete")
  func failed() async throws {
    let bench = try Bench()
    let declined = try await bench.open().id
    let untouched = try await bench.open("/g2g/any_amount", ["pg_lifetime": "300"]).id
    try await bench.pay(declined, card: "4400444400004443")
    #expect(try await bench.status(declined)["pg_payment_status"] == "error")
    #expect(try await bench.status(declined)["pg_failure_code"] == "10009")
    bench.clock.advance(by: .milliseconds(299_999))
    #expect(try await bench.status(untouched)["pg_payment_status"] == "new")
    bench.clock.advance(by: .milliseconds(1))
    #expect(try await bench.status(untouched)["pg_payment_status"] == "incomplete")
    bench.clock.advance(by: .seconds(86_400))
    #expect(try await bench.status(declined)["pg_payment_status"] == "error")
  }

  @Test("pg_auto_clearing=0 holds the money in the Merchant family, for five days; the Gateway family knows no hold")
  func hold() async throws {
    let bench = try Bench()
    let held = try await bench.open("/init_payment.php", ["pg_auto_clearing": "0", "pg_result_url": "http://shop.uz/result"]).id
    let taken = try await bench.open("/g2g/payment_page", ["pg_auto_clearing": "0"]).id
    try await bench.pay(held)
    try await bench.pay(taken)
    #expect(bench.shop.results.first?.message["pg_captured"] == "0" && bench.shop.results.first?.message["pg_result"] == "1")
    var status = try await bench.status(held)
    #expect(status["pg_payment_status"] == "success" && status["pg_captured"] == "0" && status["pg_clearing_amount"] == "0")
    #expect(try await bench.status(taken)["pg_captured"] == "1")
    bench.clock.advance(by: .seconds(5 * 86_400 - 1))
    #expect(try await bench.status(held)["pg_captured"] == "0")
    bench.clock.advance(by: .seconds(1))
    status = try await bench.status(held)
    #expect(status["pg_captured"] == "1" && status["pg_clearing_amount"] == "100")
  }
}
