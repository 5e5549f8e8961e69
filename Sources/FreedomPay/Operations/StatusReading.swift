import Payments

/// Reads a status answer into a report (protocol §7).
struct StatusReading {
  let fields: Fields
  let merchant: FreedomPayMerchant
  let query: StatusQuery
  /// When it was asked: older than the last change it is stale.
  let askedAt: Timestamp

  private var values: ReportFields { ReportFields(fields: fields, merchant: merchant) }

  /// A report, or why there is none.
  var answer: StatusAnswer {
    // "Within a minute of creation 0 means: does not exist" (protocol §7.2).
    if fields.text("pg_payment_id") == "0" { return .notFound }
    do {
      guard let id = try values.paymentID() else { return .unknown("a status without a payment number") }
      if let stranger = mismatch(with: id) { return .unknown(stranger) }
      // A page that nobody paid yet may have no amount at all: where the payer chooses, there is none.
      let amount = try values.money("pg_amount") ?? Money(minorUnits: 0, currency: values.currency())
      if amount.minorUnits < 0 { return .refundRecord }
      let report = try report(id, amount)
      if report.status.hasMoney, report.amount == nil { return .unknown("money without an amount") }
      return .report(report)
    } catch {
      return .unknown("a status whose number or amount \(error)")
    }
  }

  /// Why the answer is about something else than the question.
  private func mismatch(with id: PaymentID) -> String? {
    switch query {
    case .payment(let number, _), .stranger(let number):
      guard number == id else { return "the answer is about another payment" }
    case .order: break
    }
    guard let asked = query.order else { return nil }
    // One of the documented samples has no order, although it is called required (catalogue §5.6).
    guard fields.values(of: "pg_order_id").isEmpty || fields.text("pg_order_id") == asked.text else {
      return "the answer is about another order"
    }
    return nil
  }

  private func report(_ id: PaymentID, _ amount: Money) throws(InvalidValue) -> Report {
    let cleared = try values.money("pg_clearing_amount")
    var refunded = try refundedSum()
    let status = status(amount: amount, cleared: cleared, refunded: refunded)
    // The word alone gives back all that was taken.
    if status == .refunded, refunded.minorUnits == 0 { refunded = taken(amount: amount, cleared: cleared) }
    return Report(
      source: .status, merchant: merchant.name, paymentID: id, order: query.order ?? values.order, link: values.link, status: status,
      amount: amount.minorUnits > 0 ? amount : nil,
      captured: status == .authorized ? nil : cleared.flatMap { $0.minorUnits > 0 ? $0 : nil },
      refunded: refunded.minorUnits > 0 ? refunded : nil, discount: values.discount,
      refunds: RefundList(fields: fields, currency: amount.currency, region: merchant.region).refunds,
      isTest: values.flag("pg_testing_mode"), method: values.method, card: values.card,
      failure: status == .failed ? values.failure ?? Failure(code: word ?? "failed", message: "not paid") : nil, paidAt: paidAt(status),
      captureBy: merchant.captureBy(status, heldAt: paidAt(status) ?? askedAt), canReject: false, asOf: askedAt, needsConfirmation: false,
      evidence: CallbackEvidence(fields, merchant: merchant.name).evidence)
  }

  /// The payment's own word; the older calls have another field for it (protocol §7.2, §7.4).
  private var word: String? { fields.text("pg_payment_status") ?? fields.text("pg_transaction_status") }

  /// A word that nobody knows means "pending, look again", never paid. A refunded payment keeps its `success` (protocol §7.1).
  private func status(amount: Money, cleared: Money?, refunded: Money) -> PaymentStatus {
    switch word {
    case "success", "ok": paidStatus(amount: amount, cleared: cleared, refunded: refunded)
    case "refunded": .refunded
    case "revoked", "canceled": .canceled
    case "error", "failed", "incomplete": .failed
    default: .pending
    }
  }

  /// `pg_captured` is the flag, `pg_clearing_amount` the captured sum; without the flag a sum of nothing is a hold.
  private func paidStatus(amount: Money, cleared: Money?, refunded: Money) -> PaymentStatus {
    let isCaptured = values.flag("pg_captured") ?? (cleared.map { $0.minorUnits > 0 } ?? true)
    guard isCaptured else { return .authorized }
    guard refunded.minorUnits > 0 else { return .paid }
    return refunded.minorUnits >= taken(amount: amount, cleared: cleared).minorUnits ? .refunded : .partiallyRefunded
  }

  /// The captured sum; all of the amount where it is not said.
  private func taken(amount: Money, cleared: Money?) -> Money {
    cleared.flatMap { $0.minorUnits > 0 ? $0 : nil } ?? amount
  }

  /// What was given back: `pg_refund_amount` (negative), else the sum of the listed refunds that did not fail.
  private func refundedSum() throws(InvalidValue) -> Money {
    let currency = try values.currency()
    if let sum = try values.money("pg_refund_amount") { return Money(minorUnits: magnitude(sum), currency: currency) }
    var sum: Int64 = 0
    for case .nested(let refund) in fields.nested("pg_refund_payments")?.all.map(\.value) ?? [] {
      let status = refund.text("pg_payment_status")
      guard status == nil || status == "success" || status == "ok", let text = refund.text("pg_amount") else { continue }
      let (total, isTooLarge) = sum.addingReportingOverflow(magnitude(try Money(decimal: text, currency: currency)))
      guard !isTooLarge else { throw InvalidValue("must be a sum that a number can hold") }
      sum = total
    }
    return Money(minorUnits: sum, currency: currency)
  }

  private func magnitude(_ money: Money) -> Int64 { Int64(money.minorUnits.magnitude) }

  private func paidAt(_ status: PaymentStatus) -> Timestamp? { status.hasMoney ? values.paidAt : nil }
}

extension StatusQuery {
  /// The order that the answer must be about; nil where it was not known.
  fileprivate var order: OrderID? {
    switch self {
    case .payment(_, let order), .order(let order): order
    case .stranger: nil
    }
  }
}
