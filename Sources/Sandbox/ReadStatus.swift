import Synchronization

/// `status_v2` and `get_status3.php`: what became of a payment, a refund or a cancel (protocol §7, catalogue §3.3, §5.6).
extension Sandbox {
  func readStatus(_ message: WireMessage, _ call: SandboxCall) throws(Refusal) -> WireMessage {
    let now = clock.now()
    let record: StatusRecord?
    do {
      record = try find(message, call.family, now)
    } catch {
      throw .badField(error, call.family)
    }
    return switch record {
    case .payment(let payment): StatusAnswer(payment.seen(at: now), call.family, configuration, now).message
    case .operation(let operation, let payment): StatusAnswer(payment, call.family, configuration, now).message(of: operation)
    case nil: throw .unknownPayment
    }
  }

  /// By pg_payment_id where it is given, whatever it numbers: the Merchant family ignores the order then, the Gateway family wants it to
  /// fit. By pg_order_id alone the Merchant family finds the last payment or refund of the order, the Gateway family the last payment.
  private func find(_ message: WireMessage, _ family: Family, _ now: Int64) throws(FieldError) -> StatusRecord? {
    let reader = try FieldReader(message)
    let order = try reader.text("pg_order_id", most: 50)
    guard let id = try reader.integer("pg_payment_id", in: 0...Int64.max) else {
      let order = try reader.required(family == .gateway ? "pg_order_id" : "pg_payment_id", order)
      return ledger.withLock { ledger in
        family == .gateway ? ledger.lastPayment(order: order).map(StatusRecord.payment) : ledger.lastRecord(order: order, at: now)
      }
    }
    let record = ledger.withLock { $0.record(id, at: now) }
    if family == .gateway, let order, record?.order != order { return nil }
    return record
  }
}

extension StatusRecord {
  fileprivate var order: String? {
    switch self {
    case .payment(let payment), .operation(_, of: let payment): payment.terms.orderID
    }
  }
}
