import HTTPClient
import Payments
import Testing

@testable import FreedomPay

@Suite("Answers to operations")
struct OperationReadingTests {
  /// What an answer is taken for.
  enum Outcome: Equatable {
    case done(Int64?)
    case accepted(Int64?)
    case refused(AcquirerRefusal.Kind, String)
    case wrongState(String)
    case unknown
    case unreachable
    case overloaded

    init(_ answer: OperationAnswer) {
      switch answer {
      case .done(let id): self = .done(id?.number)
      case .accepted(let id): self = .accepted(id?.number)
      case .refused(let refusal): self = .refused(refusal.kind, refusal.code)
      case .wrongState(let refusal): self = .wrongState(refusal.code)
      case .unknown: self = .unknown
      case .notSent(.unreachable): self = .unreachable
      case .notSent(.overloaded): self = .overloaded
      }
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var family: Family
    var kind: Operation.Kind
    var fields: Fields
    var outcome: Outcome
    var testDescription: String { "\(family) \(kind) \(FormName.flat(fields).map { "\($0.name)=\($0.text)" }) \(outcome)" }

    init(_ family: Family, _ kind: Operation.Kind, _ fields: KeyValuePairs<String, Fields.Value>, _ outcome: Outcome) {
      self.family = family
      self.kind = kind
      self.fields = message(fields)
      self.outcome = outcome
    }
  }

