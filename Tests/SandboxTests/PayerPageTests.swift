import Synchronization
import Foundation
import HTTPServer
import HTTPTypes
import Testing

@testable import Sandbox

@Suite("The payer's page")
struct PayerPageTests {
  static let interval: KeyValuePairs = [
    "pg_amount": "0", "pg_amount_interval_from": "10000", "pg_amount_interval_to": "500000", "pg_success_url": "http://shop.uz/back/ok",
    "pg_failure_url": "http://shop.uz/back/no", "pg_check_url": "http://shop.uz/check", "pg_result_url": "http://shop.uz/result",
  ]

  @Test("it shows the order, a fixed amount or the bounds, and the test cards, and escapes what the shop wrote")
  func shows() async throws {
    let bench = try Bench()
    let description = "<script>alert(\"1\")</script> & Co"
    let fixed = try await bench.open("/g2g/payment_page", ["pg_amount": "1500.5", "pg_description": description])
    let response = try await bench.get(fixed.page)
    var text = try await bench.text(response)
    #expect(response.status == .ok && response.fields[.contentType] == "text/html; charset=utf-8")
    #expect(text.contains("1500.50 UZS") && !text.contains("name=\"amount\""))
    #expect(text.contains("&lt;script&gt;alert(") && !text.contains("<script>alert("))
    #expect(text.contains("4400444400004440 (paid)") && text.contains("4400444400004443 (declined 10009)"))
    #expect(text.contains("value=\"pay\"") && text.contains("value=\"decline\"") && !text.contains("Back to the shop"))
    let chosen = try await bench.open("/g2g/any_amount", Self.interval)
    text = try await bench.text(try await bench.get(chosen.page))
    #expect(text.contains("name=\"amount\"") && text.contains("from 10000.00 to 500000.00"))
    #expect(try await bench.get("/pay.html?customer=0").status == .notFound)
    #expect(try await bench.get("/pay.html").status == .notFound)
  }

