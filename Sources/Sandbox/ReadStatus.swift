import Synchronization

/// `status_v2` and `get_status3.php`: what became of a payment (protocol §7, catalogue §3.3, §5.6).
extension Sandbox {
  func readStatus(_ message: WireMessage, _ call: SandboxCall) throws(Refusal) -> WireMessage {
    let payment: SandboxPayment?
    do {
      payment = try find(message, call.family)
    } catch {
      throw .badField(error, call.family)
    }
    guard let payment else { throw .unknownPayment }
    let now = clock.now()
    return call.family == .gateway ? gatewayStatus(of: payment, at: now) : merchantStatus(of: payment, at: now)
  }

  /// By pg_payment_id where it is given: the Merchant family ignores the order then, the Gateway family wants it to fit. By pg_order_id
  /// alone the last payment of the order.
  private func find(_ message: WireMessage, _ family: Family) throws(FieldError) -> SandboxPayment? {
    let reader = try FieldReader(message)
    let order = try reader.text("pg_order_id", most: 50)
    guard let id = try reader.integer("pg_payment_id", in: 0...Int64.max) else {
      let order = try reader.required(family == .gateway ? "pg_order_id" : "pg_payment_id", order)
      return ledger.withLock { $0.lastPayment(order: order) }
    }
    let payment = ledger.withLock { $0.payment(id) }
    if family == .gateway, let order, payment?.terms.orderID != order { return nil }
    return payment
  }

  private func gatewayStatus(of payment: SandboxPayment, at now: Int64) -> WireMessage {
    var answer = commonStatus(of: payment, at: now)
    answer.append("pg_user_email", payment.terms.userEmail ?? "")  // required, and may be empty (catalogue §3.3)
    answer.append("pg_user_phone", ifPresent: payment.terms.userPhone)
    answer.append("pg_payment_date", SandboxTime(milliseconds: payment.paidAt ?? payment.createdAt).local(zone: configuration.zone))
    if let card = payment.card {
      answer.append("pg_card_exp", "12/30")
      answer.append("pg_card_brand", card.brand)
    }
    if payment.status == .success { answer.append("pg_net_amount", payment.shownAmount.net.text) }
    answer.append("pg_intreference", ifPresent: payment.reference)
    answer.append("pg_datetime", SandboxTime(milliseconds: now).iso8601)
    return answer
  }

  private func merchantStatus(of payment: SandboxPayment, at now: Int64) -> WireMessage {
    var answer = commonStatus(of: payment, at: now)
    answer.append("pg_can_reject", payment.canReject ? "1" : "0")
    answer.append("pg_payment_method", payment.terms.paymentMethod)
    if payment.status == .revoked { answer.append("pg_revoke_amount", payment.shownAmount.text) }
    answer.append("pg_user_email", ifPresent: payment.terms.userEmail)
    answer.append("pg_user_phone", ifPresent: payment.terms.userPhone)
    answer.append("pg_create_date", SandboxTime(milliseconds: payment.createdAt).local(zone: configuration.zone))
    if let paidAt = payment.paidAt { answer.append("pg_payment_date", SandboxTime(milliseconds: paidAt).local(zone: configuration.zone)) }
    return answer
  }

  /// What both families say. Captures and refunds of their own, once their calls exist, change pg_clearing_amount, pg_refund_amount and the
  /// lists here.
  private func commonStatus(of payment: SandboxPayment, at now: Int64) -> WireMessage {
    let isCaptured = payment.isCaptured(at: now)
    var answer: WireMessage = ["pg_status": "ok", "pg_payment_id": "\(payment.id)"]
    answer.append("pg_order_id", ifPresent: payment.terms.orderID)
    answer.append("pg_currency", payment.terms.currency)
    answer.append("pg_amount", payment.shownAmount.text)
    answer.append("pg_payment_status", payment.status(at: now).rawValue)
    answer.append("pg_captured", isCaptured ? "1" : "0")
    answer.append("pg_clearing_amount", isCaptured ? payment.shownAmount.text : "0")
    answer.append("pg_refund_amount", "0")
    if let card = payment.card {
      answer.append("pg_card_pan", card.mask)
      answer.append("pg_card_name", "SANDBOX PAYER")
    }
    answer.append("pg_reference", ifPresent: payment.reference)
    answer.append("pg_auth_code", ifPresent: payment.approvalCode)
    if payment.status == .revoked {
      let revoked: WireMessage = ["pg_payment_id": "\(payment.id)", "pg_payment_status": "success"]
      answer.append("pg_revoked_payments", WireMessage([.init(name: "pg_revoked_payment", value: .group(revoked))]))
    }
    if let failure = payment.failure {
      answer.append("pg_failure_code", "\(failure.code)")
      answer.append("pg_failure_description", failure.description)
    }
    return answer
  }
}
