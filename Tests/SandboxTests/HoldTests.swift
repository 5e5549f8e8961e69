import Testing

@testable import Sandbox

@Suite("Capture and cancel")
struct HoldTests {
  @Test("a hold is captured whole where no amount is said", arguments: OperationPaths.capture)
  func wholeCapture(path: String) async throws {
    let bench = try Bench()
    let id = try await bench.held()
    let answer = try await bench.operate(path, id)
    #expect(answer["pg_status"] == "ok" && answer.signature == .valid && answer["pg_amount"] == "100")
    #expect(answer["pg_clearing_amount"] == "100")
    let isGateway = OperationPaths.isGateway(path)
    #expect(answer["pg_payment_id"] == (isGateway ? "\(id)" : nil) && answer["pg_clearing_status"] == (isGateway ? "1" : nil))
    let status = try await bench.status(id)
    #expect(status["pg_captured"] == "1" && status["pg_clearing_amount"] == "100" && status["pg_payment_status"] == "success")
    #expect(try await bench.books(id) == Books(captured: "100", refunded: "0", operations: ["capture 100 success"]))
  }

  struct AmountCase: Sendable {
    var path: String
    var amount: String
    /// The code of the refusal, or nil where it is captured.
    var code: String?
  }

  @Test(
    "a part of a hold is captured within its bounds; the rest is released",
    arguments: [
      AmountCase(path: "/g2g/clearing", amount: "0.01"), AmountCase(path: "/g2g/clearing", amount: "99.99"),
      AmountCase(path: "/g2g/clearing", amount: "100", code: "9403"), AmountCase(path: "/g2g/clearing", amount: "100.01", code: "9403"),
      AmountCase(path: "/g2g/clearing", amount: "0", code: "9403"), AmountCase(path: "/do_capture.php", amount: "0.01"),
      AmountCase(path: "/do_capture.php", amount: "100.00"), AmountCase(path: "/do_capture.php", amount: "100.01", code: "200"),
      AmountCase(path: "/do_capture.php", amount: "0", code: "200"), AmountCase(path: "/do_capture.php", amount: "-1", code: "200"),
      AmountCase(path: "/do_capture.php", amount: "1.005", code: "200"),
    ])
  func partialCapture(_ testCase: AmountCase) async throws {
    let bench = try Bench()
    let id = try await bench.held()
    let answer = try await bench.operate(testCase.path, id, ["pg_clearing_amount": testCase.amount])
    #expect(answer["pg_error_code"] == testCase.code && answer.signature == .valid)
    let taken = testCase.code == nil ? SandboxAmount(testCase.amount)?.text : nil
    let status = try await bench.status(id)
    #expect(status["pg_clearing_amount"] == taken ?? "0" && status["pg_captured"] == (taken == nil ? "0" : "1"))
    #expect(status["pg_amount"] == "100")
    guard taken != nil else { return }
    for path in OperationPaths.capture + OperationPaths.cancel {
      #expect(try await bench.operate(path, id)["pg_error_code"] == "120", "the rest is released: \(path)")
    }
    bench.clock.advance(by: .seconds(6 * 86_400))
    #expect(try await bench.status(id)["pg_clearing_amount"] == taken)
  }

