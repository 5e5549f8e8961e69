import Payments

/// A refund as the API shows it (design §4.4). Its status is the domain's own word: requested, sent, succeeded, failed or unknown.
struct RefundBody: Encodable, Sendable {
  let id: String
  let object = "refund"
  let link: String
  let paymentID: Nullable<Int64>
  let amount: Int64
  let currency: String
  let status: Operation.Status
  let failure: Nullable<PaymentBody.FailureBody>
  let origin: Operation.Origin
  let createdAt: String

  init(_ refund: Operation, of link: PaymentLink) {
    id = refund.id.text
    self.link = link.id.text
    paymentID = Nullable(link.payments.first { $0.ordinal == refund.payment }?.id?.number)
    amount = refund.amount.minorUnits
    currency = refund.amount.currency.code
    status = refund.status
    failure = Nullable(refund.failure.map { PaymentBody.FailureBody(code: $0.code, message: $0.message) })
    origin = refund.origin
    createdAt = refund.requestedAt.rfc3339
  }

  /// The refunds of a link, newest first.
  static func all(of link: PaymentLink) -> [RefundBody] {
    link.operations.reversed().filter { $0.kind == .refund }.map { RefundBody($0, of: link) }
  }

  enum CodingKeys: String, CodingKey {
    case amount
    case createdAt = "created_at"
    case currency, failure, id, link, object, origin
    case paymentID = "payment_id"
    case status
  }
}

/// All refunds of a link.
struct RefundListBody: Encodable, Sendable {
  let data: [RefundBody]
}
