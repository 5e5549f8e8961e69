import HTTPServer
import HTTPTypes
import Logging
import Payments
import Synchronization
import Testing

@testable import FreedomPay

/// A gateway of two merchants with callbacks and books, without a socket.
struct CallbackHouse {
  let books: MemoryBooks
  let link: PaymentLink
  let router: Router
  let clock = Fixture.Clock()
  let counts = Counts()
  let log = MemoryLog()

  final class Counts: Sendable {
    private let values = Mutex<[String: Int]>([:])
    func add(_ kind: CallbackKind, _ outcome: CallbackOutcome) { values.withLock { $0["\(kind) \(outcome)", default: 0] += 1 } }
    var all: [String: Int] { values.withLock { $0 } }
  }

  init(_ merchant: FreedomPayMerchant = Fixture.merchant(), link: PaymentLink = Fixture.link()) throws {
    books = MemoryBooks([link])
    self.link = link
    let log = log
    let logger = Logger(label: "test") { _ in log.handler }
    let acquirer = FreedomPayAcquirer(merchant, wire: Wire([]))
    let merchants = Merchants([Merchant(name: merchant.name, currency: Fixture.uzs, acquirer: acquirer)])
    let callbacks = FreedomPayCallbacks(
      merchants: [merchant], check: CheckPayment(store: books, clock: clock, logger: logger),
      settle: SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger), clock: clock, logger: logger,
      count: counts.add)
    router = try Router(callbacks.routes)
  }

  /// A result as the live samples have it.
  func result(_ change: (inout Fields) -> Void = { _ in }) -> Fields {
    var fields = message([
      "pg_order_id": "A1001", "pg_payment_id": "123456", "pg_amount": "150000", "pg_currency": "UZS", "pg_net_amount": "144750",
      "pg_ps_amount": "150000", "pg_ps_full_amount": "150000", "pg_ps_currency": "UZS", "pg_description": "Order A1001", "pg_result": "1",
      "pg_payment_date": "2026-11-18 16:26:40", "pg_can_reject": "1", "pg_user_phone": "", "pg_need_phone_notification": "0",
      "pg_need_email_notification": "1", "pg_payment_method": "bankcard", "pg_captured": "1", "pg_reference": "517714713314",
      "pg_card_pan": "4177-49XX-XXXX-2827", "pg_card_exp": "08/29", "pg_card_owner": "A B", "pg_card_brand": "VI", "pg_auth_code": "319214",
      "paylink_link": .text(link.id.text),
    ])
    change(&fields)
    return fields
  }

  func check(_ change: (inout Fields) -> Void = { _ in }) -> Fields {
    var fields = message([
      "pg_order_id": "A1001", "pg_payment_id": "123456", "pg_amount": "150000", "pg_currency": "UZS", "pg_ps_amount": "150000",
      "paylink_link": .text(link.id.text),
    ])
    change(&fields)
    return fields
  }

  func sign(_ fields: Fields, _ kind: CallbackKind = .result, secret: SecretKey = Fixture.secret) -> Fields {
    Signature.sign(fields, script: ScriptName(kind.rawValue), secret: secret)
  }

  /// Sends a message that is signed already.
  func send(_ fields: Fields, _ kind: CallbackKind = .result, form: FormEncoding = .multipart, query: String? = nil) async -> Response {
    await router.respond(
      to: posted(form.body(of: fields), path: "/callbacks/demo/\(kind.rawValue)", query: query))
  }

  /// Signs a message and sends it.
  func deliver(_ fields: Fields, _ kind: CallbackKind = .result) async -> Response { await send(sign(fields, kind), kind) }

  var paymentStatus: PaymentStatus? { books.now(link.id)?.payments.first?.status }
}

/// The status of a signed answer, or why it is none: verified with the given secret and our script.
func verifiedStatus(_ response: Response, _ kind: CallbackKind = .result, secret: SecretKey = Fixture.secret) -> String {
  guard response.status == .ok else { return "HTTP \(response.status.code)" }
  guard case .bytes(let bytes) = response.body, let fields = try? XMLReader.fields(bytes) else { return "no XML" }
  let verifier = SignatureVerifier(script: ScriptName(kind.rawValue), secrets: SecretKeys(current: secret))
  guard verifier.verify(fields) == .verified(secret: .current, form: .strict) else { return "badly signed" }
  return fields.text("pg_status") ?? "no status"
}

