import Logging
import Synchronization

/// `clearing`, `cancel`, `refund` and their Merchant twins: what a shop does with money that was paid (protocol §8).
extension Sandbox {
  func operate(_ kind: SandboxOperation.Kind, _ message: WireMessage, _ call: SandboxCall, fault: Fault?) throws(Refusal) -> WireMessage {
    let terms: OperationTerms
    do {
      terms = try OperationTerms(message, kind, call.family)
    } catch {
      throw .badField(error, call.family)
    }
    let now = clock.now()
    let made = try ledger.withLock { ledger throws(Refusal) in
      try ledger.operate(terms, call: call, content: message.without("pg_salt", "pg_sig"), fault: fault, now: now)
    }
    logger.info(
      "operation accepted",
      metadata: ["operation": "\(kind.rawValue)", "payment": "\(made.payment.id)", "status": "\(made.operation.answered.rawValue)"])
    if made.isNew, configuration.operationCallbacks, made.operation.status(at: now) == .success { tellLater(made.payment.id, now) }
    guard made.operation.answered != .error else { throw .operationFailed(kind, call.family) }
    return call.family == .gateway ? gatewayAnswer(made.operation, made.payment) : merchantAnswer(made.operation, made.payment)
  }

  /// The documentation promises no result call after an operation (catalogue §2.2); one public mock makes them (protocol §4.2). It goes
  /// out with the next look at the schedule, and is repeated as every result is.
  private func tellLater(_ id: Int64, _ now: Int64) {
    let due = CallbackSchedule.Due(payment: id, at: now, repeatsLeft: CallbackSchedule.repeats, isFirst: false)
    ledger.withLock { $0.callbacks.add(due) }
  }

  // MARK: - Answers

  private func gatewayAnswer(_ operation: SandboxOperation, _ payment: SandboxPayment) -> WireMessage {
    let word = operation.answered.rawValue
    var answer: WireMessage = ["pg_status": "ok", "pg_payment_id": "\(payment.id)"]
    switch operation.kind {
    case .capture:
      answer.append("pg_amount", payment.shownAmount.text)
      answer.append("pg_clearing_amount", operation.amount.text)
      answer.append(configuration.wording.clearingStatus, operation.answered == .success ? "1" : "0")
    case .cancel:
      answer.append("pg_payment_revoke_id", ifPresent: operation.id.map(String.init))
      answer.append("pg_revoke_status", word)
    case .refund:
      answer.append("pg_payment_refund_id", ifPresent: operation.id.map(String.init))
      answer.append("pg_refund_status", word)
    }
    return answer
  }

  /// cancel and revoke answer nothing but their status; there is no refund id (protocol §8).
  private func merchantAnswer(_ operation: SandboxOperation, _ payment: SandboxPayment) -> WireMessage {
    var answer: WireMessage = ["pg_status": operation.answered == .success ? "ok" : operation.answered.rawValue]
    guard operation.kind == .capture else { return answer }
    answer.append("pg_amount", payment.shownAmount.text)
    answer.append("pg_clearing_amount", operation.amount.text)
    return answer
  }
}

extension Refusal {
  /// The payment is in that state already, or in one that does not allow it: the words of a public mock made from production answers
  /// (protocol §8); the code of the new family is not published, so both say 120.
  static let wrongPaymentStatus = Refusal(code: 120, description: "Неверный статус платежа")

  /// More than was held or is left. The SDK knows this outcome by itself (catalogue §5.8); its code is not published.
  static func exceedsPayment(_ family: Family) -> Refusal {
    Refusal(code: family == .gateway ? 9403 : 200, description: "Сумма превышает сумму платежа")
  }

  /// The bank said no: 9999 is the sample of the Gateway pages; 490 (cannot be cancelled) and 600 (general) are the legacy table's.
  static func operationFailed(_ kind: SandboxOperation.Kind, _ family: Family) -> Refusal {
    let failure = PaymentFailure.refusedByBank
    let code = family == .gateway ? failure.code : kind == .cancel ? 490 : 600
    return Refusal(code: code, description: failure.description)
  }
}
