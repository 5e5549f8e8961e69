import Foundation
import HTTPServer
import HTTPTypes
import Testing

@testable import Sandbox

@Suite("Control routes")
struct ControlTests {
  @Test("payments are listed newest first, and one by one")
  func payments() async throws {
    let bench = try Bench()
    let first = try await bench.open("/g2g/any_amount", ["pg_amount": "12.50"])
    let second = try await bench.open("/init_payment.php", ["pg_order_id": "B-2"])
    let list = try #require(try await bench.object(try await bench.get("/control/payments"))["payments"] as? [[String: Any]])
    #expect(list.map { $0["pg_payment_id"] as? Int64 } == [second.id, first.id])
    let one = try await bench.object(try await bench.get("/control/payments/\(first.id)"))
    #expect(one["pg_order_id"] as? String == "A1001" && one["pg_amount"] as? String == "12.5" && one["pg_currency"] as? String == "UZS")
    #expect(one["status"] as? String == "new" && one["url"] as? String == "http://127.0.0.1:8081" + first.page)
    #expect(try await bench.get("/control/payments/1").status == .notFound)
    #expect(try await bench.get("/control/payments/x").status == .notFound)
  }

  @Test("pay answers what check and result answered")
  func pays() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", CallbackTests.urls)
    let (status, json) = try await bench.pay(opened.id, amount: "55.00")
    #expect(status == 200 && json["status"] as? String == "success")
    for name in ["check", "result"] {
      let answer = try #require(json[name] as? [String: Any])
      #expect(answer["http"] as? Int == 200 && answer["status"] as? String == "ok" && answer["signed"] as? Bool == true)
    }
    #expect(
      (json["redirect"] as? String)?.hasPrefix("http://shop.uz/ok?pg_order_id=A1001&pg_payment_id=\(opened.id)&paylink_link=pl_1&") == true)
  }

  @Test("what cannot be paid is refused with the reason")
  func refusals() async throws {
    let bench = try Bench()
    let opened = try await bench.open("/g2g/any_amount", ["pg_amount_interval_to": "200", "pg_lifetime": "300"])
    #expect(try await bench.pay(opened.id, amount: "200.01").status == 422)
    #expect(try await bench.pay(opened.id, card: "4111111111111111").status == 422)
    #expect(try await bench.pay(1).status == 404)
    #expect(try await bench.control("/control/payments/\(opened.id)/pay", "{}").status == 400)
    #expect(try await bench.control("/control/payments/\(opened.id)/pay", "nonsense").status == 400)
    let paid = try await bench.open()
    #expect(try await bench.pay(paid.id).status == 200)
    #expect(try await bench.pay(paid.id).status == 409)
    #expect(try await bench.control("/control/clock", "{\"advance\": \"5m\"}").status == 200)
    #expect(try await bench.pay(opened.id, amount: "200").status == 410)
  }

  @Test("received requests are listed with the verdict on their signature, and never the secret")
  func requests() async throws {
    let bench = try Bench()
    _ = try await bench.call("/g2g/any_amount", Bench.fields(["own": "x"]))
    _ = try await bench.call("/init_payment.php", Bench.fields(), secret: SandboxSecret("wrong"))
    _ = try await bench.send("/get_status3.php", ["pg_order_id": "A1001"])
    let response = try await bench.get("/control/requests")
    #expect(try await bench.text(response).contains(Bench.secret.text) == false)
    let requests = try #require(try await bench.object(response)["requests"] as? [[String: Any]])
    #expect(requests.map { $0["signature"] as? String } == ["valid", "invalid", "missing"])
    #expect(requests.map { $0["path"] as? String } == ["/g2g/any_amount", "/init_payment.php", "/get_status3.php"])
    #expect(requests[0]["at"] as? String == "2026-11-23T12:00:00+00:00")
    #expect((requests[0]["fields"] as? [String: String])?["own"] == "x")
  }

  @Test("the list of requests keeps its bound")
  func requestBound() throws {
    var ledger = Ledger(firstPaymentID: 1)
    for number in 0...SandboxLimits.requests {
      ledger.record(ReceivedRequest(at: Int64(number), path: "/", fields: [], signature: .valid))
    }
    #expect(ledger.requests.count <= SandboxLimits.requests && ledger.requests.last?.at == Int64(SandboxLimits.requests))
  }

  struct GuardCase: Sendable {
    var host: String
    var peer: String
    var isAllowed: Bool
  }

  static let guards = [
    GuardCase(host: "127.0.0.1:8081", peer: "127.0.0.1", isAllowed: true), GuardCase(host: "localhost", peer: "127.0.0.1", isAllowed: true),
    GuardCase(host: "LOCALHOST:1", peer: "::1", isAllowed: true), GuardCase(host: "[::1]:8081", peer: "::1", isAllowed: true),
    GuardCase(host: "[::1]", peer: "::ffff:127.0.0.1", isAllowed: true), GuardCase(host: "127.0.0.1", peer: "10.0.0.1", isAllowed: false),
    GuardCase(host: "evil.example", peer: "127.0.0.1", isAllowed: false),
    GuardCase(host: "127.0.0.1.evil.example", peer: "127.0.0.1", isAllowed: false),
    GuardCase(host: "localhost.evil.example", peer: "127.0.0.1", isAllowed: false),
    GuardCase(host: "", peer: "127.0.0.1", isAllowed: false),
    GuardCase(host: "localhost:x", peer: "127.0.0.1", isAllowed: false), GuardCase(host: "localhost", peer: "", isAllowed: false),
    GuardCase(host: "localhost", peer: "1270.0.0.1", isAllowed: false), GuardCase(host: "[::1]evil", peer: "::1", isAllowed: false),
  ]

  @Test("only a loopback peer that names a loopback host gets in, on every control route", arguments: guards)
  func guarded(_ testCase: GuardCase) async throws {
    let bench = try Bench()
    for route in bench.sandbox.routes where route.pattern.hasPrefix("/control/") {
      let request = try Request(
        route.method, route.pattern.replacing("{id}", with: "1"), fields: [.contentType: "application/json"], authority: testCase.host,
        peer: testCase.peer)
      let response = await bench.respond(request)
      #expect((response.status != .forbidden) == testCase.isAllowed, "\(route.pattern)")
    }
  }

  @Test("a POST must be application/json: what a web form can send is 415")
  func mediaTypes() async throws {
    let bench = try Bench()
    for (type, status) in [
      ("application/json", 200), ("application/json; charset=utf-8", 200), ("text/plain", 415), ("application/x-www-form-urlencoded", 415),
      ("multipart/form-data; boundary=application/json", 415), ("", 415),
    ] {
      let fields: HTTPFields = type.isEmpty ? [:] : [.contentType: type]
      let response = await bench.respond(try Request(.post, "/control/clock", fields: fields, body: Array("{\"advance\": \"1s\"}".utf8)))
      #expect(response.status.code == status, "\(type)")
    }
    #expect(bench.clock.offset == .seconds(2))
  }

  @Test("the clock takes durations with a unit, forward only")
  func clock() async throws {
    let cases: [(String, Duration?)] = [
      ("250ms", .milliseconds(250)), ("90s", .seconds(90)), ("30m", .seconds(1800)), ("2h", .seconds(7200)), ("5d", .seconds(432_000)),
      ("0s", .zero),
      ("-5m", nil), ("30", nil), ("m", nil), ("", nil), ("1w", nil), ("3652d", .seconds(315_532_800)), ("3653d", nil),
      ("99999999999999999999s", nil),
      ("9223372036854775807d", nil),
    ]
    for (text, duration) in cases { #expect(ControlMessages.duration(text) == duration, "\(text)") }
    let bench = try Bench()
    #expect(try await bench.control("/control/clock", "{\"advance\": \"soon\"}").status == 422)
    let (_, json) = try await bench.control("/control/clock", "{\"advance\": \"30m\"}")
    #expect(json["now"] as? String == "2026-11-23T12:30:00+00:00" && bench.clock.now() == Bench.start + 1_800_000)
    bench.clock.advance(by: .seconds(-5))
    #expect(bench.clock.offset == .seconds(1800))
  }

  @Test("dates are those of the Gregorian calendar")
  func dates() {
    let cases: [(Int64, String)] = [
      (0, "1970-01-01T00:00:00+00:00"), (951_782_399_000, "2000-02-28T23:59:59+00:00"), (951_782_400_000, "2000-02-29T00:00:00+00:00"),
      (1_709_251_199_000, "2024-02-29T23:59:59+00:00"), (1_732_790_695_000, "2024-11-28T10:44:55+00:00"),
      (1_798_761_599_999, "2026-12-31T23:59:59+00:00"),
      (4_107_542_400_000, "2100-03-01T00:00:00+00:00"),
    ]
    for (milliseconds, text) in cases { #expect(SandboxTime(milliseconds: milliseconds).iso8601 == text) }
    #expect(SandboxTime(milliseconds: 1_732_790_693_000).local(zone: .seconds(5 * 3600)) == "2024-11-28 15:44:53")
  }

  @Test("amounts are read and written as the wire has them")
  func amounts() {
    let good: [(String, Int64, String)] = [
      ("20.00", 2000, "20"), ("20.5", 2050, "20.5"), ("20.05", 2005, "20.05"), ("0", 0, "0"), ("0.01", 1, "0.01"), ("007", 700, "7"),
      ("999999999999.99", 99_999_999_999_999, "999999999999.99"),
    ]
    for (text, hundredths, written) in good {
      #expect(SandboxAmount(text)?.hundredths == hundredths && SandboxAmount(text)?.text == written, "\(text)")
    }
    for text in ["", ".", "1.", ".5", "1.234", "-1", "+1", "1 0", "1,0", "١", "1000000000000", "1.2.3"] {
      #expect(SandboxAmount(text) == nil, "\(text)")
    }
    #expect(SandboxAmount(hundredths: -1000).text == "-10" && SandboxAmount(hundredths: 2000).net.text == "19.3")
  }
}
