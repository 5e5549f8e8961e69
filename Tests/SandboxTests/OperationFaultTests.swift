import Foundation
import HTTPServer
import HTTPTypes
import Synchronization
import Testing

@testable import Sandbox

@Suite("Faults of operations")
struct OperationFaultTests {
  static let kinds = [("capture", "/g2g/clearing"), ("capture", "/do_capture.php"), ("cancel", "/g2g/cancel"), ("cancel", "/cancel")]
  static let refunds = [("refund", "/g2g/refund"), ("refund", "/revoke.php")]

  private func payment(_ bench: Bench, for kind: String) async throws -> Int64 {
    kind == "refund" ? try await bench.paid() : try await bench.held()
  }

  struct MessageCase: Sendable {
    var fault: String
    /// Whether it was carried out all the same.
    var isDone: Bool
    var http: Int?
    var signature: WireSignature.Verdict?
  }

  @Test(
    "an operation that goes wrong on its way is carried out once or not at all, and the books say which",
    arguments: [
      MessageCase(fault: "drop", isDone: false), MessageCase(fault: "timeout_before_accept", isDone: false),
      MessageCase(fault: "timeout_after_accept", isDone: true), MessageCase(fault: "http_401", isDone: false, http: 401),
      MessageCase(fault: "http_404", isDone: false, http: 404), MessageCase(fault: "http_500", isDone: false, http: 500),
      MessageCase(fault: "html", isDone: true, http: 200), MessageCase(fault: "truncated", isDone: true, http: 200),
      MessageCase(fault: "bad_signature", isDone: true, http: 200, signature: .invalid),
      MessageCase(fault: "unsigned", isDone: true, http: 200, signature: .missing),
      MessageCase(fault: "wrong_id", isDone: true, http: 200, signature: .valid),
      MessageCase(fault: "delay", isDone: true, http: 200, signature: .valid),
      MessageCase(fault: "slow_drip", isDone: true, http: 200, signature: .valid),
    ])
  func messages(_ testCase: MessageCase) async throws {
    for (kind, path) in Self.kinds + Self.refunds {
      let bench = try Bench()
      let id = try await payment(bench, for: kind)
      try await bench.load("{\"on\": \"\(kind)\", \"fault\": \"\(testCase.fault)\", \"delay_ms\": 20}")
      var message: WireMessage = ["pg_merchant_id": "\(Bench.merchant)", "pg_payment_id": "\(id)", "pg_salt": "s"]
      message.append("pg_sig", WireSignature.digest(message, script: Bench.script(path), secret: Bench.secret))
      let body = FormBody(urlencoded: message.flattened)
      let response = await bench.respond(try Request(.post, path, fields: [.contentType: body.contentType], body: body.bytes))
      let text = try? await bench.text(response)
      #expect((text == nil) == (testCase.http == nil), "\(path)")
      if let http = testCase.http { #expect(response.status.code == http) }
      let answer = text.flatMap { try? WireXMLReader.read(Array($0.utf8)) }.flatMap { $0.contains("pg_status") ? $0 : nil }
      #expect((answer != nil) == (testCase.signature != nil), "\(path)")
      if let answer {
        #expect(WireSignature.verdict(on: answer, script: Bench.script(path), secret: Bench.secret) == testCase.signature)
        if testCase.fault == "wrong_id", OperationPaths.isGateway(path) { #expect(answer["pg_payment_id"] == "\(id + 1)") }
      }
      #expect(try await bench.books(id).operations == (testCase.isDone ? ["\(kind) 100 success"] : []), "\(path)")
      let next = try await bench.operate(path, id)
      #expect(next["pg_error_code"] == (testCase.isDone ? "120" : nil) && next.signature == .valid, "\(path)")
    }
  }

  @Test("a call that arrives twice says wrong status, while the money moved; a part without a key moves twice, with a key once")
  func duplicates() async throws {
    let bench = try Bench()
    for (kind, path) in Self.kinds + Self.refunds {
      let id = try await payment(bench, for: kind)
      try await bench.load("{\"on\": \"\(kind)\", \"fault\": \"duplicate\"}")
      #expect(try await bench.operate(path, id)["pg_error_code"] == "120", "\(path)")
      #expect(try await bench.books(id).operations == ["\(kind) 100 success"], "\(path)")
    }
    let id = try await bench.paid()
    try await bench.load("{\"on\": \"refund\", \"fault\": \"duplicate\", \"times\": 2}")
    _ = try await bench.operate("/revoke", id, ["pg_refund_amount": "10", "pg_idempotency_key": "k"])
    #expect(try await bench.books(id).refunded == "10")
    _ = try await bench.operate("/revoke", id, ["pg_refund_amount": "10"])
    #expect(try await bench.books(id).refunded == "30")
  }

  @Test("a refund is pending until its time, counts for nothing, and yet keeps its part", arguments: ["/g2g/refund", "/revoke"])
  func pendingRefund(path: String) async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    try await bench.load("{\"on\": \"refund\", \"fault\": \"pending\", \"after\": \"30m\"}")
    let name = OperationPaths.amount(path)
    let answer = try await bench.operate(path, id, [name: "60"])
    let isGateway = OperationPaths.isGateway(path)
    #expect(answer["pg_status"] == (isGateway ? "ok" : "pending") && answer["pg_refund_status"] == (isGateway ? "pending" : nil))
    let over = isGateway ? "9403" : "200"
    #expect(try await bench.operate(path, id, [name: "40.01"])["pg_error_code"] == over)
    bench.clock.advance(by: .milliseconds(1_799_999))
    var status = try await bench.status(id)
    #expect(
      status["pg_refund_amount"] == "0" && status.message.entries("pg_refund_payments").map { $0["pg_payment_status"] } == ["pending"])
    #expect(try await bench.books(id) == Books(captured: "100", refunded: "0", operations: ["refund 60 pending"]))
    bench.clock.advance(by: .milliseconds(1))
    status = try await bench.status(id)
    #expect(status["pg_refund_amount"] == "-60")
    #expect(status.message.entries("pg_refund_payments").map { $0["pg_payment_date"] } == ["2026-11-23 17:30:00"])
    #expect(try await bench.operate(path, id, [name: "40.01"])["pg_error_code"] == over)
    #expect(try await bench.operate(path, id, [name: "40"])["pg_status"] == "ok")
  }

