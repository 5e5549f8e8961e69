/// The fields of check, result and the way back (protocol §3, §4.1, §6).
extension Sandbox {
  /// May this payment be taken?
  func checkCallback(of payment: SandboxPayment) -> Callback? {
    guard let url = payment.terms.checkURL else { return nil }
    var message = identity(of: payment)
    appendAmounts(of: payment, to: &message)
    appendPayer(of: payment, to: &message)
    message.fields += payment.terms.own
    return Callback(kind: .check, url: url, method: payment.terms.callbackMethod, message: message)
  }

  /// What became of the payment. The fields are those of the live samples; `canReject` only on the first delivery of a success.
  ///
  /// A hold that was released is told as not paid: a repeat, or the call after a cancel (`operationCallbacks`), must not promise its money.
  func resultCallback(of payment: SandboxPayment, canReject: Bool) -> Callback? {
    guard let url = payment.terms.resultURL else { return nil }
    let now = clock.now()
    let isPaid = payment.paidAt != nil && !payment.isReleased(at: now)
    var message = identity(of: payment)
    appendAmounts(of: payment, to: &message)
    if isPaid { message.append("pg_net_amount", payment.shownAmount.net.text) }
    message.append("pg_description", payment.terms.description)
    message.append("pg_result", isPaid ? "1" : "0")
    if isPaid, let paidAt = payment.paidAt {
      message.append("pg_payment_date", SandboxTime(milliseconds: paidAt).local(zone: configuration.zone))
    }
    message.append("pg_can_reject", canReject ? "1" : "0")
    appendPayer(of: payment, to: &message)
    message.append("pg_need_phone_notification", "0")
    message.append("pg_need_email_notification", payment.terms.userEmail == nil ? "0" : "1")
    if payment.terms.isTesting { message.append("pg_testing_mode", "1") }
    message.append("pg_payment_method", payment.terms.paymentMethod)
    message.append("pg_captured", payment.isCaptured(at: now) ? "1" : "0")
    message.append("pg_reference", ifPresent: payment.reference)
    if isPaid { appendCard(of: payment, to: &message) }
    appendFailure(of: payment, isPaid: isPaid, to: &message)
    message.fields += payment.terms.own
    return Callback(kind: .result, url: url, method: payment.terms.callbackMethod, message: message)
  }

  private func identity(of payment: SandboxPayment) -> WireMessage {
    var message = WireMessage()
    message.append("pg_order_id", ifPresent: payment.terms.orderID)
    message.append("pg_payment_id", "\(payment.id)")
    return message
  }

  private func appendAmounts(of payment: SandboxPayment, to message: inout WireMessage) {
    let amount = payment.shownAmount.text
    message.append("pg_amount", amount)
    message.append("pg_currency", payment.terms.currency)
    message.append("pg_ps_amount", amount)
    message.append("pg_ps_full_amount", amount)
    message.append("pg_ps_currency", payment.terms.currency)
  }

  private func appendPayer(of payment: SandboxPayment, to message: inout WireMessage) {
    message.append("pg_user_phone", ifPresent: payment.terms.userPhone)
    message.append("pg_user_contact_email", ifPresent: payment.terms.userEmail)
  }

  private func appendCard(of payment: SandboxPayment, to message: inout WireMessage) {
    guard let card = payment.card else { return }
    message.append("pg_card_pan", card.mask)
    message.append("pg_card_exp", "12/30")
    message.append("pg_card_owner", "SANDBOX PAYER")
    message.append("pg_card_brand", card.brand)
    message.append("pg_auth_code", ifPresent: payment.approvalCode)
  }

  private func appendFailure(of payment: SandboxPayment, isPaid: Bool, to message: inout WireMessage) {
    guard !isPaid, let failure = payment.paidAt == nil ? payment.failure : .released else { return }
    message.append("pg_failure_code", "\(failure.code)")
    message.append("pg_failure_description", failure.description)
  }

  // MARK: - The way back

  /// Where the browser goes after an attempt; nil where the shop gave no address.
  func redirect(of payment: SandboxPayment) -> Redirect? {
    let isPaid = payment.status == .success
    guard let way = isPaid ? payment.terms.success : payment.terms.failure else { return nil }
    var message = identity(of: payment)
    if !isPaid, let failure = payment.failure {
      message.append("pg_error_code", "\(failure.code)")
      message.append("pg_error_description", failure.description)
    }
    message.fields += payment.terms.own
    return Redirect(way, message, secret: configuration.secret)
  }
}

/// The payer's way back to the shop: fields signed with the last path segment of the shop's address, appended to its query (GET) or sent as
/// a form (POST) (protocol §6).
struct Redirect: Equatable, Sendable {
  /// The whole address for GET; the form's target for POST.
  var address: String
  /// The form's fields; empty for GET.
  var form: [Input]
  var isPost: Bool

  struct Input: Equatable, Sendable {
    var name: String
    var value: String
  }

  /// Parameters that the address has already take part in the signature: the shop sees one query.
  init(_ way: PageTerms.Return, _ message: WireMessage, secret: SandboxSecret) {
    var whole = WireMessage(message.fields.filter { field in !way.url.parameters.contains { $0.name == field.name } })
    let known = way.url.parameters
    for parameter in known { whole.append(parameter.name, parameter.value) }
    let signed = WireSignature.signed(whole, script: way.url.script, secret: secret).flattened
    isPost = way.isPost
    if way.isPost {
      address = way.url.text
      form = signed.map { Input(name: $0.name, value: $0.value) }
    } else {
      address = way.url.appending(signed.filter { field in !known.contains { $0.name == field.name } })
      form = []
    }
  }
}
