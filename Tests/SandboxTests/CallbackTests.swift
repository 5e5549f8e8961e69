import HTTPServer
import Synchronization
import Foundation
import HTTPTypes
import Testing

@testable import Sandbox

@Suite("Check and result callbacks")
struct CallbackTests {
  static let urls: KeyValuePairs = [
    "pg_check_url": "http://shop.uz/callbacks/demo/check", "pg_result_url": "http://shop.uz/callbacks/demo/result",
    "pg_success_url": "http://shop.uz/ok", "pg_failure_url": "http://shop.uz/no", "paylink_link": "pl_1",
  ]

  @Test("a success carries the documented fields and the shop's own, signed with the last segment of its address")
  func success() async throws {
    let bench = try Bench()
    let opened = try await bench.open(
      "/g2g/any_amount",
      [
        "pg_amount": "20.00", "pg_currency": "KGS", "pg_check_url": "http://shop.uz/a/check", "pg_result_url": "http://shop.uz/a/result",
        "paylink_link": "pl_1", "pg_user_phone": "996555123456", "pg_user_contact_email": "a@b.kg", "pg_testing_mode": "1",
        "pg_param1": "p",
      ])
    let (status, json) = try await bench.pay(opened.id)
    #expect(status == 200 && json["status"] as? String == "success")
    let check = try #require(bench.shop.checks.first)
    #expect(check.signature == .valid && check.script == "check" && check.method == .post)
    let checked: KeyValuePairs = [
      "pg_order_id": "A1001", "pg_payment_id": "\(opened.id)", "pg_amount": "20", "pg_currency": "KGS", "pg_ps_amount": "20",
      "pg_ps_full_amount": "20", "pg_ps_currency": "KGS", "paylink_link": "pl_1",
    ]
    for (name, value) in checked { #expect(check.message[name] == value, "\(name)") }
    let result = try #require(bench.shop.results.first)
    #expect(result.signature == .valid && result.script == "result" && result.contentType == "application/x-www-form-urlencoded")
    let told: KeyValuePairs = [
      "pg_order_id": "A1001", "pg_payment_id": "\(opened.id)", "pg_amount": "20", "pg_currency": "KGS", "pg_net_amount": "19.3",
      "pg_ps_amount": "20", "pg_ps_full_amount": "20", "pg_ps_currency": "KGS", "pg_description": "Order A1001", "pg_result": "1",
      "pg_payment_date": "2026-11-23 17:00:00", "pg_can_reject": "1", "pg_user_phone": "996555123456", "pg_user_contact_email": "a@b.kg",
      "pg_need_phone_notification": "0", "pg_need_email_notification": "1", "pg_testing_mode": "1", "pg_payment_method": "bankcard",
      "pg_captured": "1", "pg_card_pan": "4400-44XX-XXXX-4440", "pg_card_exp": "12/30", "pg_card_owner": "SANDBOX PAYER",
      "pg_card_brand": "VI", "paylink_link": "pl_1",
    ]
    for (name, value) in told { #expect(result.message[name] == value, "\(name)") }
    #expect(
      result.message["pg_reference"]?.count == 12 && result.message["pg_auth_code"]?.count == 6 && result.message["pg_salt"]?.count == 16)
    #expect(result.message["pg_failure_code"] == nil && result.message["pg_param1"] == nil)
  }

  @Test("a failure carries code and text, and neither date nor card; nobody can refuse it")
  func failure() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    try await bench.pay(opened.id, card: "4400444400004446")
    let result = try #require(bench.shop.results.first).message
    #expect(
      result["pg_result"] == "0" && result["pg_failure_code"] == "9014" && result["pg_can_reject"] == "0" && result["pg_captured"] == "0")
    #expect(result["pg_failure_description"] == "Ошибка оплаты. Повторите попытку позже." && result["pg_testing_mode"] == nil)
    for name in ["pg_payment_date", "pg_card_pan", "pg_card_exp", "pg_card_owner", "pg_auth_code", "pg_net_amount"] {
      #expect(!result.contains(name), "\(name)")
    }
  }

  @Test("the methods: GET in the query, POST urlencoded or multipart, XML in pg_xml; parameters of the address join once")
  func methods() async throws {
    for (method, encoding) in [
      ("GET", SandboxConfiguration.CallbackEncoding.urlencoded), ("POST", .urlencoded), ("POST", .multipart), ("XML", .multipart),
    ] {
      let bench = try Bench { $0.callbackEncoding = encoding }
      let opened = try await bench.open(
        "/g2g/any_amount",
        [
          "pg_check_url": "http://shop.uz/a/check?tok=1%202&own=url", "pg_result_url": "http://shop.uz/result?tok=3",
          "pg_request_method": method,
          "own": "field", "text": "Счёт & <№>",
        ])
      try await bench.pay(opened.id)
      #expect(bench.shop.calls.withLock { $0.map(\.signature) } == [.valid, .valid], "\(method)")
      let check = try #require(bench.shop.checks.first)
      #expect(check.method == (method == "GET" ? .get : .post))
      #expect(check.message["tok"] == "1 2" && check.message["own"] == "field" && check.message["text"] == "Счёт & <№>")
      #expect(check.message.fields.filter { ["tok", "own"].contains($0.name) }.count == 2)
      #expect(check.url.hasPrefix(method == "GET" ? "http://shop.uz/a/check?" : "http://shop.uz/a/check?tok=1%202&own=url"))
      if method == "POST" {
        #expect(check.contentType.hasPrefix(encoding == .multipart ? "multipart/form-data" : "application/x-www-form-urlencoded"))
      }
    }
  }

  @Test("a field's name cannot add lines to a multipart body")
  func multipartNames() {
    let body = String(decoding: FormBody(multipart: [(name: "a\"\r\nX: 1\r\n\r\n", value: "v\r\n")]).bytes, as: UTF8.self)
    #expect(body.contains("name=\"a%22%0D%0AX: 1%0D%0A%0D%0A\"\r\n\r\nv\r\n\r\n--"))
  }

  struct CheckCase: Sendable {
    var answer: TestShop.Answer
    var isConsent: Bool
    var shown: String?
  }

  @Test(
    "only a signed ok with HTTP 200 lets a payment through; a refusal's text is shown",
    arguments: [
      CheckCase(answer: .ok, isConsent: true),
      CheckCase(answer: .rejected("Товар закончился"), isConsent: false, shown: "Товар закончился"),
      CheckCase(answer: .error, isConsent: false), CheckCase(answer: .unsigned, isConsent: false),
      CheckCase(answer: .wronglySigned, isConsent: false), CheckCase(answer: .http(500), isConsent: false),
      CheckCase(answer: .silence, isConsent: false), CheckCase(answer: .text("OK"), isConsent: false),
      CheckCase(answer: .text("<html></html>"), isConsent: false),
    ])
  func checks(_ testCase: CheckCase) async throws {
    let bench = try Bench(shop: TestShop(check: [testCase.answer]))
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    let response = try await bench.press(opened.page, ["card": "4400444400004440", "action": "pay"])
    #expect(bench.shop.results.count == (testCase.isConsent ? 1 : 0))
    #expect(response.status == (testCase.isConsent ? .seeOther : .ok))
    #expect(try await bench.status(opened.id)["pg_payment_status"] == (testCase.isConsent ? "success" : "error"))
    guard !testCase.isConsent else { return }
    let text = try await bench.text(response)
    #expect(text.contains(testCase.shown ?? "Магазин не подтвердил возможность платежа") && text.contains("Back to the shop"))
    bench.shop.answers.withLock { $0.check = [.ok] }
    #expect(try await bench.pay(opened.id).json["status"] as? String == "success")  // the same page again
  }

  @Test("a signed rejected on the first result takes the payment back and sends the payer to the failure address")
  func rejected() async throws {
    let bench = try Bench(shop: TestShop(result: [.rejected("Поздно")]))
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    let (_, json) = try await bench.pay(opened.id)
    #expect(json["status"] as? String == "revoked")
    #expect((json["redirect"] as? String)?.hasPrefix("http://shop.uz/no?") == true)
    let status = try await bench.status(opened.id)
    #expect(status["pg_payment_status"] == "revoked" && status["pg_captured"] == "0" && status["pg_revoke_amount"] == "100")
    #expect(status.message.contains("pg_revoked_payments"))
    #expect(try await bench.text(try await bench.get(opened.page)).contains("Поздно"))
    bench.clock.advance(by: .seconds(3 * 3600))
    await bench.sandbox.deliverDue()
    #expect(bench.shop.results.count == 1)
  }

  @Test(
    "what is no signed rejected on a success stands, and an answer with HTTP 200 ends the matter",
    arguments: [
      TestShop.Answer.ok, .error, .unsigned, .wronglySigned, .text("OK"), .text("<response><pg_status>rejected</pg_status></response>"),
      .text("<response><pg_status>rejected</pg_status><pg_salt>s</pg_salt><pg_sig>00000000000000000000000000000000</pg_sig></response>"),
    ])
  func stands(answer: TestShop.Answer) async throws {
    let bench = try Bench(shop: TestShop(result: [answer]))
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    #expect(try await bench.pay(opened.id).json["status"] as? String == "success")
    bench.clock.advance(by: .seconds(3 * 3600))
    await bench.sandbox.deliverDue()
    #expect(bench.shop.results.count == 1)
  }

  @Test("a failure cannot be rejected")
  func rejectedFailure() async throws {
    let bench = try Bench(shop: TestShop(result: [.rejected("no")]))
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    #expect(try await bench.pay(opened.id, card: "4400444400004446").json["status"] as? String == "error")
  }

  @Test(
    "without HTTP 200 the result is repeated after 30, 60, 90 and 120 minutes, freshly signed, and can no longer be refused",
    arguments: [TestShop.Answer.http(500), .silence, .http(302)])
  func repeats(answer: TestShop.Answer) async throws {
    let bench = try Bench(shop: TestShop(result: [answer]))
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    #expect(try await bench.pay(opened.id).json["status"] as? String == "success")
    for minutes in 1...5 {
      bench.clock.advance(by: .milliseconds(30 * 60_000 - 1))
      await bench.sandbox.deliverDue()
      #expect(bench.shop.results.count == min(minutes, 5))
      bench.clock.advance(by: .milliseconds(1))
      await bench.sandbox.deliverDue()
      #expect(bench.shop.results.count == min(minutes + 1, 5))
    }
    let results = bench.shop.results
    #expect(results.map { $0.message["pg_can_reject"] } == ["1", "0", "0", "0", "0"])
    #expect(results.allSatisfy { $0.signature == .valid })
    #expect(Set(results.map { $0.message["pg_salt"] }).count == 5)
    let content = results.map { $0.message.without("pg_salt", "pg_sig", "pg_can_reject") }
    #expect(content.allSatisfy { $0 == content[0] })
  }

  @Test("the repeats end with the first HTTP 200, and a rejected on a repeat changes nothing")
  func repeatsEnd() async throws {
    let bench = try Bench(shop: TestShop(result: [.http(503), .http(503), .rejected("too late")]))
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    try await bench.pay(opened.id)
    let (status, json) = try await bench.control("/control/clock", "{\"advance\": \"2h\"}")
    #expect(status == 200 && json["offset_ms"] as? Int == 7_200_000)
    #expect(bench.shop.results.count == 3)
    #expect(try await bench.status(opened.id)["pg_payment_status"] == "success")
  }

  @Test("without a result address nobody is told, and without a check address nobody is asked")
  func silent() async throws {
    let bench = try Bench()
    let opened = try await bench.open()
    let (_, json) = try await bench.pay(opened.id)
    #expect(json["check"] is NSNull && json["result"] is NSNull && json["status"] as? String == "success")
    #expect(bench.shop.calls.withLock { $0.isEmpty })
  }

  @Test("the repeats that `run` makes stop with its task")
  func running() async throws {
    let bench = try Bench(shop: TestShop(result: [.http(500), .ok]))
    let opened = try await bench.open("/g2g/any_amount", Self.urls)
    try await bench.pay(opened.id)
    bench.clock.advance(by: .seconds(1800))
    let running = Task { await bench.sandbox.run() }
    let deadline = ContinuousClock.now + .seconds(10)
    while bench.shop.results.count < 2, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    #expect(bench.shop.results.count == 2)
    running.cancel()
    await running.value
  }
}