  @Test("paying with the button calls check and result and sends the payer to the success address, signed")
  func pays() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", Self.interval)
    let response = try await bench.press(opened.page, ["amount": "50 000,50", "card": "4400444400004440", "action": "pay"])
    #expect(response.status == .seeOther)
    let location = try #require(WireURL(response.fields[.location] ?? ""))
    #expect(location.base == "http://shop.uz/back/ok")
    let message = WireMessage(form: location.parameters)
    #expect(message["pg_order_id"] == "A1001" && message["pg_payment_id"] == "\(opened.id)" && message["pg_error_code"] == nil)
    #expect(WireSignature.verdict(on: message, script: "ok", secret: Bench.secret) == .valid)
    #expect(bench.shop.checks.map { $0.message["pg_amount"] } == ["50000.5"])
    #expect(bench.shop.results.map { $0.message["pg_amount"] } == ["50000.5"])
    let state = try await bench.get(opened.page)
    #expect(state.status == .ok)
    #expect(try await bench.text(state).contains("50000.50 UZS was paid"))
    let again = try await bench.press(opened.page, ["amount": "50000", "card": "4400444400004440", "action": "pay"])
    #expect(again.status == .ok && bench.shop.results.count == 1)
  }

  struct AmountCase: Sendable {
    var amount: String
    var isTaken: Bool
  }

  @Test(
    "the bounds of the amount are judged by the server; outside of them nobody is called",
    arguments: [
      AmountCase(amount: "10000", isTaken: true), AmountCase(amount: "9999.99", isTaken: false),
      AmountCase(amount: "500000", isTaken: true),
      AmountCase(amount: "500000.01", isTaken: false), AmountCase(amount: "250000", isTaken: true), AmountCase(amount: "", isTaken: false),
      AmountCase(amount: "-20000", isTaken: false), AmountCase(amount: "20000.001", isTaken: false),
      AmountCase(amount: "2e4", isTaken: false),
    ])
  func bounds(_ testCase: AmountCase) async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", Self.interval)
    let response = try await bench.press(opened.page, ["amount": testCase.amount, "card": "4400444400004440", "action": "pay"])
    #expect(response.status == (testCase.isTaken ? .seeOther : .unprocessableContent))
    #expect(bench.shop.checks.count == (testCase.isTaken ? 1 : 0) && bench.shop.results.count == (testCase.isTaken ? 1 : 0))
    let status = try await bench.status(opened.id)["pg_payment_status"]
    #expect(status == (testCase.isTaken ? "success" : "new"))
    if !testCase.isTaken { #expect(try await bench.text(response).contains("role=\"alert\"")) }
  }

  @Test("a fixed amount cannot be changed by the form, and a suggestion is taken where nothing is typed")
  func amounts() async throws {
    let bench = try Bench()
    let fixed = try await bench.open("/g2g/payment_page")
    let changed = try await bench.press(fixed.page, ["amount": "1", "card": "4400444400004440", "action": "pay"])
    #expect(changed.status == .unprocessableContent)
    let suggested = try await bench.open("/any_amount.php", ["pg_amount": "70"])
    _ = try await bench.press(suggested.page, ["card": "4400444400004440", "action": "pay"])
    #expect(try await bench.status(suggested.id)["pg_amount"] == "70")
  }

  @Test("a typed number must be a test card; blanks and hyphens do not count")
  func cards() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/payment_page", ["pg_result_url": "http://shop.uz/result"])
    for number in ["4111111111111111", "4400 4444 0000 9999", "abcxyz"] {
      let response = try await bench.press(opened.page, ["number": number, "card": "4400444400004440", "action": "pay"])
      #expect(response.status == .unprocessableContent)
      #expect(try await bench.text(response).contains(number) == false, "a typed number is never shown again")
    }
    _ = try await bench.press(opened.page, ["number": "4400 4444-0000 4444", "action": "pay"])
    #expect(bench.shop.results.first?.message["pg_card_pan"] == "4400-44XX-XXXX-4444")
    for call in bench.shop.results { #expect(!"\(call.message)".contains("4400444400004444")) }
  }

  @Test("a declined card sends the payer to the failure address, and the same page may be tried again")
  func declined() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", Self.interval)
    let response = try await bench.press(opened.page, ["amount": "50000", "card": "4400444400004443", "action": "pay"])
    let location = try #require(WireURL(response.fields[.location] ?? ""))
    #expect(location.base == "http://shop.uz/back/no")
    let message = WireMessage(form: location.parameters)
    #expect(message["pg_error_code"] == "10009" && message["pg_error_description"] == "Недостаточно средств на карте.")
    #expect(WireSignature.verdict(on: message, script: "no", secret: Bench.secret) == .valid)
    _ = try await bench.press(opened.page, ["amount": "60000", "card": "4400444400004440", "action": "pay"])
    #expect(bench.shop.results.map { $0.message["pg_result"] } == ["0", "1"])
    #expect(Set(bench.shop.results.map { $0.message["pg_payment_id"] }) == ["\(opened.id)"])
    #expect(try await bench.status(opened.id)["pg_payment_status"] == "success")
  }

  @Test("Decline ends in a failure without a check")
  func declineButton() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", Self.interval)
    let response = try await bench.press(opened.page, ["action": "decline"])
    #expect(response.status == .seeOther && response.fields[.location]?.hasPrefix("http://shop.uz/back/no?") == true)
    #expect(bench.shop.checks.isEmpty && bench.shop.results.map { $0.message["pg_failure_code"] } == ["400"])
    #expect(bench.shop.results[0].message["pg_amount"] == "10000", "without a suggestion, the least that may be paid")
    #expect(try await bench.press(opened.page, ["action": "dance"]).status == .badRequest)
  }

  @Test("after its lifetime the page is gone, for the button as well")
  func expired() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", ["pg_lifetime": "300", "pg_result_url": "http://shop.uz/result"])
    bench.clock.advance(by: .milliseconds(299_999))
    #expect(try await bench.get(opened.page).status == .ok)
    bench.clock.advance(by: .milliseconds(1))
    #expect(try await bench.get(opened.page).status == .gone)
    #expect(try await bench.press(opened.page, ["card": "4400444400004440", "action": "pay"]).status == .gone)
    #expect(try await bench.press(opened.page, ["action": "decline"]).status == .gone)
    #expect(bench.shop.calls.withLock { $0.isEmpty })
  }

  @Test("POST as the way back is a form that sends itself, and has a button without script")
  func formBack() async throws {
    let bench = try Bench()
    let opened = try await bench.open(
      "/g2g/payment_page", ["pg_success_url": "http://shop.uz/back/ok?from=a%20b", "pg_success_url_method": "POST", "own": "\"x\""])
    let response = try await bench.press(opened.page, ["card": "4400444400004440", "action": "pay"])
    let text = try await bench.text(response)
    #expect(response.status == .ok && text.contains("method=\"post\" action=\"http://shop.uz/back/ok?from=a%20b\""))
    #expect(text.contains("name=\"pg_sig\"") && text.contains("<button") && text.contains("value=\"&quot;x&quot;\""))
    #expect(text.contains("name=\"from\" value=\"a b\""))
  }

  @Test("a quote with a combining mark behind it is escaped like any other, in every kind of value")
  func combiningMarks() async throws {
    let bench = try Bench()
    let sly = "\"\u{301} onfocus=alert(1) autofocus <\u{301}b> '\u{301} &\u{301}"
    let opened = try await bench.open(
      "/g2g/payment_page", ["pg_description": sly, "pg_success_url": "http://shop.uz/ok", "pg_success_url_method": "POST", "own": sly])
    let shown = try await bench.text(try await bench.get(opened.page))
    let wrong = try await bench.text(try await bench.press(opened.page, ["amount": sly, "card": "4400444400004440", "action": "pay"]))
    let chosen = try await bench.open("/g2g/any_amount")
    let typed = try await bench.text(try await bench.press(chosen.page, ["amount": sly, "card": "4400444400004440", "action": "pay"]))
    let back = try await bench.text(try await bench.press(opened.page, ["card": "4400444400004440", "action": "pay"]))
    for page in [shown, wrong, typed, back] {
      for raw in ["\"\u{301}", "<\u{301}", "'\u{301}", "&\u{301}"] {
        let scalars = Array(page.unicodeScalars)
        let mark = Array(raw.unicodeScalars)
        #expect(!scalars.indices.dropLast().contains { scalars[$0] == mark[0] && scalars[$0 + 1] == mark[1] }, "\(raw)")
      }
    }
    #expect(typed.contains("&quot") && back.contains("&quot"))
  }

  @Test("GET as the way back appends to a query that is there, and signs over all of it")
  func appends() async throws {
    let bench = try Bench()
    let opened = try await bench.open(
      "/g2g/payment_page", ["pg_success_url": "http://shop.uz/back/ok?from=a%20b&own=mine", "own": "theirs", "other": "z"])
    let response = try await bench.press(opened.page, ["card": "4400444400004440", "action": "pay"])
    let location = response.fields[.location] ?? ""
    #expect(location.hasPrefix("http://shop.uz/back/ok?from=a%20b&own=mine&pg_order_id=A1001&"))
    let message = WireMessage(form: try #require(WireURL(location)).parameters)
    #expect(message["own"] == "mine" && message["other"] == "z" && message.fields.filter { $0.name == "own" }.count == 1)
    #expect(WireSignature.verdict(on: message, script: "ok", secret: Bench.secret) == .valid)
  }

  @Test("without an address to go back to, the payer comes back to the page's state")
  func noWayBack() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/payment_page")
    let response = try await bench.press(opened.page, ["card": "4400444400004440", "action": "pay"])
    #expect(response.status == .seeOther && response.fields[.location] == "http://127.0.0.1:8081" + opened.page)
  }

  @Test("while an attempt waits for the shop's answer, no other one begins, and the page says so")
  func together() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", Self.interval)
    let seen = Mutex<(pay: Int, page: String, press: String, status: String?)>((0, "", "", nil))
    bench.shop.meanwhile.withLock {
      $0 = {
        do {
          let pay = try await bench.pay(opened.id, amount: "50000").status
          let page = try await bench.text(try await bench.get(opened.page))
          let press = try await bench.text(try await bench.press(opened.page, ["action": "decline"]))
          let status = try await bench.status(opened.id)["pg_payment_status"]
          seen.withLock { $0 = (pay, page, press, status) }
        } catch { Issue.record(error) }
      }
    }
    #expect(try await bench.pay(opened.id, amount: "60000").json["status"] as? String == "success")
    let (pay, page, press, status) = seen.withLock { $0 }
    #expect(pay == 409 && page.contains("Under way") && press.contains("Under way") && status == "pending")
    #expect(bench.shop.results.map { $0.message["pg_amount"] } == ["60000"])
  }
}
