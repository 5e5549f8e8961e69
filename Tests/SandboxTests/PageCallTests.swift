import Synchronization
import Foundation
import HTTPServer
import HTTPTypes
import Testing

@testable import Sandbox

@Suite("Calls that open a page")
struct PageCallTests {
  static let paths = ["/g2g/any_amount", "/g2g/payment_page", "/any_amount.php", "/init_payment.php", "/init_payment"]

  @Test("a signed call opens a page, and the answer is signed with the request's script name", arguments: paths)
  func opens(path: String) async throws {
    let bench = try Bench()
    let answer = try await bench.call(path, Bench.fields())
    #expect(answer.http == 200)
    #expect(answer.signature == .valid)
    #expect(answer["pg_status"] == "ok")
    #expect(answer["pg_payment_id"] == "1432343252")
    #expect(answer["pg_redirect_url_type"] == "need data")
    #expect(answer["pg_redirect_qr"] == nil)
    let url = try #require(answer["pg_redirect_url"])
    #expect(url.wholeMatch(of: /http:\/\/127\.0\.0\.1:8081\/pay\.html\?customer=[0-9a-f]{32}/) != nil)
    #expect(try await bench.call(path, Bench.fields())["pg_payment_id"] == "1432343253")
  }

  @Test("the page call with a slash at the end is the same call, with the same script name")
  func trailingSlash() async throws {
    let bench = try Bench()
    let answer = try await bench.call("/g2g/payment_page/", Bench.fields())
    #expect(answer["pg_status"] == "ok")
    #expect(answer.signature == .valid)
  }

  @Test("the fields are read from multipart, GET query and pg_xml as from urlencoded, groups and all", arguments: paths)
  func encodings(path: String) async throws {
    let bench = try Bench()
    var message = Bench.fields(["pg_description": "Счёт & <№> 7 + ; =", "shop_token": "x y"])
    message.append("pg_receipt_positions", WireMessage(form: [("0[name]", "Ring"), ("0[count]", "1"), ("1[name]", "Gold")]))
    message.append("pg_sig", WireSignature.digest(message, script: Bench.script(path), secret: Bench.secret))
    let multipart = FormBody(multipart: message.flattened)
    let xml = FormBody(urlencoded: [("pg_xml", message.without("pg_receipt_positions").xml(root: "request"))])
    var plain = message.without("pg_receipt_positions", "pg_sig")
    plain.append("pg_sig", WireSignature.digest(plain, script: Bench.script(path), secret: Bench.secret))
    let plainXML = FormBody(urlencoded: [("pg_xml", plain.xml(root: "request"))])
    let requests = [
      try Request(.post, path, fields: [.contentType: multipart.contentType], body: multipart.bytes),
      try Request(.get, "\(path)?\(FormText.encoded(message.flattened))"),
      try Request(.post, path, fields: [.contentType: plainXML.contentType], body: plainXML.bytes),
    ]
    for request in requests {
      let answer = try await bench.read(path, await bench.respond(request))
      #expect(answer["pg_status"] == "ok", "\(answer.message)")
    }
    // The same XML with the signature of another message is refused: the signature is really looked at.
    let forged = try Request(.post, path, fields: [.contentType: xml.contentType], body: xml.bytes)
    #expect(try await bench.read(path, await bench.respond(forged))["pg_error_code"] == "1100")
  }

  @Test("a wrong or missing signature is answered 1100, unsigned, with the status of the configuration", arguments: [200, 401])
  func signatures(status: Int) async throws {
    let bench = try Bench { $0.signatureErrorStatus = status }
    var tampered = Bench.fields()
    tampered.append("pg_sig", WireSignature.digest(tampered, script: "any_amount", secret: Bench.secret))
    tampered.append("added", "later")
    let answers = [
      try await bench.call("/g2g/any_amount", Bench.fields(), secret: SandboxSecret("wrong")),
      try await bench.send("/g2g/any_amount", Bench.fields()),
      try await bench.send("/g2g/any_amount", tampered),
    ]
    for answer in answers {
      #expect(answer.http == status)
      #expect(answer["pg_status"] == "error" && answer["pg_error_code"] == "1100")
      #expect(answer.signature == .missing && answer["pg_salt"] == nil)
    }
    #expect(bench.sandbox.ledger.withLock { $0.newest(1).isEmpty })
  }