@Suite("Callbacks")
struct CallbackTests {
  @Test(
    "a result in every form settles the payment and is answered with signed XML", arguments: ["multipart", "urlencoded", "get", "pg_xml"])
  func forms(_ form: String) async throws {
    let house = try CallbackHouse()
    let signed = house.sign(house.result())
    let response: Response
    switch form {
    case "get":
      let query = URLEncodedForm.text(FormName.flat(signed))
      response = await house.router.respond(
        to: Request(
          head: HTTPRequest(method: .get, scheme: "http", authority: "shop", path: "/callbacks/demo/result?\(query)"),
          segments: ["callbacks", "demo", "result"], query: query))
    case "pg_xml":
      let xml = String(decoding: XMLWriter.document(signed, root: "request"), as: UTF8.self)
      response = await house.send(message(["pg_xml": .text(xml)]), form: .urlencoded)
    default: response = await house.send(signed, form: try #require(FormEncoding(rawValue: form)))
    }
    #expect(verifiedStatus(response) == "ok")
    #expect(response.fields[.contentType] == "application/xml; charset=utf-8")
    let payment = try #require(house.books.now(house.link.id)?.payments.first)
    #expect(payment.status == .paid && payment.amount == Fixture.money(15_000_000))
    #expect(payment.card?.maskedNumber == "4177-49XX-XXXX-2827")
    #expect(house.books.now(house.link.id)?.status == .completed)
    #expect(house.counts.all == ["result accepted": 1])
  }

  @Test("a check is answered by the order, the amount and the time")
  func checks() async throws {
    let house = try CallbackHouse()
    #expect(verifiedStatus(await house.deliver(house.check(), .check), .check) == "ok")
    #expect(verifiedStatus(await house.deliver(house.check { $0 = $0.setting("pg_amount", "150000.01") }, .check), .check) == "rejected")
    #expect(verifiedStatus(await house.deliver(house.check { $0 = $0.setting("pg_currency", "KZT") }, .check), .check) == "rejected")
    let stranger = house.check { $0 = $0.setting("pg_order_id", "B1").setting("pg_payment_id", "9").setting("paylink_link", nil) }
    #expect(verifiedStatus(await house.deliver(stranger, .check), .check) == "rejected")
    house.clock.advance(.seconds(86_401))
    #expect(verifiedStatus(await house.deliver(house.check(), .check), .check) == "rejected")
    #expect(house.paymentStatus == .pending)
    #expect(house.counts.all == ["check accepted": 1, "check rejected": 4])
  }

  @Test("a hold, a decline and an unfinished payment are told apart")
  func outcomes() async throws {
    let cases: [([(String, String?)], PaymentStatus)] = [
      ([("pg_captured", "0")], .authorized), ([("pg_captured", nil)], .paid), ([("pg_result", "2")], .pending),
      ([("pg_result", "0"), ("pg_failure_code", "10000"), ("pg_failure_description", "Ошибка"), ("pg_payment_date", nil)], .failed),
    ]
    for (changes, status) in cases {
      let house = try CallbackHouse()
      let fields = house.result { fields in for (name, text) in changes { fields = fields.setting(name, text) } }
      #expect(verifiedStatus(await house.deliver(fields)) == "ok")
      #expect(house.paymentStatus == status)
    }
  }

  @Test("what was captured: the flag decides, a sum of nothing beside it says nothing, a sum of nothing alone is a hold")
  func captured() async throws {
    let cases: [(flag: String?, cleared: String?, status: PaymentStatus, captured: Int64)] = [
      ("1", nil, .paid, 15_000_000), ("1", "0", .paid, 15_000_000), ("1", "100000", .paid, 10_000_000), (nil, "150000", .paid, 15_000_000),
      (nil, "0", .authorized, 0), ("0", "0", .authorized, 0), ("0", "150000", .authorized, 0),
    ]
    for test in cases {
      let house = try CallbackHouse()
      let fields = house.result { $0 = $0.setting("pg_captured", test.flag).setting("pg_clearing_amount", test.cleared) }
      #expect(verifiedStatus(await house.deliver(fields)) == "ok")
      #expect(house.paymentStatus == test.status, "\(test)")
      #expect(house.books.now(house.link.id)?.payments.first?.captured == test.captured, "\(test)")
    }
  }

  @Test("a forged message gets 400, is counted, and changes nothing")
  func forged() async throws {
    let house = try CallbackHouse()
    let good = house.sign(house.result())
    let forged: [Fields] = [
      good.setting("pg_sig", "00000000000000000000000000000000"), good.without(["pg_sig"]), good.setting("pg_amount", "1"),
      good.without(["pg_card_owner"]), Fields(good.all + [.init("extra", "1")]), good.setting("pg_sig", ""),
      house.sign(house.result(), .check), house.sign(house.result(), secret: SecretKey("x")!), Fields(),
    ]
    for fields in forged { #expect(await house.send(fields).status == .badRequest) }
    #expect(await house.send(house.sign(house.check()), .check).status == .badRequest)
    #expect(house.paymentStatus == .pending)
    #expect(house.books.messages.isEmpty && house.books.events.isEmpty)
    #expect(house.counts.all == ["result unverified": forged.count, "check unverified": 1])
  }

  @Test("signed over fields that nobody knows, a query parameter among them (a live log's case, protocol 1.5)")
  func ownFields() async throws {
    let house = try CallbackHouse()
    let signed = house.sign(
      house.result {
        $0.add("session_token", "abc"); $0.add("brand[new][field]", "1")
      })
    #expect(verifiedStatus(await house.send(signed, query: "session_token=abc")) == "ok")
    #expect(house.paymentStatus == .paid)
  }

  @Test("a message that holds only with the query joined, or with empties dropped, is stored and settles nothing")
  func fallbacks() async throws {
    let house = try CallbackHouse()
    let joined = house.sign(house.result { $0.add("session_token", "abc") }).without(["session_token"])
    #expect(verifiedStatus(await house.send(joined, query: "session_token=abc")) == "ok")
    let dropped = house.sign(house.result { $0 = $0.without(["pg_user_phone"]) })
    #expect(verifiedStatus(await house.send(Fields(dropped.all + [.init("pg_user_phone", "")]))) == "ok")
    #expect(house.paymentStatus == .pending)
    #expect(house.books.messages.map(\.reading) == [.unconfirmed, .unconfirmed])
  }

  @Test("the answer is signed with the secret that verified, by the script of the settings")
  func secrets() async throws {
    let house = try CallbackHouse()
    let response = await house.send(house.sign(house.result(), secret: Fixture.previous))
    #expect(verifiedStatus(response, secret: Fixture.previous) == "ok")

    var merchant = Fixture.merchant()
    merchant.scriptNames.result = ScriptName("notify.php")
    let proxied = try CallbackHouse(merchant)
    #expect(await proxied.deliver(proxied.result()).status == .badRequest)
    let signed = Signature.sign(proxied.result(), script: ScriptName("notify.php"), secret: Fixture.secret)
    let answer = await proxied.send(signed)
    guard case .bytes(let bytes) = answer.body else { return #expect(Bool(false), "no body") }
    let verifier = SignatureVerifier(script: ScriptName("notify.php"), secrets: SecretKeys(current: Fixture.secret))
    #expect(try verifier.verify(XMLReader.fields(bytes)) == .verified(secret: .current, form: .strict))
  }

  @Test("a repeat has the same digest, whatever its salt, order and pg_can_reject, and gets the first answer; another message has another")
  func repeats() async throws {
    let house = try CallbackHouse()
    let stranger = house.result { $0 = $0.setting("pg_order_id", "B1").setting("pg_payment_id", "9").setting("paylink_link", nil) }
    #expect(verifiedStatus(await house.deliver(stranger)) == "error")
    let again = Fields(stranger.setting("pg_can_reject", "0").all.reversed())
    #expect(verifiedStatus(await house.deliver(again)) == "error")
    #expect(verifiedStatus(await house.deliver(stranger.setting("pg_amount", "150000.00"))) == "error")
    #expect(house.books.messages.map(\.reading) == [.orphan, .repeated, .orphan])
    let digests = house.books.messages.map(\.evidence.digest)
    #expect(digests[0] == digests[1] && digests[0] != digests[2])
    #expect(digests.allSatisfy { $0.count == 64 })
    let other = CallbackEvidence(stranger, merchant: try MerchantName("other")).evidence.digest
    #expect(other != CallbackEvidence(stranger, merchant: Fixture.demo).evidence.digest)
  }

  /// The digest of what stands in the books already: a repeat is known by it, whichever version of this program stored the first.
  @Test("evidence is what it always was")
  func golden() {
    let message = message(["pg_order_id": "A1", "pg_salt": "s", "pg_amount": "150", "pg_x": ["a": "é\""], "pg_sig": "0"])
    let evidence = CallbackEvidence(message, merchant: Fixture.demo).evidence
    // SHA-256 of `4:demo1:39:pg_amount1:t3:15011:pg_order_id1:t2:A14:pg_x1:n1:11:a1:t3:é"`.
    #expect(evidence.digest == "aa62134f18d47e579ce50eb1992e9504b8871e2497c1232a2ae797b66d8b1dd7")
    #expect(
      evidence.message
        == #"[["pg_order_id","A1"],["pg_salt","s"],["pg_amount","150"],["pg_x",[["a","é\""]]],["pg_sig","0"]]"#)
  }

  @Test("digests keep parts apart")
  func digests() {
    let lists: [Fields] = [
      message(["a": "bc"]), message(["ab": "c"]), message(["a": "b", "c": ""]), message(["a": ["b": "c"]]), message(["a": "b:1:c"]),
      message(["a": "1", "a": "2"]), message(["a": "2", "a": "1"]), message([:]), message(["a": ""]),
    ]
    #expect(Set(lists.map { CallbackEvidence($0, merchant: Fixture.demo).evidence.digest }).count == lists.count)
  }

  @Test(
    "known fields occur once and match their format, otherwise 400 and nothing is stored",
    arguments: [
      ("pg_amount", "1e5"), ("pg_amount", "-1"), ("pg_amount", "1,5"), ("pg_amount", ""), ("pg_amount", "150000.001"),
      ("pg_payment_id", "abc"), ("pg_payment_id", "0"), ("pg_payment_id", ""), ("pg_payment_id", "99999999999999999999"),
      ("pg_result", "3"), ("pg_result", ""), ("pg_captured", "2"), ("pg_can_reject", "yes"), ("pg_testing_mode", "true"),
      ("pg_currency", "uzs"), ("pg_currency", "XXX"), ("pg_payment_date", "yesterday"), ("pg_merchant_id", "100001"),
      ("pg_discount_amount", "x"),
    ])
  func formats(name: String, text: String) async throws {
    let house = try CallbackHouse()
    #expect(await house.deliver(Fields(house.result().without([name]).all + [.init(name, .text(text))])).status == .badRequest)
    #expect(house.books.messages.isEmpty)
    #expect(house.counts.all == ["result malformed": 1])
  }

  @Test("a known field that occurs twice or nests is refused, an unknown one is not")
  func duplicates() async throws {
    let house = try CallbackHouse()
    for name in ["pg_amount", "pg_order_id", "pg_user_phone", "paylink_link", "pg_card_pan", "pg_salt"] {
      let text = house.sign(house.result()).text(name) ?? ""
      var twice = house.result()
      twice.append(name, .text(text))
      var signed = twice.without(["pg_sig"])
      if name == "pg_salt" { signed.append("pg_salt", "other") }
      signed.append("pg_sig", .text(Signature.hex(of: signed, script: ScriptName("result"), secret: Fixture.secret)))
      #expect(await house.send(signed).status == .badRequest, "\(name)")
    }
    let nested = house.result {
      $0 = $0.without(["pg_description"]); $0.append("pg_description", ["a": "1"])
    }
    #expect(await house.deliver(nested).status == .badRequest)
    #expect(house.books.messages.isEmpty)
    #expect(
      verifiedStatus(
        await house.deliver(
          house.result {
            $0.append("own", "1"); $0.append("own", "2")
          })) == "ok")
  }

  @Test("bodies that are no forms, document types in pg_xml, and unknown merchants")
  func broken() async throws {
    let house = try CallbackHouse()
    let bodies: [(String, String)] = [
      ("application/json", "{}"), ("application/x-www-form-urlencoded", "pg_amount=%ff%"), ("multipart/form-data; boundary=x", "--y"),
      ("application/x-www-form-urlencoded", "pg_xml=%3C!DOCTYPE%20r%3E%3Cr%3E%3Cpg_amount%3E1%3C%2Fpg_amount%3E%3C%2Fr%3E"),
      ("application/x-www-form-urlencoded", "pg_xml=none"),
    ]
    for (type, text) in bodies {
      #expect(await house.router.respond(to: posted((type, Array(text.utf8)))).status == .badRequest)
    }
    let signed = house.sign(house.result())
    for path in ["/callbacks/other/result", "/callbacks/DEMO/result", "/callbacks/demo/refund"] {
      #expect(await house.router.respond(to: posted(FormEncoding.multipart.body(of: signed), path: path)).status == .notFound)
    }
    #expect(house.books.messages.isEmpty)
  }

  @Test("with the database down a result gets 503 and a check is refused, signed")
  func databaseDown() async throws {
    let house = try CallbackHouse()
    house.books.fail(StoreError(.unavailable, "test"))
    let response = await house.deliver(house.result())
    #expect(response.status == .serviceUnavailable)
    #expect(response.fields[.retryAfter] != nil)
    #expect(verifiedStatus(await house.deliver(house.check(), .check), .check) == "rejected")
    #expect(house.counts.all == ["result unavailable": 1, "check unavailable": 1])
    house.books.fail(nil)
    #expect(verifiedStatus(await house.deliver(house.result())) == "ok")
  }

  @Test("neither values nor keys nor signatures are logged, whatever comes")
  func logs() async throws {
    let house = try CallbackHouse()
    let signed = house.sign(house.result())
    _ = await house.send(signed)
    _ = await house.send(signed.setting("pg_amount", "77.77"))
    _ = await house.deliver(house.result { $0 = $0.setting("pg_amount", "7x7") })
    house.books.fail(StoreError(.unavailable, "test"))
    _ = await house.send(signed)
    let text = house.log.lines.joined(separator: "\n")
    #expect(house.log.lines.count >= 4)
    for secret in ["test-secret", "4177", "A B", "319214", "7x7", "77.77", signed.text("pg_sig")!, signed.text("pg_salt")!] {
      #expect(!text.contains(secret))
    }
  }

  @Test("a signed message that we do not understand rings an alarm, a forged one does not")
  func alarms() async throws {
    let house = try CallbackHouse()
    _ = await house.send(house.sign(house.result()).setting("pg_amount", "1"))
    #expect(house.log.lines.count == 1 && house.log.lines[0].hasPrefix("warning callback refused"))
    _ = await house.deliver(house.result { $0 = $0.setting("pg_result", "7") })
    #expect(house.log.lines.count == 2 && house.log.lines[1].hasPrefix("error callback refused"))
    #expect(house.log.lines[1].contains("pg_result does not match its format"))
  }

  @Test("routes are callbacks' own class, GET and POST")
  func routes() throws {
    let house = try CallbackHouse()
    let callbacks = FreedomPayCallbacks(
      merchants: [], check: CheckPayment(store: house.books, clock: house.clock, logger: Logger(label: "x")),
      settle: SettlePayment(store: house.books, merchants: Merchants([]), clock: house.clock, logger: Logger(label: "x")),
      clock: house.clock,
      logger: Logger(label: "x"))
    #expect(
      Set(callbacks.routes.map { "\($0.method) \($0.pattern) \($0.class)" }) == [
        "GET /callbacks/{merchant}/check callback", "POST /callbacks/{merchant}/check callback",
        "GET /callbacks/{merchant}/result callback", "POST /callbacks/{merchant}/result callback",
      ])
  }

  @Test("an answer's reason is cleaned before it is signed")
  func reasons() throws {
    let answer = CallbackAnswer(
      verdict: .reject(reason: "a\u{1}b <&> \"c\"" + String(repeating: "x", count: 300)), script: ScriptName("check"),
      secret: Fixture.secret)
    #expect(verifiedStatus(answer.response, .check) == "rejected")
    guard case .bytes(let bytes) = answer.response.body else { return #expect(Bool(false), "no body") }
    #expect(try XMLReader.fields(bytes).text("pg_description")?.hasPrefix("ab <&> \"c\"xxx") == true)
    #expect(try XMLReader.fields(bytes).text("pg_description")?.count == 255)
  }
}
