import HTTPClient
import Logging
import Payments
import Synchronization
import Testing

@testable import FreedomPay

@Suite("Answers to page calls")
struct PageAnswerTests {
  /// What an answer is taken for.
  enum Outcome: Equatable {
    case opened
    case refused(AcquirerRefusal.Kind, String)
    case unknown
    case unreachable
    case overloaded
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var status = 200
    var body: [UInt8]
    var outcome: Outcome
    var testDescription: String { name }
  }

  static let script = "any_amount"
  static let ok = message([
    "pg_status": "ok", "pg_payment_id": "3000000001", "pg_redirect_url": "https://customer.freedompay.uz/pay.html?customer=1a&b=2",
    "pg_redirect_url_type": "need data", "pg_redirect_qr": "data:image/png;base64,iVBORw0KGgo=",
  ])

  static func error(_ code: String) -> Fields {
    message(["pg_status": "error", "pg_error_code": .text(code), "pg_error_description": "Что-то не так"])
  }

  static func signed(_ fields: Fields, by secret: SecretKey = Fixture.secret, script: String = script, root: String = "response") -> [UInt8]
  {
    signedAnswer(fields, script: script, secret: secret, root: root)
  }

  static func unsigned(_ fields: Fields) -> [UInt8] { XMLWriter.document(fields) }
  static let stranger = SecretKey("stranger")!