  @Test("the signature of another call's script does not do: any_amount.php is not any_amount")
  func scripts() async throws {
    let bench = try Bench()
    var message = Bench.fields()
    message.append("pg_sig", WireSignature.digest(message, script: "any_amount", secret: Bench.secret))
    #expect(try await bench.send("/any_amount.php", message)["pg_error_code"] == "1100")
    #expect(try await bench.send("/g2g/any_amount", message)["pg_status"] == "ok")
  }

  @Test("another merchant, or none, is answered 9998 or 9997, unsigned")
  func merchants() async throws {
    let bench = try Bench()
    for (path, code) in [("/g2g/any_amount", "9998"), ("/init_payment.php", "9997")] {
      for message in [Bench.fields(["pg_merchant_id": "654321"]), Bench.fields(without: ["pg_merchant_id"])] {
        let answer = try await bench.call(path, message)
        #expect(answer["pg_error_code"] == code && answer.signature == .missing)
      }
    }
  }

  @Test("a body that is no form is answered by an error, unsigned")
  func unreadable() async throws {
    let bench = try Bench()
    let bodies: [(String, String)] = [
      ("application/json", "{}"), ("application/x-www-form-urlencoded", "pg_xml=%3C!DOCTYPE+a%3E%3Ca/%3E"),
      ("application/x-www-form-urlencoded", "pg_xml=nothing"),
    ]
    for (type, body) in bodies {
      let request = try Request(.post, "/g2g/any_amount", fields: [.contentType: type], body: Array(body.utf8))
      let answer = try await bench.read("/g2g/any_amount", await bench.respond(request))
      #expect(answer["pg_status"] == "error" && answer.signature == .missing, "\(body)")
    }
  }

  @Test("pg_generate_qr brings the picture of the page's address", arguments: [("1", true), ("true", true), ("0", false)])
  func qr(value: String, isThere: Bool) async throws {
    let answer = try await Bench().call("/g2g/any_amount", Bench.fields(["pg_generate_qr": value]))
    #expect(answer.signature == .valid)
    guard isThere else {
      #expect(answer["pg_redirect_qr"] == nil)
      return
    }
    let picture = try #require(answer["pg_redirect_qr"])
    #expect(picture.hasPrefix("data:image/png;base64,"))
    let bytes = try #require(Data(base64Encoded: String(picture.dropFirst("data:image/png;base64,".count))))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  struct FieldCase: Sendable, CustomTestStringConvertible {
    var path = "/g2g/any_amount"
    var fields: KeyValuePairs<String, String> = [:]
    var without: [String] = []
    /// The parameter the answer names, or nil where the call succeeds.
    var refused: String?
    var testDescription: String { "\(path) \(fields.map { "\($0)=\($1.prefix(20))" }) without \(without)" }
  }

  private static func both(_ name: String, good: [String], bad: [String], path: String = "/g2g/any_amount") -> [FieldCase] {
    good.map { FieldCase(path: path, fields: [name: $0]) } + bad.map { FieldCase(path: path, fields: [name: $0], refused: name) }
  }

  private static let long = "http://a.uz/" + String(repeating: "x", count: 243)

