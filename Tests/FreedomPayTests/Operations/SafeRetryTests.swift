import FoundationEssentials
import HTTPClient
import Logging
import Payments
import Testing

@testable import FreedomPay

@Suite("The safe-retry matrix")
struct SafeRetryTests {
  @Test("every phase has one row, in order")
  func rows() {
    #expect(SafeRetry.table.map(\.phase) == SafeRetry.Phase.allCases)
    for row in SafeRetry.table {
      for call in SafeRetry.Call.allCases { #expect(SafeRetry.step(call, after: row.phase) == row[call]) }
    }
  }

  @Test("what moves money is repeated only where nothing was sent")
  func money() {
    for row in SafeRetry.table {
      let wasSent = row.phase != .beforeConnect && row.phase != .afterConnect
      for call in [SafeRetry.Call.capture, .cancel, .refund] { #expect((row[call] == .retry) == !wasSent, "\(call) \(row.phase)") }
    }
  }

  /// A wire on which a call ends in a phase.
  func wire(_ phase: SafeRetry.Phase, script: String) -> Wire {
    func lost(_ code: HTTPClientError.Code, _ mayHaveBeenSent: Bool) -> Wire {
      Wire(error: HTTPClientError(code: code, mayHaveBeenSent: mayHaveBeenSent, detail: "test"))
    }
    func error(_ code: String) -> Wire {
      let fields = message(["pg_status": "error", "pg_error_code": .text(code), "pg_error_description": "Что-то"])
      return Wire(signedAnswer(fields, script: script))
    }
    let ok = message(["pg_status": "ok", "pg_payment_id": "123456"])
    return switch phase {
    case .beforeConnect: lost(.connect, false)
    case .afterConnect: lost(.tls, false)
    case .afterSend: lost(.timeout, true)
    case .afterHeaders: lost(.answerTooLarge, true)
    case .badBody: Wire(status: 502, Array("<html>".utf8))
    case .noSignature: Wire(XMLWriter.document(ok))
    case .badSignature: Wire(signedAnswer(ok, script: script, secret: SecretKey("stranger")!))
    case .misconfigured: error("9996")
    case .wrongState: error("120")
    case .notFound: error("340")
    case .refused: error("200")
    case .temporary: error("1000")
    case .unpublished: error("777777")
    }
  }

  /// What the adapter made of it, as a step.
  func step(_ call: SafeRetry.Call, _ phase: SafeRetry.Phase, _ family: Family) async -> SafeRetry.Step {
    let merchant = Fixture.merchant(family)
    switch call {
    case .page:
      let wire = wire(phase, script: ScriptName(url: family.pagePath(for: Fixture.price)).text)
      let request = PageRequest(link: Fixture.link(), idempotencyKey: "k", lifetime: .seconds(900), now: Fixture.now)
      switch await FreedomPayAcquirer(merchant, wire: wire).openPage(request) {
      case .notSent: return .retry
      case .refused(let refusal): return refusal.next ?? .ask
      case .unknown, .opened: return .ask
      }
    case .capture: return await operation(.capture, phase, merchant)
    case .cancel: return await operation(.cancel, phase, merchant)
    case .refund: return await operation(.refund, phase, merchant)
    case .status:
      let log = MemoryLog()
      let acquirer = FreedomPayAcquirer(
        merchant: merchant, caller: wire(phase, script: ScriptName(url: family.statusPath).text), clock: Fixture.Clock(),
        logger: Logger(label: "test") { _ in log.handler })
      _ = await acquirer.status(.payment(try! PaymentID(123_456), try! OrderID("A1001")), within: .seconds(1))
      return log.lines.contains { $0.hasPrefix("error ") } ? .person : .retry
    }
  }

  func operation(_ kind: Operation.Kind, _ phase: SafeRetry.Phase, _ merchant: FreedomPayMerchant) async -> SafeRetry.Step {
    let wire = wire(phase, script: ScriptName(url: merchant.family.path(of: kind)).text)
    switch await FreedomPayAcquirer(merchant, wire: wire).operate(Fixture.operation(kind)) {
    case .notSent: return .retry
    case .refused: return .person
    case .accepted, .wrongState, .unknown, .done: return .ask
    }
  }

  @Test("a call that ends in a phase leads to the table's step, in both families", arguments: SafeRetry.Phase.allCases)
  func adapter(_ phase: SafeRetry.Phase) async {
    for family in Family.allCases {
      for call in SafeRetry.Call.allCases {
        let made = await step(call, phase, family)
        #expect(made == SafeRetry.step(call, after: phase), "\(family) \(call)")
      }
    }
  }

  @Test("every published code has a phase of its class, and so a step")
  func codes() {
    for error in ErrorCode.all {
      let phase = error.phase(description: error.code == "120" ? "x" : error.advice)
      switch error.class {
      case .misconfigured: #expect(phase == .misconfigured)
      case .notFound: #expect(phase == .notFound)
      case .temporary: #expect(phase == .temporary)
      case .refused: #expect(phase == (error.code == "120" ? .wrongState : .refused))
      }
    }
    #expect(ErrorCode.named("424242").phase(description: "x") == .unpublished)
  }

  @Test("docs/safe-retry.md is the table (PAYLINK_WRITE_DOCS=1 writes it)")
  func page() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
    let file = root.appending(path: "docs/safe-retry.md")
    if ProcessInfo.processInfo.environment["PAYLINK_WRITE_DOCS"] == "1" {
      try Data(SafeRetryPage.text.utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == SafeRetryPage.text)
  }
}

/// The page for people, from the table.
enum SafeRetryPage {
  static var text: String {
    let calls = SafeRetry.Call.allCases
    var lines = intro
    lines.append("| Phase | " + calls.map(\.rawValue).joined(separator: " | ") + " | What it is |")
    lines.append("|---" + calls.map { _ in "|---" }.joined() + "|---|")
    for row in SafeRetry.table {
      lines.append("| \(row.phase.rawValue) | " + calls.map { row[$0].rawValue }.joined(separator: " | ") + " | \(row.meaning) |")
    }
    lines += ["", "## Calls", "", "| Call | Gateway family | Merchant family | Idempotency key |", "|---|---|---|---|"]
    lines.append("| page | `/g2g/payment_page`, `/g2g/any_amount` | `/init_payment.php`, `/any_amount.php` | both |")
    for (kind, key) in [(Operation.Kind.capture, "none"), (.cancel, "none"), (.refund, "Merchant family: the refund's id")] {
      lines.append("| \(kind.rawValue) | `\(Family.gateway.path(of: kind))` | `\(Family.merchant.path(of: kind))` | \(key) |")
    }
    lines.append("| status | `\(Family.gateway.statusPath)` | `\(Family.merchant.statusPath)` | needs none |")
    lines += ["", "## Error codes", "", "| Phase | Codes |", "|---|---|"]
    for phase in SafeRetry.Phase.allCases {
      let codes = ErrorCode.all.filter { $0.phase(description: "") == phase }.map(\.code)
      if !codes.isEmpty { lines.append("| \(phase.rawValue) | \(codes.joined(separator: ", ")) |") }
    }
    lines += ["", "Whatever its code, an error whose text says \"Неверный статус платежа\" counts as wrong payment status.", ""]
    return lines.joined(separator: "\n")
  }

  private static let intro = [
    "# What may be sent again", "",
    "<!-- Written from Sources/FreedomPay/Operations/SafeRetry.swift by its test: PAYLINK_WRITE_DOCS=1 swift test --filter SafeRetryTests -->",
    "",
    "A call to the acquirer that brings no success ends in one of these phases, and its phase decides what may happen next. The code decides",
    "from the same table.", "",
    "- **retry**: nothing happened, or a repetition changes nothing. The same call may be made again.",
    "- **ask**: it may have happened. The status is asked, and the call is not made again; after a day without an end a person is asked.",
    "- **person**: a clear no. It ends here, and whoever asked for it, or runs the gateway, decides what comes instead.", "",
    "Captures, cancels and refunds are sent at most once: the right to send is taken in the books before the first byte, and given back only",
    "on a proof that no byte left. A connection of the pool is never used for them.", "",
  ]
}
