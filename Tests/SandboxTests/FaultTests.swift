import HTTPTypes
import Synchronization
import Foundation
import HTTPServer
import Testing

@testable import Sandbox

@Suite("Faults")
struct FaultTests {
  private func load(_ bench: Bench, _ rules: String) async throws {
    let (status, json) = try await bench.control("/control/faults", "{\"seed\": 7, \"rules\": [\(rules)]}")
    #expect(status == 200, "\(json)")
  }

  private func open(_ bench: Bench) async throws -> Response {
    var message = Bench.fields()
    message.append("pg_sig", WireSignature.digest(message, script: "any_amount", secret: Bench.secret))
    let body = FormBody(urlencoded: message.flattened)
    return await bench.respond(try Request(.post, "/g2g/any_amount", fields: [.contentType: body.contentType], body: body.bytes))
  }

  private func made(_ bench: Bench) -> Int { bench.sandbox.ledger.withLock { $0.newest(10).count } }

  struct AnswerCase: Sendable {
    var fault: String
    /// Payments that were made all the same.
    var made: Int
    /// The status, where an answer comes at all.
    var http: Int?
    /// The verdict on the answer's signature, where it is XML.
    var signature: WireSignature.Verdict?
  }

  @Test(
    "a page call that goes wrong is accepted or not, and answered as the fault says; the next one is well",
    arguments: [
      AnswerCase(fault: "drop", made: 0), AnswerCase(fault: "timeout_before_accept", made: 0),
      AnswerCase(fault: "timeout_after_accept", made: 1),
      AnswerCase(fault: "http_401", made: 0, http: 401), AnswerCase(fault: "http_404", made: 0, http: 404),
      AnswerCase(fault: "http_500", made: 0, http: 500), AnswerCase(fault: "html", made: 1, http: 200),
      AnswerCase(fault: "truncated", made: 1, http: 200), AnswerCase(fault: "bad_signature", made: 1, http: 200, signature: .invalid),
      AnswerCase(fault: "unsigned", made: 1, http: 200, signature: .missing),
      AnswerCase(fault: "wrong_id", made: 1, http: 200, signature: .valid),
      AnswerCase(fault: "delay", made: 1, http: 200, signature: .valid),
      AnswerCase(fault: "slow_drip", made: 1, http: 200, signature: .valid),
      AnswerCase(fault: "duplicate", made: 2, http: 200, signature: .valid),
    ])
  func pageCalls(_ testCase: AnswerCase) async throws {
    let bench = try Bench()
    try await load(bench, "{\"on\": \"any_amount\", \"fault\": \"\(testCase.fault)\", \"delay_ms\": 60}")
    let started = ContinuousClock.now
    let response = try await open(bench)
    let answer = try? await bench.text(response)
    let took = ContinuousClock.now - started
    #expect(made(bench) == testCase.made)
    #expect((answer == nil) == (testCase.http == nil))
    if let http = testCase.http { #expect(response.status.code == http) }
    if ["delay", "slow_drip", "timeout_before_accept", "timeout_after_accept"].contains(testCase.fault) {
      #expect(took >= .milliseconds(45))
    }
    let message = answer.flatMap { try? WireXMLReader.read(Array($0.utf8)) }.flatMap { $0.contains("pg_status") ? $0 : nil }
    #expect((message != nil) == (testCase.signature != nil))
    if let message {
      #expect(WireSignature.verdict(on: message, script: "any_amount", secret: Bench.secret) == testCase.signature)
      #expect((message["pg_payment_id"] == "1432343253") == ["wrong_id", "duplicate"].contains(testCase.fault))
    }
    let next = try await bench.read("/g2g/any_amount", try await open(bench))
    #expect(next["pg_status"] == "ok" && next.signature == .valid)
  }

  @Test("a status answer can carry the wrong amount, signed")
  func wrongStatus() async throws {
    let bench = try Bench()
    let id = try await bench.open().id
    try await load(bench, "{\"on\": \"status\", \"fault\": \"wrong_amount\"}")
    let answer = try await bench.status(id)
    #expect(answer["pg_amount"] == "101" && answer.signature == .valid)
    #expect(try await bench.status(id)["pg_amount"] == "100")
  }

  struct ResultCase: Sendable {
    var fault: String
    /// Result calls that reached the shop at once, and after half an hour.
    var sent: Int
    var later: Int
    var signature = WireSignature.Verdict.valid
  }

  @Test(
    "a result that goes wrong is sent, repeated or spoiled as the fault says",
    arguments: [
      ResultCase(fault: "drop", sent: 0, later: 1), ResultCase(fault: "timeout_before_accept", sent: 0, later: 1),
      ResultCase(fault: "timeout_after_accept", sent: 1, later: 2), ResultCase(fault: "http_500", sent: 1, later: 2),
      ResultCase(fault: "http_401", sent: 1, later: 2), ResultCase(fault: "http_404", sent: 1, later: 2),
      ResultCase(fault: "duplicate", sent: 2, later: 2), ResultCase(fault: "delay", sent: 1, later: 1),
      ResultCase(fault: "html", sent: 1, later: 1), ResultCase(fault: "truncated", sent: 1, later: 1),
      ResultCase(fault: "bad_signature", sent: 1, later: 1, signature: .invalid),
      ResultCase(fault: "unsigned", sent: 1, later: 1, signature: .missing),
      ResultCase(fault: "wrong_amount", sent: 1, later: 1), ResultCase(fault: "wrong_id", sent: 1, later: 1),
      ResultCase(fault: "reorder", sent: 0, later: 1),
    ])
  func results(_ testCase: ResultCase) async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", CallbackTests.urls)
    try await load(bench, "{\"on\": \"result\", \"fault\": \"\(testCase.fault)\", \"delay_ms\": 20}")
    let (status, json) = try await bench.pay(opened.id)
    #expect(status == 200 && json["status"] as? String == "success")
    #expect(bench.shop.results.count == testCase.sent)
    #expect(bench.shop.results.allSatisfy { $0.signature == testCase.signature })
    if testCase.fault == "wrong_amount" { #expect(bench.shop.results[0].message["pg_amount"] == "101") }
    if testCase.fault == "wrong_id" { #expect(bench.shop.results[0].message["pg_payment_id"] == "\(opened.id + 1)") }
    if testCase.fault == "duplicate" { #expect(bench.shop.results.map { $0.message["pg_can_reject"] } == ["1", "0"]) }
    #expect(try await bench.control("/control/clock", "{\"advance\": \"30m\"}").status == 200)
    #expect(bench.shop.results.count == testCase.later)
    if testCase.fault == "reorder" { #expect(bench.shop.results[0].message["pg_can_reject"] == "1") }
  }

  @Test("a check that goes wrong refuses the payment")
  func checks() async throws {
    for fault in ["drop", "timeout_before_accept", "timeout_after_accept", "http_500", "html", "truncated"] {
      let bench = try Bench()
      let opened = try await bench.open("/g2g/any_amount", CallbackTests.urls)
      try await load(bench, "{\"on\": \"check\", \"fault\": \"\(fault)\"}")
      #expect(try await bench.pay(opened.id).json["status"] as? String == "error", "\(fault)")
      #expect(try await bench.pay(opened.id).json["status"] as? String == "success")
    }
  }

  @Test("rules count their calls: skip, times, several at one point; new rules take the place of old ones")
  func counting() throws {
    var engine = FaultEngine(seed: 1)
    engine.load(
      [
        FaultRule(on: .status, fault: .html, times: 2, skip: 1), FaultRule(on: .status, fault: .drop),
        FaultRule(on: .check, fault: .unsigned),
      ], seed: 1)
    #expect((0..<5).map { _ in engine.take(for: .status)?.kind } == [.drop, .html, .html, nil, nil])
    #expect(engine.take(for: .result) == nil && engine.take(for: .check)?.kind == .unsigned)
    engine.load([FaultRule(on: .status, fault: .delay, delayMilliseconds: 5)], seed: 1)
    #expect(engine.take(for: .status) == Fault(kind: .delay, delay: 5) && engine.take(for: .check) == nil)
  }

  @Test("the same seed gives the same faults, another seed others")
  func seeds() {
    func series(_ seed: UInt64) -> [Bool] {
      var engine = FaultEngine(seed: 0)
      engine.load([FaultRule(on: .status, fault: .drop, times: 1000, percent: 50)], seed: seed)
      return (0..<200).map { _ in engine.take(for: .status) != nil }
    }
    #expect(series(7) == series(7) && series(7) != series(8))
    #expect((60...140).contains(series(7).count { $0 }))
  }

  @Test("rules that cannot be followed are refused, and leave the old ones standing")
  func refusals() async throws {
    let bench = try Bench()
    try await load(bench, "{\"on\": \"any_amount\", \"fault\": \"html\"}")
    let cases: [(String, Int)] = [
      ("{\"on\": \"check\", \"fault\": \"reorder\"}", 422), ("{\"on\": \"any_amount\", \"fault\": \"wrong_amount\"}", 422),
      ("{\"on\": \"result\", \"fault\": \"slow_drip\"}", 422), ("{\"on\": \"status\", \"fault\": \"drop\", \"times\": 0}", 422),
      ("{\"on\": \"status\", \"fault\": \"drop\", \"percent\": 101}", 422),
      ("{\"on\": \"status\", \"fault\": \"delay\", \"delay_ms\": 120001}", 422),
      ("{\"on\": \"dance\", \"fault\": \"drop\"}", 400), ("{\"on\": \"status\", \"fault\": \"dance\"}", 400), ("{}", 400),
    ]
    for (rule, status) in cases {
      #expect(try await bench.control("/control/faults", "{\"rules\": [\(rule)]}").status == status, "\(rule)")
    }
    #expect(try await bench.text(try await open(bench)).contains("<html>"))
  }
}