  /// Every bound of the seed page and of the Merchant pages from both sides.
  static let fieldCases: [FieldCase] = {
    var cases: [FieldCase] = []
    for name in ["pg_order_id", "pg_amount", "pg_description", "pg_salt"] { cases.append(FieldCase(without: [name], refused: name)) }
    cases += both(
      "pg_order_id", good: ["a", String(repeating: "1", count: 50)], bad: ["", "a-1", "a b", "ё", String(repeating: "1", count: 51)])
    cases += both(
      "pg_order_id", good: ["a-1_b", String(repeating: "1", count: 50)], bad: ["a b", String(repeating: "1", count: 51)],
      path: "/init_payment.php")
    cases.append(FieldCase(path: "/any_amount.php", without: ["pg_order_id"]))
    cases += both(
      "pg_amount", good: ["0", "0.01", "100.50", "99999999"], bad: ["-1", "1.001", "1,5", "99999999.01", "abc", "1e3", "+1", " 1"])
    cases += both("pg_amount", good: ["0.01", "99999999"], bad: ["0", "0.001", "100000000"], path: "/g2g/payment_page")
    cases += both("pg_amount", good: ["0.01"], bad: ["0"], path: "/any_amount.php")
    cases += both("pg_amount", good: ["0.01"], bad: ["0"], path: "/init_payment.php")
    cases.append(FieldCase(path: "/any_amount.php", without: ["pg_amount"]))
    cases.append(FieldCase(path: "/init_payment.php", without: ["pg_amount"], refused: "pg_amount"))
    cases.append(FieldCase(fields: ["pg_amount_interval_from": "50", "pg_amount_interval_to": "200"]))
    cases.append(FieldCase(fields: ["pg_amount_interval_from": "100", "pg_amount_interval_to": "100"]))
    cases.append(FieldCase(fields: ["pg_amount": "0", "pg_amount_interval_from": "50", "pg_amount_interval_to": "200"]))
    cases.append(FieldCase(fields: ["pg_amount_interval_from": "101", "pg_amount_interval_to": "100"], refused: "pg_amount_interval_to"))
    cases.append(FieldCase(fields: ["pg_amount_interval_from": "101"], refused: "pg_amount"))
    cases.append(FieldCase(fields: ["pg_amount_interval_to": "99"], refused: "pg_amount"))
    cases += both("pg_amount_interval_from", good: ["1"], bad: ["0", "1.5", "-1", "x", "100000000"])
    cases += both("pg_amount_interval_to", good: ["99999999"], bad: ["0", "100000000", "1.0"])
    cases += both("pg_description", good: [String(repeating: "ы", count: 1024)], bad: ["", String(repeating: "ы", count: 1025)])
    cases += both("pg_currency", good: ["UZS", "KZT"], bad: ["uzs", "UZ", "UZSS", "860"])
    cases += both("pg_lifetime", good: ["300", "604800"], bad: ["299", "604801", "1h", "-300"])
    cases += both("pg_language", good: ["ru", "en", "kz", "kk", "kg", "uz"], bad: ["fr", "RU"])
    cases += both("pg_testing_mode", good: ["0", "1"], bad: ["2", "true", "-1"])
    cases += both("pg_generate_qr", good: ["0", "1", "false"], bad: ["2", "yes"])
    cases += both("pg_user_phone", good: ["998901234567"], bad: ["+998901234567", "99890 1234567", "1234567890123456"])
    cases += both("pg_user_contact_email", good: ["a@b.uz"], bad: ["ab.uz", "a@b", "a@@b.uz", "a b@c.uz", "@b.uz"])
    cases += both("pg_user_ip", good: ["127.0.0.1", "255.255.255.255"], bad: ["256.1.1.1", "1.1.1", "::1", "01.1.1.1", "1.1.1.1.1"])
    cases += both("pg_user_id", good: ["a_b-1", String(repeating: "1", count: 50)], bad: ["a b", String(repeating: "1", count: 51)])
    for name in ["pg_check_url", "pg_result_url", "pg_success_url", "pg_failure_url", "pg_site_url"] {
      cases += both(
        name, good: ["http://127.0.0.1:8080/callbacks/demo/x", long],
        bad: ["ftp://a.uz/x", "a.uz/x", "http:///x", long + "x", "http://a.uz/я"])
    }
    cases += both("pg_state_url", good: [long], bad: [long + "x"], path: "/init_payment.php")
    cases += both("pg_request_method", good: ["GET", "POST", "XML"], bad: ["PUT", "post"])
    for name in ["pg_success_url_method", "pg_failure_url_method"] {
      cases += both(name, good: ["GET", "POST", "AUTOPOST"], bad: ["XML", "get"])
    }
    for name in ["pg_param1", "pg_param2", "pg_param3", "pg_loyalty_id", "pg_freedom_id", "pg_idempotency_key"] {
      cases += both(name, good: [String(repeating: "z", count: 255)], bad: [String(repeating: "z", count: 256)])
    }
    cases += both("pg_loyalty_amount", good: ["0", "12.50"], bad: ["-1", "12.505"])
    cases += both("pg_payment_method", good: ["bankcard", "mobile_commerce"], bad: [String(repeating: "z", count: 51)])
    cases += both("pg_auto_clearing", good: ["0", "1"], bad: ["2"], path: "/init_payment.php")
    cases += both("pg_recurring_lifetime", good: ["1", "156"], bad: ["0", "157"], path: "/init_payment.php")
    cases.append(FieldCase(fields: ["pg_request_method": "XML", "own_1": "x"]))
    cases.append(FieldCase(fields: ["pg_request_method": "XML", "1own": "x"], refused: "pg_request_method"))
    cases.append(FieldCase(fields: ["pg_request_method": "XML", "a[0]": "x"], refused: "pg_request_method"))
    cases.append(FieldCase(fields: ["pg_user_phone": "", "pg_payment_system": "", "unknown": "", "pg_unknown": "x"]))
    return cases
  }()