  static let cases: [Case] = [
    Case(name: "signed ok", body: signed(ok), outcome: .opened),
    Case(name: "signed success, another word", body: signed(ok.setting("pg_status", "success")), outcome: .opened),
    Case(name: "other outer element", body: signed(ok, root: "root"), outcome: .opened),
    Case(name: "unknown fields, nested too", body: signed(Fields(ok.all + [.init("new", ["a": ["b": "c"]])])), outcome: .opened),
    Case(name: "signed with the previous secret", body: signed(ok, by: Fixture.previous), outcome: .opened),
    Case(name: "no QR (only there when asked for)", body: signed(ok.without(["pg_redirect_qr"])), outcome: .opened),
    Case(name: "our own number", body: signed(ok.setting("pg_merchant_id", "100000")), outcome: .opened),
    Case(name: "unsigned ok", body: unsigned(ok), outcome: .unknown),
    Case(name: "ok signed by a stranger", body: signed(ok, by: stranger), outcome: .unknown),
    Case(name: "ok of another script", body: signed(ok, script: "any_amount.php"), outcome: .unknown),
    Case(
      name: "ok with a field added behind the signature", body: signed(ok).replacing("</response>", with: "<x>1</x></response>"),
      outcome: .unknown),
    Case(name: "signed ok with HTTP 500", status: 500, body: signed(ok), outcome: .unknown),
    Case(name: "ok about another merchant", body: signed(ok.setting("pg_merchant_id", "100001")), outcome: .unknown),
    Case(name: "ok without number", body: signed(ok.without(["pg_payment_id"])), outcome: .unknown),
    Case(name: "ok with number 0", body: signed(ok.setting("pg_payment_id", "0")), outcome: .unknown),
    Case(name: "ok with a number beyond 64 bits", body: signed(ok.setting("pg_payment_id", "9223372036854775808")), outcome: .unknown),
    Case(name: "ok without address", body: signed(ok.without(["pg_redirect_url"])), outcome: .unknown),
    Case(name: "ok with a script for an address", body: signed(ok.setting("pg_redirect_url", "javascript:alert(1)")), outcome: .unknown),
    Case(
      name: "ok with a line end in the address", body: signed(ok.setting("pg_redirect_url", "https://a/\r\nSet-Cookie: x")),
      outcome: .unknown),
    Case(name: "pending", body: signed(ok.setting("pg_status", "pending")), outcome: .unknown),
    Case(name: "no status", body: signed(ok.without(["pg_status"])), outcome: .unknown),
    Case(name: "signed refusal", body: signed(error("200")), outcome: .refused(.refused, "200")),
    Case(name: "signed refusal with HTTP 400", status: 400, body: signed(error("200")), outcome: .refused(.refused, "200")),
    Case(name: "signed unknown code", body: signed(error("777777")), outcome: .refused(.refused, "777777")),
    Case(name: "signed trouble", body: signed(error("9999")), outcome: .refused(.temporary, "9999")),
    Case(name: "unsigned refusal of a kind that is always signed", body: unsigned(error("200")), outcome: .unknown),
    Case(name: "unsigned trouble", body: unsigned(error("9999")), outcome: .unknown),
    Case(name: "refusal signed by a stranger", body: signed(error("200"), by: stranger), outcome: .unknown),
    Case(name: "unsigned 1100 with HTTP 401", status: 401, body: unsigned(error("1100")), outcome: .refused(.misconfigured, "1100")),
    Case(
      name: "1100 signed with the secret we do not have", body: signed(error("1100"), by: stranger),
      outcome: .refused(.misconfigured, "1100")),
    Case(name: "9998, unsigned", body: unsigned(error("9998")), outcome: .refused(.misconfigured, "9998")),
    Case(name: "9997, unsigned", body: unsigned(error("9997")), outcome: .refused(.misconfigured, "9997")),
    Case(name: "9997 signed by a stranger", body: signed(error("9997"), by: stranger), outcome: .unknown),
    Case(name: "101, unsigned", body: unsigned(error("101")), outcome: .refused(.misconfigured, "101")),
    Case(name: "9992, signed", body: signed(error("9992")), outcome: .refused(.misconfigured, "9992")),
    Case(name: "error without a code", body: signed(message(["pg_status": "error"])), outcome: .unknown),
    Case(name: "error with words for a code", body: signed(error("<b>")), outcome: .unknown),
    Case(name: "HTML", status: 502, body: Array("<html><body>Bad gateway<hr></body></html>".utf8), outcome: .unknown),
    Case(name: "HTML with 404", status: 404, body: Array("<!DOCTYPE html><html></html>".utf8), outcome: .unknown),
    Case(name: "truncated", body: Array(signed(ok).dropLast(20)), outcome: .unknown),
    Case(name: "empty", body: [], outcome: .unknown),
    Case(name: "JSON", body: Array(#"{"pg_status":"ok"}"#.utf8), outcome: .unknown),
    Case(name: "with a document type", body: Array("<!DOCTYPE response>".utf8) + signed(ok).dropFirst(38), outcome: .unknown),
  ]

  func ask(_ wire: Wire) async -> PageAnswer {
    await FreedomPayAcquirer(wire: wire).openPage(
      PageRequest(link: Fixture.link(Fixture.range), idempotencyKey: "k", lifetime: .seconds(900), now: Fixture.now))
  }

  func outcome(_ answer: PageAnswer) -> Outcome {
    switch answer {
    case .opened: .opened
    case .refused(let refusal): .refused(refusal.kind, refusal.code)
    case .unknown: .unknown
    case .notSent(.unreachable): .unreachable
    case .notSent(.overloaded): .overloaded
    }
  }

  @Test("each answer is taken for what it is", arguments: cases)
  func table(_ test: Case) async {
    let wire = Wire(status: test.status, test.body)
    #expect(await outcome(ask(wire)) == test.outcome)
    #expect(wire.sent.count == 1)
  }

  @Test("an opened page is read whole")
  func page() async throws {
    let answer = await ask(Wire(Self.signed(Self.ok)))
    let page = PaymentPage(
      url: "https://customer.freedompay.uz/pay.html?customer=1a&b=2", kind: "need data", qr: "data:image/png;base64,iVBORw0KGgo=",
      expiresAt: Fixture.now + .seconds(900))
    #expect(try answer == .opened(PaymentID(3_000_000_001), page))
  }

  @Test(
    "a page says when it ends: what was asked for, within the acquirer's bounds", arguments: [(100, 300), (900, 900), (700_000, 604_800)])
  func ends(seconds: Int, expected: Int) async {
    let answer = await FreedomPayAcquirer(wire: Wire(Self.signed(Self.ok))).openPage(
      PageRequest(link: Fixture.link(Fixture.range), idempotencyKey: "k", lifetime: .seconds(seconds), now: Fixture.now))
    guard case .opened(_, let page) = answer else { return #expect(Bool(false), "not opened") }
    #expect(page.expiresAt == Fixture.now + .seconds(expected))
  }

  @Test(
    "a QR picture that leads anywhere but to the page, or cannot be read, is withheld and counted; the page stays",
    arguments: [
      nil, "", "https://customer.freedompay.uz/pay.html?customer=1a&b=3", "https://customer.freedompay.uz/pay.html?customer=1a&b=2 ",
    ])
  func picture(_ text: String?) async throws {
    let count = Counter()
    let acquirer = FreedomPayAcquirer(wire: Wire(Self.signed(Self.ok)), picture: text) { _ in count.add() }
    let answer = await acquirer.openPage(
      PageRequest(link: Fixture.link(Fixture.range), idempotencyKey: "k", lifetime: .seconds(900), now: Fixture.now))
    guard case .opened(let id, let page) = answer else { return #expect(Bool(false), "not opened") }
    #expect(id.number == 3_000_000_001)
    #expect(page.url == "https://customer.freedompay.uz/pay.html?customer=1a&b=2")
    #expect(page.qr == nil)
    #expect(count.value == 1)
    // Without a reader nobody can tell, and nothing is passed on.
    let blind = FreedomPayAcquirer(
      merchant: Fixture.merchant(), caller: Wire(Self.signed(Self.ok)), clock: Fixture.Clock(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    guard
      case .opened(_, let unseen) = await blind.openPage(
        PageRequest(link: Fixture.link(Fixture.range), idempotencyKey: "k", lifetime: .seconds(900), now: Fixture.now))
    else { return #expect(Bool(false), "not opened") }
    #expect(unseen.qr == nil)
  }

  final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
  }

  @Test(
    "a QR that is not a bounded PNG data URI is dropped, the page stays",
    arguments: [
      "https://customer.freedompay.uz/qr.png", "data:image/svg+xml;base64,AAAA", "data:image/png;base64,",
      "data:image/png;base64,A\" onload=",
      "data:image/png;base64," + String(repeating: "A", count: 64 * 1024),
    ])
  func qr(_ text: String) async {
    guard case .opened(_, let page) = await ask(Wire(Self.signed(Self.ok.setting("pg_redirect_qr", text)))) else {
      Issue.record("not opened")
      return
    }
    #expect(page.qr == nil)
  }

  @Test("addresses of pages are absolute web addresses up to the bound")
  func addresses() {
    let long = "https://a/" + String(repeating: "x", count: 2048 - 10)
    for good in ["https://a", "http://127.0.0.1:8081/pay.html?customer=1", "HTTPS://a/b#c", "http://[::1]:80/", long] {
      #expect(PageReading.isWebAddress(good), "\(good)")
    }
    for bad in [
      "", "a", "//a/b", "ftp://a", "https://", "https:///x", "https://?x", "https://user@a/", "https://a/ b", "https://é/",
      "https://a/\u{7F}",
      "https://a/\"", "https://:80/", "data:text/html,x", long + "x",
    ] { #expect(!PageReading.isWebAddress(bad), "\(bad)") }
  }

  @Test(
    "what proves that nothing was sent is not sent; everything else is unknown",
    arguments: [
      (.connect, false, .unreachable), (.tls, false, .unreachable), (.timeout, false, .unreachable), (.overloaded, false, .overloaded),
      (.invalidRequest, false, .unreachable), (.canceled, false, .unreachable), (.timeout, true, .unknown),
      (.connectionLost, true, .unknown),
      (.answerTooLarge, true, .unknown), (.malformedAnswer, true, .unknown), (.canceled, true, .unknown), (.connect, true, .unknown),
    ] as [(HTTPClientError.Code, Bool, Outcome)])
  func failures(code: HTTPClientError.Code, mayHaveBeenSent: Bool, expected: Outcome) async {
    let wire = Wire(error: HTTPClientError(code: code, mayHaveBeenSent: mayHaveBeenSent, detail: "test"))
    #expect(await outcome(ask(wire)) == expected)
    #expect(wire.sent.count == 1)
  }

  @Test("calls carry their bounds")
  func bounds() async throws {
    let wire = Wire([])
    _ = await ask(wire)
    _ = await FreedomPayAcquirer(wire: wire).status(.order(Fixture.link().order), within: .seconds(3))
    #expect(wire.sent.map(\.timeout) == [.seconds(20), .seconds(3)])
    #expect(wire.sent.map(\.connectTimeout) == [.seconds(5), .seconds(3)])
    #expect(wire.sent.map(\.answerLimit) == [1 << 20, 1 << 20])
  }

  @Test("every code that design 4.4 calls our fault is one, each code stands once, and says what to do")
  func codes() {
    let misconfigured = ErrorCode.all.filter { $0.class == .misconfigured }.map(\.code)
    #expect(Set(misconfigured) == ["100", "101", "110", "1100", "9992", "9994", "9996", "9997", "9998"])
    #expect(Set(ErrorCode.all.map(\.code)).count == ErrorCode.all.count)
    #expect(ErrorCode.all.allSatisfy { !$0.meaning.isEmpty && !$0.advice.isEmpty })
    #expect(ErrorCode.named("11068").class == .notFound)
    #expect(ErrorCode.named("424242").class == .refused)
  }
}

extension [UInt8] {
  /// The bytes with one text replaced by another.
  func replacing(_ old: String, with new: String) -> [UInt8] {
    Array(String(decoding: self, as: UTF8.self).replacing(old, with: new).utf8)
  }
}
