import Payments

/// Table `payment`: one row for each attempt at money under a link. Its columns `refunding` and `capturing` are the schema's own.
enum PaymentColumn: Int, Column {
  case link, ordinal, merchant, number, status, amount, currency, captured, refunded, method, cardNumber, cardBrand, flags
  case failureCode, failureMessage, paidAt, checkedAt, createdAt, changedAt, rejectedAt, captureBy, captureToldAt

  static let table = "payment"

  var name: String { Self.names[rawValue] }

  private static let names = allCases.map { spelled("\($0)") }

  static let changing = allCases.filter { $0.rawValue >= number.rawValue }

  func value(of payment: Payment, under link: PaymentLink) -> SQLValue {
    switch self {
    case .link: link.id.text.sql
    case .ordinal: payment.ordinal.sql
    case .merchant: link.merchant.text.sql
    case .number: payment.id?.number.sql ?? .null
    case .status: payment.status.rawValue.sql
    case .amount: payment.amount?.minorUnits.sql ?? .null
    case .currency: payment.amount?.currency.code.sql ?? .null
    case .captured: payment.captured.sql
    case .refunded: payment.refunded.sql
    case .method: payment.method?.sql ?? .null
    case .cardNumber: payment.card?.maskedNumber.sql ?? .null
    case .cardBrand: payment.card?.brand?.sql ?? .null
    case .flags: FlagBits(payment.flags).rawValue.sql
    case .failureCode: payment.failure?.code.sql ?? .null
    case .failureMessage: payment.failure?.message.sql ?? .null
    case .paidAt: payment.paidAt?.sql ?? .null
    case .checkedAt: payment.checkedAt?.sql ?? .null
    case .createdAt: payment.createdAt.sql
    case .changedAt: payment.changedAt.sql
    case .rejectedAt: payment.rejectedAt?.sql ?? .null
    case .captureBy: payment.captureBy?.sql ?? .null
    case .captureToldAt: payment.captureToldAt?.sql ?? .null
    }
  }
}

extension StoredRow<PaymentColumn> {
  func payment() throws(StoreError) -> Payment {
    var payment = Payment(
      ordinal: Int(try integer(.ordinal)), id: try paymentIDIfAny(.number), status: try word(.status), createdAt: try time(.createdAt))
    payment.amount = try moneyIfAny(.amount, .currency)
    payment.captured = try integer(.captured)
    payment.refunded = try integer(.refunded)
    payment.method = try textIfAny(.method)
    payment.card = try textIfAny(.cardNumber).map { number throws(StoreError) in
      Card(maskedNumber: number, brand: try textIfAny(.cardBrand))
    }
    payment.flags = try flags()
    payment.failure = try textIfAny(.failureCode).map { code throws(StoreError) in Failure(code: code, message: try text(.failureMessage)) }
    payment.paidAt = try timeIfAny(.paidAt)
    payment.checkedAt = try timeIfAny(.checkedAt)
    payment.changedAt = try time(.changedAt)
    payment.rejectedAt = try timeIfAny(.rejectedAt)
    payment.captureBy = try timeIfAny(.captureBy)
    payment.captureToldAt = try timeIfAny(.captureToldAt)
    guard (0...(payment.amount?.minorUnits ?? 0)).contains(payment.captured) else { throw corrupt(.captured) }
    guard (0...payment.captured).contains(payment.refunded) else { throw corrupt(.refunded) }
    return payment
  }

  private func flags() throws(StoreError) -> [Flag] {
    let bits = FlagBits(rawValue: try integer(.flags))
    guard bits.isKnown else { throw corrupt(.flags) }
    return bits.flags
  }
}