  @Test("each parameter is taken up to its bound and refused beyond it, by name, signed", arguments: fieldCases)
  func field(_ testCase: FieldCase) async throws {
    let answer = try await Bench().call(testCase.path, Bench.fields(testCase.fields, without: testCase.without))
    #expect(answer.http == 200 && answer.signature == .valid)
    guard let refused = testCase.refused else {
      #expect(answer["pg_status"] == "ok", "\(answer["pg_error_description"] ?? "")")
      return
    }
    #expect(answer["pg_status"] == "error")
    #expect(answer["pg_error_code"] == (testCase.path.hasPrefix("/g2g/") ? "9403" : "200"))
    #expect(answer["pg_error_description"]?.contains(" \(refused):") == true, "\(answer["pg_error_description"] ?? "")")
  }

  @Test("a pg_ parameter given twice, or as a list, is refused")
  func duplicates() async throws {
    var twice = Bench.fields()
    twice.append("pg_amount", "5")
    #expect(try await Bench().call("/g2g/any_amount", twice)["pg_error_code"] == "9403")
    let list = WireMessage(form: Bench.fields(without: ["pg_amount"]).flattened + [("pg_amount[0]", "5")])
    #expect(try await Bench().call("/g2g/any_amount", list)["pg_error_code"] == "9403")
  }

  @Test("an idempotency key gives the same page again for the same content, and nothing else")
  func idempotency() async throws {
    let bench = try Bench()
    let keyed = Bench.fields(["pg_idempotency_key": "k1"])
    let first = try await bench.call("/g2g/any_amount", keyed)
    let again = try await bench.call("/g2g/any_amount", keyed.changing("pg_salt") { _ in "another salt" })
    #expect(again["pg_payment_id"] == first["pg_payment_id"] && again["pg_redirect_url"] == first["pg_redirect_url"])
    #expect(again["pg_salt"] != first["pg_salt"] && again.signature == .valid)
    let refusals = [
      try await bench.call("/g2g/any_amount", keyed.changing("pg_amount") { _ in "101" }),
      try await bench.call("/g2g/any_amount", Bench.fields(["pg_idempotency_key": "k1", "own": "x"])),
      try await bench.call("/g2g/payment_page", keyed), try await bench.call("/any_amount.php", keyed),
    ]
    for answer in refusals {
      #expect(answer["pg_status"] == "error" && answer["pg_error_description"]?.contains("pg_idempotency_key") == true)
    }
    #expect(try await bench.call("/g2g/any_amount", Bench.fields(["pg_idempotency_key": "k2"]))["pg_payment_id"] != first["pg_payment_id"])
    #expect(bench.sandbox.ledger.withLock { $0.newest(10).count } == 2)
  }

  @Test("the oldest payments are forgotten at the bound, wholly")
  func forgetting() throws {
    var ledger = Ledger(firstPaymentID: 1, capacity: 3)
    let configuration = SandboxConfiguration(merchant: 1, secret: SandboxSecret("s"), publicURL: "http://x")
    let terms = try PageTerms(Bench.fields(["pg_idempotency_key": "k"]), call: SandboxCall.all[0], configuration: configuration)
    var others = terms
    others.idempotencyKey = nil
    others.orderID = "B"
    let first = try ledger.open(terms, call: SandboxCall.all[0], content: [:], now: 0)
    for _ in 1..<3 { _ = try ledger.open(others, call: SandboxCall.all[0], content: [:], now: 0) }
    #expect(ledger.payment(first.id) != nil)
    _ = try ledger.open(others, call: SandboxCall.all[0], content: [:], now: 0)
    #expect(ledger.payment(first.id) == nil && ledger.payment(customer: first.customer) == nil && ledger.lastPayment(order: "A1001") == nil)
    #expect(try ledger.open(terms, call: SandboxCall.all[0], content: [:], now: 0).id != first.id)
  }
}
