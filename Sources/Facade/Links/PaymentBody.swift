import JSON
import Payments

/// A payment as the API shows it (design §4.4). What is nil stands there as null; an optional of an optional is left out where it is nil.
struct PaymentBody: Encodable, Sendable {
  let id: Int64?
  let status: PaymentStatus
  let amount: Int64?
  let captured: Int64
  let refunded: Int64
  let currency: String
  let method: String?
  let card: CardBody??
  let flags: [Flag]?
  let failure: FailureBody?
  let paidAt: String?

  struct CardBody: Encodable, Sendable {
    let pan: String
    let brand: String?
  }

  struct FailureBody: Encodable, Sendable {
    let code: String
    let message: String
  }

  /// - Parameter currency: the link's, while the payment has no amount.
  init(_ payment: Payment, currency: Currency, view: LinkBody.View) {
    id = payment.id?.number
    status = payment.status
    amount = payment.amount?.minorUnits
    captured = payment.captured
    refunded = payment.refunded
    self.currency = (payment.amount?.currency ?? currency).code
    method = payment.method
    card = view == .key ? .some(payment.card.map { CardBody(pan: $0.maskedNumber, brand: $0.brand) }) : .none
    flags = view == .key ? payment.flags : nil
    failure = payment.failure.map { FailureBody(code: $0.code, message: $0.message) }
    paidAt = payment.paidAt?.rfc3339
  }
}

extension PaymentBody {
  func encode(to encoder: any Encoder) throws {
    var json = JSONObjectWriter(encoder)
    json.add("amount", amount)
    json.add("captured", captured)
    if let card { try json.add("card", value: card) }
    json.add("currency", currency)
    try json.add("failure", value: failure)
    if let flags { try json.add("flags", value: flags) }
    json.add("id", id)
    json.add("method", method)
    json.add("paid_at", paidAt)
    json.add("refunded", refunded)
    json.add("status", status.rawValue)
  }
}

extension PaymentBody.CardBody {
  func encode(to encoder: any Encoder) throws {
    var json = JSONObjectWriter(encoder)
    json.add("brand", brand)
    json.add("pan", pan)
  }
}