  static let cases: [Case] = [
    Case(.gateway, .capture, ["pg_status": "ok"], .done(nil)),
    Case(
      .gateway, .capture,
      ["pg_status": "ok", "pg_payment_id": "123456", "pg_amount": "150000", "pg_clearing_amount": "150000.0", "pg_clearing_status": "1"],
      .done(nil)),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_clearing_amount": "150000", "pg_status_clearing": "1"], .done(nil)),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_clearing_status": "0"], .accepted(nil)),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_status_clearing": "0", "pg_clearing_amount": "0"], .accepted(nil)),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_clearing_status": "1", "pg_status_clearing": "0"], .accepted(nil)),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_clearing_status": "1", "pg_clearing_amount": "149999.99"], .unknown),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_clearing_status": "1", "pg_clearing_amount": "x"], .unknown),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_payment_id": "123457", "pg_clearing_status": "1"], .unknown),
    Case(.gateway, .capture, ["pg_status": "ok", "pg_clearing_status": "error"], .unknown),
    Case(.merchant, .capture, ["pg_status": "success", "pg_amount": "150000", "pg_clearing_amount": "150000"], .done(nil)),
    Case(.merchant, .capture, ["pg_status": "pending"], .accepted(nil)),
    Case(
      .gateway, .cancel,
      ["pg_status": "ok", "pg_payment_id": "123456", "pg_payment_revoke_id": "77", "pg_revoke_status": "success"], .done(77)),
    Case(.gateway, .cancel, ["pg_status": "ok", "pg_payment_revoke_id": "77", "pg_revoke_status": "process"], .accepted(77)),
    Case(.gateway, .cancel, ["pg_status": "ok", "pg_revoke_status": "error"], .unknown),
    Case(.gateway, .cancel, ["pg_status": "ok", "pg_payment_revoke_id": "77", "pg_revoke_status": "error"], .accepted(77)),
    Case(.merchant, .cancel, ["pg_status": "ok"], .done(nil)),
    Case(.merchant, .cancel, ["pg_status": "ok", "pg_revoke_payment_id": "78"], .done(78)),
    Case(
      .gateway, .refund,
      ["pg_status": "ok", "pg_payment_id": "123456", "pg_payment_refund_id": "3000000009", "pg_refund_status": "success"],
      .done(3_000_000_009)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_payment_refund_id": "9"], .done(9)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_payment_refund_id": "0"], .done(nil)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_payment_refund_id": "9", "pg_refund_status": "pending"], .accepted(9)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_payment_refund_id": "9", "pg_refund_status": "a new word"], .accepted(9)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_refund_status": "success", "pg_refund_status": "error"], .accepted(nil)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_refund_status": ["a": "success"]], .accepted(nil)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_refund_status": "failed"], .unknown),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_payment_refund_id": "9", "pg_refund_status": "error"], .accepted(9)),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_payment_id": "1", "pg_refund_status": "success"], .unknown),
    Case(.gateway, .refund, ["pg_status": "ok", "pg_merchant_id": "1", "pg_refund_status": "success"], .unknown),
    Case(.merchant, .refund, ["pg_status": "ok"], .accepted(nil)),
    Case(.merchant, .refund, ["pg_status": "success", "pg_revoke_payment_id": "79"], .accepted(79)),
    Case(.merchant, .refund, ["pg_status": "pending"], .accepted(nil)),
    Case(.merchant, .refund, ["pg_status": "done"], .unknown),
    Case(.merchant, .refund, ["pg_status": "error"], .unknown),
  ]

  func ask(_ wire: Wire, _ kind: Operation.Kind = .refund, _ family: Family = .gateway) async -> Outcome {
    Outcome(await FreedomPayAcquirer(Fixture.merchant(family), wire: wire).operate(Fixture.operation(kind)))
  }

  func script(_ family: Family, _ kind: Operation.Kind) -> String { ScriptName(url: family.path(of: kind)).text }

  @Test(
    "each signed answer is taken for what it is; unsigned, badly signed, of another script, with HTTP 500 or truncated it is unknown",
    arguments: cases)
  func table(_ test: Case) async {
    let (family, kind) = (test.family, test.kind)
    let signed = signedAnswer(test.fields, script: script(family, kind))
    #expect(await ask(Wire(signed), kind, family) == test.outcome)
    #expect(await ask(Wire(XMLWriter.document(test.fields)), kind, family) == .unknown)
    #expect(await ask(Wire(signedAnswer(test.fields, script: script(family, kind), secret: SecretKey("x")!)), kind, family) == .unknown)
    #expect(await ask(Wire(signedAnswer(test.fields, script: "status_v2")), kind, family) == .unknown)
    #expect(await ask(Wire(status: 500, signed), kind, family) == .unknown)
    #expect(await ask(Wire(Array(signed.dropLast(12))), kind, family) == .unknown)
  }

  struct ErrorCase: Sendable, CustomTestStringConvertible {
    var code: String
    var text = "Что-то не так"
    var signed: Outcome
    var unsigned = Outcome.unknown
    /// Signed with a secret we do not have.
    var strange = Outcome.unknown
    var testDescription: String { "\(code) \(text)" }
  }

  static let errorCases: [ErrorCase] = [
    ErrorCase(code: "200", signed: .refused(.refused, "200")),
    ErrorCase(code: "490", signed: .refused(.refused, "490")),
    ErrorCase(code: "9403", signed: .refused(.refused, "9403")),
    ErrorCase(code: "8888", signed: .refused(.refused, "8888")),
    ErrorCase(
      code: "1100", signed: .refused(.misconfigured, "1100"), unsigned: .refused(.misconfigured, "1100"),
      strange: .refused(.misconfigured, "1100")),
    ErrorCase(
      code: "9998", signed: .refused(.misconfigured, "9998"), unsigned: .refused(.misconfigured, "9998"),
      strange: .refused(.misconfigured, "9998")),
    ErrorCase(code: "9997", signed: .refused(.misconfigured, "9997"), unsigned: .refused(.misconfigured, "9997")),
    ErrorCase(code: "9994", signed: .refused(.misconfigured, "9994"), unsigned: .refused(.misconfigured, "9994")),
    ErrorCase(code: "120", signed: .wrongState("120")),
    ErrorCase(code: "200", text: "Неверный статус платежа", signed: .wrongState("200")),
    ErrorCase(code: "9999", text: "Ошибка: неверный статус платежа.", signed: .wrongState("9999")),
    ErrorCase(code: "777777", text: "Wrong payment status", signed: .wrongState("777777")),
    ErrorCase(code: "9994", text: "Неверный статус платежа", signed: .wrongState("9994"), unsigned: .wrongState("9994")),
    ErrorCase(code: "600", signed: .unknown), ErrorCase(code: "1000", signed: .unknown), ErrorCase(code: "9999", signed: .unknown),
    ErrorCase(code: "10000", signed: .unknown), ErrorCase(code: "777777", signed: .unknown), ErrorCase(code: "11068", signed: .unknown),
    ErrorCase(code: "340", signed: .unknown), ErrorCase(code: "a word", signed: .unknown), ErrorCase(code: "", signed: .unknown),
  ]

  @Test("errors: a clear no ends it, a wrong state or trouble means ask, unsigned only our own faults are believed", arguments: errorCases)
  func errors(_ test: ErrorCase) async {
    let fields = message(["pg_status": "error", "pg_error_code": .text(test.code), "pg_error_description": .text(test.text)])
    for family in Family.allCases {
      for kind in Operation.Kind.allCases {
        let script = script(family, kind)
        #expect(await ask(Wire(signedAnswer(fields, script: script)), kind, family) == test.signed)
        #expect(await ask(Wire(XMLWriter.document(fields)), kind, family) == test.unsigned)
        #expect(await ask(Wire(signedAnswer(fields, script: script, secret: SecretKey("x")!)), kind, family) == test.strange)
      }
    }
  }

  @Test(
    "what is no message is unknown",
    arguments: [
      (502, "<html><body>Bad gateway</body></html>"), (200, "<!DOCTYPE html><html></html>"), (404, ""), (200, "{\"pg_status\":\"ok\"}"),
      (200, "<response/>"),
    ])
  func noMessage(status: Int, text: String) async {
    for kind in Operation.Kind.allCases { #expect(await ask(Wire(status: status, Array(text.utf8)), kind) == .unknown) }
  }

  @Test(
    "only a proof that nothing was sent is not sent",
    arguments: [
      (.connect, false, .unreachable), (.tls, false, .unreachable), (.timeout, false, .unreachable), (.overloaded, false, .overloaded),
      (.canceled, false, .unreachable), (.timeout, true, .unknown), (.connectionLost, true, .unknown), (.answerTooLarge, true, .unknown),
      (.malformedAnswer, true, .unknown), (.canceled, true, .unknown), (.connect, true, .unknown), (.overloaded, true, .unknown),
      (.answerTooLarge, false, .unknown),
    ] as [(HTTPClientError.Code, Bool, Outcome)])
  func failures(code: HTTPClientError.Code, mayHaveBeenSent: Bool, expected: Outcome) async {
    for kind in Operation.Kind.allCases {
      let wire = Wire(error: HTTPClientError(code: code, mayHaveBeenSent: mayHaveBeenSent, detail: "test"))
      #expect(await ask(wire, kind) == expected)
      #expect(wire.sent.count == 1)
    }
  }
}
