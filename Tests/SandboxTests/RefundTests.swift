import Foundation
import Testing

@testable import Sandbox

@Suite("Refunds")
struct RefundTests {
  @Test("a refund gives back all that is left, keeps the payment a success, and is listed", arguments: OperationPaths.refund)
  func whole(path: String) async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    bench.clock.advance(by: .seconds(60))
    let answer = try await bench.operate(path, id, ["pg_receipt_positions[0][count]": "1", "pg_receipt_positions[0][price]": "1"])
    #expect(answer["pg_status"] == "ok" && answer.signature == .valid)
    let isGateway = OperationPaths.isGateway(path)
    #expect((answer["pg_refund_status"] == "success") == isGateway && (answer["pg_payment_refund_id"] != nil) == isGateway)
    for (status, amount) in [("/g2g/status_v2", "100"), ("/get_status3.php", "-100")] {
      let status = try await bench.status(id, status)
      #expect(status["pg_payment_status"] == "success" && status["pg_captured"] == "1" && status["pg_clearing_amount"] == "100")
      #expect(status["pg_refund_amount"] == amount && status["pg_amount"] == "100" && status.signature == .valid)
      let entry = try #require(status.message.entries("pg_refund_payments").first)
      #expect(entry["pg_payment_status"] == "success" && entry["pg_amount"] == amount)
      #expect(entry["pg_payment_date"] == "2026-11-23 17:01:00" && entry["pg_reference"]?.count == 12)
      if isGateway { #expect(entry["pg_payment_id"] == answer["pg_payment_refund_id"]) }
    }
    for path in OperationPaths.refund {
      let again = try await bench.operate(path, id)
      #expect(again["pg_error_code"] == "120" && again["pg_error_description"] == "Неверный статус платежа")
    }
    #expect(try await bench.books(id) == Books(captured: "100", refunded: "100", operations: ["refund 100 success"]))
  }

