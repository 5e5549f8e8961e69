import Payments

/// A payment as the API shows it (design §4.4).
struct PaymentBody: Encodable, Sendable {
  let id: Nullable<Int64>
  let status: PaymentStatus
  let amount: Nullable<Int64>
  let captured: Int64
  let refunded: Int64
  let currency: String
  let method: Nullable<String>
  let card: Nullable<CardBody>?
  let flags: [Flag]?
  let failure: Nullable<FailureBody>
  let paidAt: Nullable<String>

  struct CardBody: Encodable, Sendable {
    let pan: String
    let brand: Nullable<String>
  }

  struct FailureBody: Encodable, Sendable {
    let code: String
    let message: String
  }

  /// - Parameter currency: the link's, while the payment has no amount.
  init(_ payment: Payment, currency: Currency, view: LinkBody.View) {
    id = Nullable(payment.id?.number)
    status = payment.status
    amount = Nullable(payment.amount?.minorUnits)
    captured = payment.captured
    refunded = payment.refunded
    self.currency = (payment.amount?.currency ?? currency).code
    method = Nullable(payment.method)
    card = view == .key ? Nullable(payment.card.map { CardBody(pan: $0.maskedNumber, brand: Nullable($0.brand)) }) : nil
    flags = view == .key ? payment.flags : nil
    failure = Nullable(payment.failure.map { FailureBody(code: $0.code, message: $0.message) })
    paidAt = Nullable(payment.paidAt?.rfc3339)
  }

  enum CodingKeys: String, CodingKey {
    case id, status, amount, captured, refunded, currency, method, card, flags, failure
    case paidAt = "paid_at"
  }
}