  @Test("a refund that fails later was accepted, stays listed as an error, and frees its part", arguments: ["/g2g/refund", "/revoke"])
  func failsLater(path: String) async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    try await bench.load("{\"on\": \"refund\", \"fault\": \"fail_later\"}")
    #expect(try await bench.operate(path, id)["pg_status"] == "ok")
    bench.clock.advance(by: .milliseconds(599_999))
    #expect(try await bench.books(id).operations == ["refund 100 pending"])
    #expect(try await bench.operate(path, id)["pg_error_code"] == "120")
    bench.clock.advance(by: .milliseconds(1))
    let status = try await bench.status(id)
    #expect(status["pg_refund_amount"] == "0" && status.message.entries("pg_refund_payments").map { $0["pg_payment_status"] } == ["error"])
    #expect(try await bench.operate(path, id)["pg_status"] == "ok")
    #expect(try await bench.books(id).operations == ["refund 100 error", "refund 100 success"])
  }

  @Test("an invisible refund is done, and no status call shows it for a while")
  func invisible() async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    try await bench.load("{\"on\": \"refund\", \"fault\": \"invisible\", \"after\": \"2h\"}")
    let refund = try #require(try await bench.operate("/g2g/refund", id)["pg_payment_refund_id"].flatMap { Int64($0) })
    #expect(try await bench.books(id).refunded == "100")
    #expect(try await bench.operate("/revoke", id)["pg_error_code"] == "120")
    bench.clock.advance(by: .milliseconds(7_199_999))
    for path in OperationPaths.status {
      let status = try await bench.status(id, path)
      #expect(status["pg_refund_amount"] == "0" && !status.message.contains("pg_refund_payments"))
      #expect(try await bench.status(refund, path)["pg_error_code"] == "11068")
    }
    #expect(try await bench.byOrder("/get_status3.php")["pg_payment_id"] == "\(id)")
    bench.clock.advance(by: .milliseconds(1))
    #expect(try await bench.status(id)["pg_refund_amount"] == "-100")
    #expect(try await bench.byOrder("/get_status3.php")["pg_payment_id"] == "\(refund)")
  }

  @Test("a hold whose capture or cancel is pending is busy; it ends as it was accepted, or is a hold again", arguments: kinds)
  func pendingHold(kind: String, path: String) async throws {
    for fault in ["pending", "fail_later"] {
      let bench = try Bench()
      let id = try await bench.held()
      try await bench.load("{\"on\": \"\(kind)\", \"fault\": \"\(fault)\", \"after\": \"6d\"}")
      let answer = try await bench.operate(path, id)
      let isPending = fault == "pending"
      #expect(answer["pg_status"] == (isPending && !OperationPaths.isGateway(path) ? "pending" : "ok"))
      if path == "/g2g/clearing" { #expect(answer["pg_clearing_status"] == (isPending ? "0" : "1")) }
      for (_, other) in Self.kinds + Self.refunds { #expect(try await bench.operate(other, id)["pg_error_code"] == "120", "\(other)") }
      bench.clock.advance(by: .milliseconds(6 * 86_400_000 - 1))
      #expect(try await bench.books(id) == Books(captured: "0", refunded: "0", operations: ["\(kind) 100 pending"]))
      bench.clock.advance(by: .milliseconds(1))
      let status = try await bench.status(id)
      // Five days are over: a hold that is free again is captured by itself.
      #expect(status["pg_payment_status"] == (isPending && kind == "cancel" ? "revoked" : "success"))
      #expect(try await bench.books(id).captured == (isPending && kind == "cancel" ? "0" : "100"))
      #expect(try await bench.books(id).operations == ["\(kind) 100 \(isPending ? "success" : "error")"])
    }
  }

  @Test("an operation that the bank refuses leaves everything as it was", arguments: kinds + refunds)
  func fails(kind: String, path: String) async throws {
    let bench = try Bench()
    let id = try await payment(bench, for: kind)
    try await bench.load("{\"on\": \"\(kind)\", \"fault\": \"fail\"}")
    #expect(try await bench.operate(path, id)["pg_status"] == "error")
    #expect(try await bench.books(id).operations == ["\(kind) 100 error"])
    #expect(try await bench.operate(path, id)["pg_status"] == "ok")
  }

  @Test("a message that goes wrong and an operation that is pending can meet in one call")
  func layers() async throws {
    let bench = try Bench()
    let id = try await bench.paid()
    try await bench.load(
      "{\"on\": \"refund\", \"fault\": \"http_500\"}, {\"on\": \"refund\", \"fault\": \"html\"}, {\"on\": \"refund\", \"fault\": \"pending\"}"
    )
    for _ in 0..<2 { _ = try? await bench.operate("/revoke", id) }
    #expect(try await bench.books(id).operations == ["refund 100 pending"])
  }

  @Test("a capture's answer can carry the wrong amount, signed")
  func wrongAmount() async throws {
    let bench = try Bench()
    let id = try await bench.held()
    try await bench.load("{\"on\": \"capture\", \"fault\": \"wrong_amount\"}")
    let answer = try await bench.operate("/do_capture.php", id)
    #expect(answer["pg_amount"] == "101" && answer["pg_clearing_amount"] == "100" && answer.signature == .valid)
  }

  @Test("with the knob on, an operation that is not done yet is not told")
  func noCallback() async throws {
    for (fault, results) in [("pending", 1), ("fail_later", 1), ("fail", 1), ("delay", 2)] {
      let bench = try Bench { $0.operationCallbacks = true }
      let id = try await bench.paid(["pg_result_url": "http://shop.uz/result"])
      try await bench.load("{\"on\": \"refund\", \"fault\": \"\(fault)\", \"delay_ms\": 1}")
      _ = try await bench.operate("/revoke", id)
      _ = try await bench.control("/control/clock", "{\"advance\": \"0s\"}")
      #expect(bench.shop.results.count == results, "\(fault)")
    }
  }

  @Test("with the knob on, the repeat of a refund by its key is not told again")
  func replayIsSilent() async throws {
    let bench = try Bench { $0.operationCallbacks = true }
    let id = try await bench.paid(["pg_result_url": "http://shop.uz/result"])
    for _ in 0..<3 { _ = try await bench.operate("/revoke", id, ["pg_idempotency_key": "k"]) }
    _ = try await bench.control("/control/clock", "{\"advance\": \"0s\"}")
    #expect(bench.shop.results.count == 2)
  }

  @Test("a shop's late reject takes nothing back that was captured, released or refunded meanwhile")
  func lateReject() async throws {
    let shop = TestShop(result: [.rejected("no")])
    let bench = try Bench(shop: shop)
    let id = try await bench.open("/init_payment.php", ["pg_result_url": "http://shop.uz/result"]).id
    shop.meanwhile.withLock { meanwhile in
      meanwhile = { _ = try? await bench.operate("/revoke", id, ["pg_refund_amount": "10"]) }
    }
    #expect(try await bench.pay(id).json["status"] as? String == "success")
    #expect(try await bench.books(id) == Books(captured: "100", refunded: "10", operations: ["refund 10 success"]))
  }

  @Test("rules that cannot be followed are refused")
  func refusals() async throws {
    let bench = try Bench()
    for (rule, status) in [
      ("{\"on\": \"status\", \"fault\": \"pending\"}", 422), ("{\"on\": \"result\", \"fault\": \"fail\"}", 422),
      ("{\"on\": \"refund\", \"fault\": \"reorder\"}", 422), ("{\"on\": \"refund\", \"fault\": \"wrong_amount\"}", 422),
      ("{\"on\": \"capture\", \"fault\": \"wrong_amount\"}", 200),
      ("{\"on\": \"refund\", \"fault\": \"pending\", \"after\": \"30d\"}", 200),
      ("{\"on\": \"refund\", \"fault\": \"pending\", \"after\": \"2592000001ms\"}", 422),
      ("{\"on\": \"refund\", \"fault\": \"pending\", \"after\": \"soon\"}", 422),
    ] {
      #expect(try await bench.control("/control/faults", "{\"rules\": [\(rule)]}").status == status, "\(rule)")
    }
  }
}