  @Test("a hold is released whole, with a record of its own; nothing can be done with it any more", arguments: OperationPaths.cancel)
  func cancel(path: String) async throws {
    let bench = try Bench()
    let id = try await bench.held()
    let answer = try await bench.operate(path, id, ["pg_receipt_positions[0][name]": "Tea", "pg_receipt_positions[0][price]": "0.01"])
    #expect(answer["pg_status"] == "ok" && answer.signature == .valid)
    let isGateway = OperationPaths.isGateway(path)
    #expect((answer["pg_revoke_status"] == "success") == isGateway && (answer["pg_payment_id"] == "\(id)") == isGateway)
    for status in OperationPaths.status {
      let status = try await bench.status(id, status)
      #expect(status["pg_payment_status"] == "revoked" && status["pg_captured"] == "0" && status["pg_clearing_amount"] == "0")
      let revoked = status.message.entries("pg_revoked_payments")
      #expect(revoked.map { $0["pg_payment_status"] } == ["success"])
      if isGateway { #expect(revoked.first?["pg_payment_id"] == answer["pg_payment_revoke_id"]) }
      #expect(status.signature == .valid)
    }
    #expect(try await bench.status(id)["pg_revoke_amount"] == "100")
    for path in OperationPaths.capture + OperationPaths.cancel + OperationPaths.refund {
      let again = try await bench.operate(path, id)
      #expect(again["pg_error_code"] == "120" && again["pg_error_description"] == "Неверный статус платежа" && again.signature == .valid)
    }
    bench.clock.advance(by: .seconds(6 * 86_400))
    #expect(try await bench.books(id) == Books(captured: "0", refunded: "0", operations: ["cancel 100 success"]))
  }

  @Test("five days after the payment a hold is captured by itself: from then on it can be refunded, and before it cannot")
  func automatic() async throws {
    let bench = try Bench()
    let id = try await bench.held()
    bench.clock.advance(by: .milliseconds(5 * 86_400_000 - 1))
    #expect(try await bench.operate("/revoke.php", id)["pg_error_code"] == "120")
    #expect(try await bench.books(id).captured == "0")
    bench.clock.advance(by: .milliseconds(1))
    #expect(try await bench.books(id) == Books(captured: "100", refunded: "0", operations: []))
    for path in OperationPaths.capture + OperationPaths.cancel {
      #expect(try await bench.operate(path, id)["pg_error_code"] == "120", "\(path)")
    }
    #expect(try await bench.operate("/revoke.php", id)["pg_status"] == "ok")
  }

  @Test("what is not held can be neither captured nor released: unpaid, declined, paid in one step")
  func notHeld() async throws {
    let bench = try Bench()
    let unpaid = try await bench.open("/init_payment.php", ["pg_auto_clearing": "0"]).id
    let declined = try await bench.open("/init_payment.php", ["pg_auto_clearing": "0"]).id
    try await bench.pay(declined, card: "4400444400004446")
    for id in [unpaid, declined, try await bench.paid()] {
      for path in OperationPaths.capture + OperationPaths.cancel {
        #expect(try await bench.operate(path, id)["pg_error_code"] == "120", "\(path)")
      }
    }
    for id in [unpaid, declined] { #expect(try await bench.operate("/revoke", id)["pg_error_code"] == "120") }
  }

  @Test(
    "unknown payments are 11068 unsigned, bad numbers and signatures are refused", arguments: ["/g2g/clearing", "/cancel.php", "/revoke"])
  func refused(path: String) async throws {
    let bench = try Bench()
    let bad = OperationPaths.isGateway(path) ? "9403" : "200"
    let unknown = try await bench.operate(path, 1)
    #expect(unknown["pg_error_code"] == "11068" && unknown.signature == .missing)
    #expect(try await bench.operate(path, 0)["pg_error_code"] == bad)
    let message: WireMessage = ["pg_merchant_id": "\(Bench.merchant)", "pg_salt": "s"]
    #expect(try await bench.call(path, message)["pg_error_code"] == bad)
    let id = try await bench.held()
    var asked = message
    asked.append("pg_payment_id", "\(id)")
    #expect(try await bench.call(path, asked, secret: SandboxSecret("other"))["pg_error_code"] == "1100")
    #expect(try await bench.send(path, asked)["pg_error_code"] == "1100")
    #expect(try await bench.books(id).operations == [])
  }

  @Test("the documentation's two spellings follow the knob, and the knob the seed")
  func wording() async throws {
    for (wording, seed) in [(SandboxConfiguration.Wording.schema, UInt64(7)), (.sample, 8)] {
      let bench = try Bench { $0 = SandboxConfiguration(merchant: $0.merchant, secret: $0.secret, publicURL: $0.publicURL, seed: seed) }
      #expect(bench.sandbox.configuration.wording == wording)
      let answer = try await bench.operate("/g2g/clearing", try await bench.held())
      #expect(answer["pg_clearing_status"] == (wording == .schema ? "1" : nil))
      #expect(answer["pg_status_clearing"] == (wording == .sample ? "1" : nil))
      let id = try await bench.held()
      _ = try await bench.operate("/cancel", id)
      let status = try await bench.status(id)
      #expect(status["pg_revoke_amount"] == (wording == .schema ? "100" : nil))
      #expect(status["pg_revoked_amount"] == (wording == .sample ? "100" : nil))
    }
  }

  struct CardCase: Sendable {
    var card: String
    var failing: Set<SandboxOperation.Kind>
  }

  @Test(
    "the test cards fail where the matrix says so, and nowhere else",
    arguments: [
      CardCase(card: "4716047261941981", failing: [.cancel]), CardCase(card: "4916307416334310", failing: [.cancel, .refund]),
      CardCase(card: "5367654276102126", failing: [.capture]), CardCase(card: "4939770956154989", failing: [.capture]),
      CardCase(card: "6224466455690681278", failing: []), CardCase(card: "623275279933273424", failing: []),
      CardCase(card: "62528733472390953", failing: []), CardCase(card: "4400444400004440", failing: []),
    ])
  func cards(_ testCase: CardCase) async throws {
    let bench = try Bench()
    for (kind, path, code) in [
      (SandboxOperation.Kind.capture, "/g2g/clearing", "9999"), (.capture, "/do_capture.php", "600"), (.cancel, "/g2g/cancel", "9999"),
      (.cancel, "/cancel.php", "490"), (.refund, "/g2g/refund", "9999"), (.refund, "/revoke.php", "600"),
    ] {
      let id = kind == .refund ? try await bench.paid(card: testCase.card) : try await bench.held(card: testCase.card)
      let fails = testCase.failing.contains(kind)
      let answer = try await bench.operate(path, id)
      #expect(answer["pg_error_code"] == (fails ? code : nil) && answer.signature == .valid, "\(path)")
      #expect(try await bench.books(id).operations == ["\(kind.rawValue) 100 \(fails ? "error" : "success")"])
      if fails { #expect(try await bench.status(id)["pg_payment_status"] == "success") }
    }
  }

  @Test("no result call follows an operation, unless the knob says so; then it is repeated as every result is")
  func callbacks() async throws {
    for isOn in [false, true] {
      let bench = try Bench(shop: TestShop(result: [.ok, .http(500), .ok])) { $0.operationCallbacks = isOn }
      let id = try await bench.held(["pg_result_url": "http://shop.uz/result"])
      #expect(bench.shop.results.map { $0.message["pg_captured"] } == ["0"])
      _ = try await bench.operate("/do_capture.php", id)
      _ = try await bench.operate("/do_capture.php", id)
      _ = try await bench.control("/control/clock", "{\"advance\": \"0s\"}")
      #expect(bench.shop.results.count == (isOn ? 2 : 1))
      _ = try await bench.control("/control/clock", "{\"advance\": \"30m\"}")
      #expect(bench.shop.results.count == (isOn ? 3 : 1))
      if isOn {
        #expect(bench.shop.results.last?.message["pg_captured"] == "1" && bench.shop.results.last?.message["pg_can_reject"] == "0")
        let released = try await bench.held(["pg_result_url": "http://shop.uz/result"])
        _ = try await bench.operate("/cancel", released)
        _ = try await bench.control("/control/clock", "{\"advance\": \"0s\"}")
        let told = try #require(bench.shop.results.last?.message)
        #expect(told["pg_result"] == "0" && told["pg_failure_code"] == "400" && told["pg_captured"] == "0")
      }
    }
  }
}