  @Test("parts are given back until nothing is left; what is more than the rest is refused", arguments: OperationPaths.refund)
  func parts(path: String) async throws {
    let bench = try Bench()
    let id = try await bench.held()
    #expect(try await bench.operate(path, id)["pg_error_code"] == "120")
    _ = try await bench.operate("/do_capture.php", id, ["pg_clearing_amount": "60"])
    let name = OperationPaths.amount(path)
    let over = OperationPaths.isGateway(path) ? "9403" : "200"
    #expect(try await bench.operate(path, id, [name: "60.01"])["pg_error_code"] == over)
    #expect(try await bench.operate(path, id, [name: "20.50"])["pg_status"] == "ok")
    #expect(try await bench.operate(path, id, [name: "39.51"])["pg_error_code"] == over)
    #expect(try await bench.operate(path, id, [name: "39.50"])["pg_status"] == "ok")
    #expect(try await bench.operate(path, id, [name: "0.01"])["pg_error_code"] == "120")
    let status = try await bench.status(id)
    #expect(
      status["pg_refund_amount"] == "-60" && status.message.entries("pg_refund_payments").map { $0["pg_amount"] } == ["-20.5", "-39.5"])
  }

  @Test("an omitted amount is all that is left; 0 is the same in the Merchant family and refused in the Gateway family")
  func rest() async throws {
    let bench = try Bench()
    let first = try await bench.paid()
    _ = try await bench.operate("/revoke.php", first, ["pg_refund_amount": "30"])
    #expect(try await bench.operate("/revoke.php", first, ["pg_refund_amount": "0"])["pg_status"] == "ok")
    #expect(try await bench.books(first).operations == ["refund 30 success", "refund 70 success"])
    let second = try await bench.paid()
    #expect(try await bench.operate("/g2g/refund", second, ["pg_amount": "0"])["pg_error_code"] == "9403")
    #expect(try await bench.operate("/g2g/refund", second, ["pg_amount": "30", "pg_currency": "USD"])["pg_error_code"] == "9403")
    #expect(try await bench.operate("/g2g/refund", second, ["pg_amount": "30", "pg_currency": "UZS"])["pg_status"] == "ok")
    #expect(try await bench.operate("/g2g/refund", second)["pg_status"] == "ok")
    #expect(try await bench.books(second).operations == ["refund 30 success", "refund 70 success"])
  }

  @Test("a hundred refunds of a tenth at once leave exactly ten")
  func race() async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    let done = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<100 {
        group.addTask {
          let path = number.isMultiple(of: 2) ? "/g2g/refund" : "/revoke"
          return try await bench.operate(path, id, [OperationPaths.amount(path): "10"])["pg_status"] == "ok"
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(done == 10)
    #expect(
      try await bench.books(id) == Books(captured: "100", refunded: "100", operations: Array(repeating: "refund 10 success", count: 10)))
  }

  // MARK: - Idempotency

  @Test("the same key with the same content is the same refund; with other content it is refused", arguments: ["/revoke.php", "/revoke"])
  func key(path: String) async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    let first = try await bench.operate(path, id, ["pg_refund_amount": "10", "pg_idempotency_key": "k1"])
    bench.clock.advance(by: .seconds(3600))
    let again = try await bench.operate(path, id, ["pg_refund_amount": "10", "pg_idempotency_key": "k1"])
    #expect(first["pg_status"] == "ok" && again["pg_status"] == "ok" && again["pg_salt"] != first["pg_salt"])
    let other = try await bench.operate(path, id, ["pg_refund_amount": "11", "pg_idempotency_key": "k1"])
    #expect(other["pg_error_code"] == "200")
    #expect(try await bench.operate(path, id, ["pg_refund_amount": "10", "pg_idempotency_key": "k2"])["pg_status"] == "ok")
    #expect(try await bench.books(id).operations == ["refund 10 success", "refund 10 success"])
    #expect(try await bench.call("/init_payment.php", Bench.fields(["pg_idempotency_key": "k1"]))["pg_error_code"] == "200")
  }

  @Test("a key is not used up by a refund that was refused, and answers the failure of one that failed")
  func keyAfterFailure() async throws {
    let bench = try Bench()
    let id = try await bench.held()
    let fields: KeyValuePairs = ["pg_refund_amount": "10", "pg_idempotency_key": "k1"]
    #expect(try await bench.operate("/revoke", id, fields)["pg_error_code"] == "120")
    _ = try await bench.operate("/do_capture.php", id)
    #expect(try await bench.operate("/revoke", id, fields)["pg_status"] == "ok")
    let failing = try await bench.paid(card: "4916307416334310")
    for _ in 0..<2 {
      #expect(try await bench.operate("/revoke", failing, ["pg_idempotency_key": "k2"])["pg_error_code"] == "600")
    }
    #expect(try await bench.books(failing).operations == ["refund 100 error"])
  }

  @Test("Gateway refunds know no key: each call is a refund of its own")
  func noKey() async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    for _ in 0..<2 { _ = try await bench.operate("/g2g/refund", id, ["pg_amount": "10", "pg_idempotency_key": "k1"]) }
    #expect(try await bench.books(id).refunded == "20")
  }

  // MARK: - Records

  @Test("by order the Merchant family finds the refund's record and the Gateway family the payment; by number both find any")
  func records() async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    let refund = try #require(try await bench.operate("/g2g/refund", id, ["pg_amount": "10"])["pg_payment_refund_id"].flatMap { Int64($0) })
    let last = try await bench.byOrder("/get_status3.php")
    #expect(last["pg_payment_id"] == "\(refund)" && last["pg_amount"] == "-10" && last["pg_clearing_amount"] == "0")
    #expect(last["pg_payment_status"] == "success" && last["pg_order_id"] == "A1001" && last.signature == .valid)
    #expect(try await bench.byOrder("/g2g/status_v2")["pg_payment_id"] == "\(id)")
    for path in OperationPaths.status {
      #expect(try await bench.status(refund, path)["pg_amount"] == "-10")
      #expect(try await bench.status(id, path)["pg_amount"] == "100")
    }
    #expect(try await bench.operate("/revoke", refund)["pg_error_code"] == "120")
    let next = try await bench.paid()
    #expect(try await bench.byOrder("/get_status3.php")["pg_payment_id"] == "\(next)")
    let held = try await bench.held()
    let revoke = try #require(try await bench.operate("/g2g/cancel", held)["pg_payment_revoke_id"].flatMap { Int64($0) })
    #expect(try await bench.byOrder("/get_status3.php")["pg_payment_id"] == "\(held)")
    #expect(try await bench.status(revoke)["pg_amount"] == "-100")
  }

  @Test("a failed refund stays listed with status error, and does not count")
  func failed() async throws {
    let bench = try Bench()
    let id = try await bench.paid(card: "4916307416334310")
    _ = try await bench.operate("/g2g/refund", id, ["pg_amount": "10"])
    for path in OperationPaths.status {
      let status = try await bench.status(id, path)
      let entry = try #require(status.message.entries("pg_refund_payments").first)
      #expect(entry["pg_payment_status"] == "error" && entry["pg_payment_date"] == nil && status["pg_refund_amount"] == "0")
      #expect(entry["pg_failure_code"] == (OperationPaths.isGateway(path) ? "9999" : nil))
    }
    #expect(try await bench.books(id).refunded == "0")
  }

  struct ReceiptCase: Sendable {
    var part: String
    var value: String
    var isRefused = false
  }

  @Test(
    "receipt positions keep their bounds",
    arguments: [
      ReceiptCase(part: "[0][count]", value: "1"), ReceiptCase(part: "[0][count]", value: "0", isRefused: true),
      ReceiptCase(part: "[0][price]", value: "1"), ReceiptCase(part: "[0][price]", value: "0.99", isRefused: true),
      ReceiptCase(part: "[0][price]", value: "99999999"), ReceiptCase(part: "[0][price]", value: "99999999.01", isRefused: true),
      ReceiptCase(part: "[0][tax_type]", value: "11"), ReceiptCase(part: "[0][tax_type]", value: "x", isRefused: true),
      ReceiptCase(part: "[0][name]", value: "Чай"), ReceiptCase(part: "[0]", value: "Tea", isRefused: true),
      ReceiptCase(part: "", value: "Tea", isRefused: true),
    ])
  func receipts(_ testCase: ReceiptCase) async throws {
    let bench = try Bench()
    for path in OperationPaths.refund {
      let id = try await bench.paid()
      let message: WireMessage = [
        "pg_merchant_id": "\(Bench.merchant)", "pg_payment_id": "\(id)", "pg_salt": "s",
        "pg_receipt_positions\(testCase.part)": testCase.value,
      ]
      let answer = try await bench.call(path, WireMessage(form: message.flattened))
      #expect((answer["pg_status"] == "error") == testCase.isRefused, "\(path)")
    }
  }

  @Test("receipt positions come as repeated elements in pg_xml, and with their own bounds on a page")
  func receiptsElsewhere() async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    for (count, isRefused) in [("0", true), ("2", false)] {
      var message: WireMessage = [
        "pg_merchant_id": "\(Bench.merchant)", "pg_payment_id": "\(id)", "pg_refund_amount": "10", "pg_salt": "s",
      ]
      message.append("pg_receipt_positions", ["count": "1", "name": "Tea", "price": "1"])
      message.append("pg_receipt_positions", ["count": count, "name": "Cup", "price": "5"])
      message.append("pg_sig", WireSignature.digest(message, script: "revoke", secret: Bench.secret))
      let answer = try await bench.send("/revoke", ["pg_xml": message.xml(root: "request")])
      #expect((answer["pg_status"] == "error") == isRefused, "\(answer.message)")
    }
    #expect(try await bench.books(id).refunded == "10")
    for (path, price, isRefused) in [
      ("/init_payment.php", "0.01", false), ("/init_payment.php", "0.001", true), ("/g2g/payment_page", "0", true),
      ("/g2g/any_amount", "0", false),
    ] {
      let message = WireMessage(form: Bench.fields(["pg_receipt_positions[0][price]": price]).flattened)
      #expect((try await bench.call(path, message)["pg_status"] == "error") == isRefused, "\(path) \(price)")
    }
  }

  private static let call = SandboxCall(operation: .refund, family: .merchant, paths: ["/revoke"])
  private static let page = SandboxCall(operation: .initPayment, family: .merchant, paths: ["/init_payment"])

  /// Opens a page of the order A1001 in the ledger.
  private func open(_ ledger: inout Ledger) throws -> Int64 {
    let configuration = SandboxConfiguration(merchant: 1, secret: Bench.secret, publicURL: "http://127.0.0.1")
    return try ledger.open(PageTerms(Bench.fields(), call: Self.page, configuration: configuration), call: Self.page, content: [:], now: 0)
      .id
  }

  private func pay(_ id: Int64, in ledger: inout Ledger) {
    ledger.change(id) { payment in
      payment.status = .success
      payment.amount = SandboxAmount(hundredths: 1_000_000)
      payment.paidAt = 0
    }
  }

  @Test("a payment takes a thousand operations and no more")
  func bound() throws {
    var ledger = Ledger(firstPaymentID: 1)
    let id = try open(&ledger)
    pay(id, in: &ledger)
    let content: WireMessage = ["pg_payment_id": "\(id)", "pg_refund_amount": "1"]
    let asked = try OperationTerms(content, .refund, .merchant)
    for _ in 0..<SandboxLimits.operations { _ = try ledger.operate(asked, call: Self.call, content: content, fault: nil, now: 0) }
    #expect(throws: Refusal.tooManyOperations) { try ledger.operate(asked, call: Self.call, content: content, fault: nil, now: 0) }
    #expect(ledger.payment(id)?.refunded(at: 0).text == "1000")
  }

  @Test("a ledger that forgets a payment forgets its refunds and their keys")
  func forgets() throws {
    var ledger = Ledger(firstPaymentID: 1, capacity: 2)
    let first = try open(&ledger)
    pay(first, in: &ledger)
    let call = Self.call
    let content: WireMessage = ["pg_payment_id": "\(first)", "pg_idempotency_key": "k"]
    let asked = try OperationTerms(content, .refund, .merchant)
    let made = try ledger.operate(asked, call: call, content: content, fault: nil, now: 0)
    let refund = try #require(made.operation.id)
    #expect(made.isNew && ledger.record(refund, at: 0) != nil)
    #expect(try ledger.operate(asked, call: call, content: content, fault: nil, now: 0).isNew == false)
    for _ in 0..<2 { _ = try open(&ledger) }
    #expect(ledger.payment(first) == nil && ledger.record(refund, at: 0) == nil && ledger.parents.isEmpty)
    #expect(throws: Refusal.unknownPayment) { try ledger.operate(asked, call: call, content: content, fault: nil, now: 0) }
    #expect(try ledger.made(with: "k", by: call, content) == nil)
  }
}
