/// The fields of a status answer (protocol §7.1, §7.3, catalogue §3.3, §5.6).
///
/// `pg_amount` is what was paid or held; `pg_clearing_amount` what was captured of it, `pg_captured` whether anything was; `pg_refund_amount`
/// what was given back, negative in the Merchant family. After a refund pg_payment_status stays `success`.
struct StatusAnswer {
  private let payment: SandboxPayment
  private let family: Family
  private let configuration: SandboxConfiguration
  private let now: Int64

  init(_ payment: SandboxPayment, _ family: Family, _ configuration: SandboxConfiguration, _ now: Int64) {
    self.payment = payment
    self.family = family
    self.configuration = configuration
    self.now = now
  }

  var message: WireMessage {
    family == .gateway ? gateway : merchant
  }

  // MARK: - The families

  private var gateway: WireMessage {
    var answer = common
    answer.append("pg_user_email", payment.terms.userEmail ?? "")  // required, and may be empty (catalogue §3.3)
    answer.append("pg_user_phone", ifPresent: payment.terms.userPhone)
    answer.append("pg_payment_date", local(payment.paidAt ?? payment.createdAt))
    if let card = payment.card {
      answer.append("pg_card_exp", "12/30")
      answer.append("pg_card_brand", card.brand)
    }
    if payment.status(at: now) == .success {
      answer.append("pg_net_amount", (payment.isCaptured(at: now) ? payment.captured(at: now) : payment.shownAmount).net.text)
    }
    answer.append("pg_intreference", ifPresent: payment.reference)
    answer.append("pg_datetime", SandboxTime(milliseconds: now).iso8601)
    return answer
  }

  private var merchant: WireMessage {
    var answer = common
    answer.append("pg_can_reject", payment.canReject ? "1" : "0")
    answer.append("pg_payment_method", payment.terms.paymentMethod)
    if payment.status(at: now) == .revoked { answer.append(configuration.wording.revokeAmount, payment.shownAmount.text) }
    answer.append("pg_user_email", ifPresent: payment.terms.userEmail)
    answer.append("pg_user_phone", ifPresent: payment.terms.userPhone)
    answer.append("pg_create_date", local(payment.createdAt))
    if let paidAt = payment.paidAt { answer.append("pg_payment_date", local(paidAt)) }
    return answer
  }

  private var common: WireMessage {
    var answer: WireMessage = ["pg_status": "ok", "pg_payment_id": "\(payment.id)"]
    answer.append("pg_order_id", ifPresent: payment.terms.orderID)
    answer.append("pg_currency", payment.terms.currency)
    answer.append("pg_amount", payment.shownAmount.text)
    answer.append("pg_payment_status", payment.status(at: now).rawValue)
    answer.append("pg_captured", payment.isCaptured(at: now) ? "1" : "0")
    answer.append("pg_clearing_amount", payment.captured(at: now).text)
    answer.append("pg_refund_amount", signed(payment.refunded(at: now)).text)
    if let card = payment.card {
      answer.append("pg_card_pan", card.mask)
      answer.append("pg_card_name", "SANDBOX PAYER")
    }
    answer.append("pg_reference", ifPresent: payment.reference)
    answer.append("pg_auth_code", ifPresent: payment.approvalCode)
    append("pg_refund_payments", of: "pg_refund_payment", payment.operations.filter { $0.kind == .refund }.map(entry), to: &answer)
    append("pg_revoked_payments", of: "pg_revoked_payment", revoked, to: &answer)
    if let failure = payment.failure {
      answer.append("pg_failure_code", "\(failure.code)")
      answer.append("pg_failure_description", failure.description)
    }
    return answer
  }

  // MARK: - The lists

  /// A refund as pg_refund_payments lists it: the date only where it succeeded, the reason only in the Gateway family.
  private func entry(_ refund: SandboxOperation) -> WireMessage {
    var entry: WireMessage = [:]
    entry.append("pg_payment_id", ifPresent: refund.id.map(String.init))
    entry.append("pg_payment_status", refund.status(at: now).rawValue)
    entry.append("pg_amount", signed(refund.amount).text)
    if refund.status(at: now) == .success { entry.append("pg_payment_date", local(refund.settlesAt)) }
    entry.append("pg_reference", refund.reference)
    if family == .gateway, refund.status(at: now) == .error { appendFailure(of: refund, to: &entry) }
    return entry
  }

  /// The cancels, or the whole payment where the shop's answer to the result took it back.
  private var revoked: [WireMessage] {
    if payment.status == .revoked { return [["pg_payment_id": "\(payment.id)", "pg_payment_status": "success"]] }
    return payment.operations.filter { $0.kind == .cancel }.map { cancel in
      ["pg_payment_id": "\(cancel.id ?? payment.id)", "pg_payment_status": cancel.status(at: now).rawValue]
    }
  }

  private func append(_ list: String, of name: String, _ entries: [WireMessage], to answer: inout WireMessage) {
    guard !entries.isEmpty else { return }
    answer.append(list, WireMessage(entries.map { .init(name: name, value: .group($0)) }))
  }

  // MARK: - The record of a refund or cancel

  /// Asked for by its own number, or in the Merchant family by the order: a negative amount, nothing captured (protocol §7.1).
  func message(of operation: SandboxOperation) -> WireMessage {
    var answer: WireMessage = ["pg_status": "ok"]
    answer.append("pg_payment_id", ifPresent: operation.id.map(String.init))
    answer.append("pg_order_id", ifPresent: payment.terms.orderID)
    answer.append("pg_currency", payment.terms.currency)
    answer.append("pg_amount", (-operation.amount).text)
    answer.append("pg_payment_status", operation.status(at: now).rawValue)
    answer.append("pg_captured", "0")
    answer.append("pg_clearing_amount", "0")
    answer.append("pg_refund_amount", "0")
    answer.append("pg_reference", operation.reference)
    if operation.status(at: now) == .error { appendFailure(of: operation, to: &answer) }
    if family == .gateway { answer.append("pg_user_email", payment.terms.userEmail ?? "") }
    answer.append("pg_payment_date", local(operation.at))
    if family == .gateway { answer.append("pg_datetime", SandboxTime(milliseconds: now).iso8601) }
    return answer
  }

  private func appendFailure(of operation: SandboxOperation, to message: inout WireMessage) {
    guard let failure = operation.failure else { return }
    message.append("pg_failure_code", "\(failure.code)")
    message.append("pg_failure_description", failure.description)
  }

  /// What is given back is negative in the Merchant family.
  private func signed(_ amount: SandboxAmount) -> SandboxAmount {
    family == .merchant ? -amount : amount
  }

  private func local(_ time: Int64) -> String {
    SandboxTime(milliseconds: time).local(zone: configuration.zone)
  }
}
