import Payments

/// Reads the refunds of a status answer (protocol §7.1, catalogue §3.3): `<pg_refund_payments><pg_refund_payment>…</pg_refund_payment>…`,
/// or `pg_refund_payments` itself repeated, each with `pg_payment_id`, `pg_payment_status`, `pg_amount` (negative) and, where it succeeded,
/// `pg_payment_date`.
struct RefundList {
  let fields: Fields
  let currency: Currency
  let region: Region

  /// In the answer's order. What has no amount that can be read says nothing.
  var refunds: [ReportedRefund] { records.compactMap(refund) }

  private var records: [Fields] {
    fields.values(of: "pg_refund_payments").flatMap { value -> [Fields] in
      guard case .nested(let list) = value else { return [] }
      if !list.values(of: "pg_amount").isEmpty { return [list] }
      return list.all.compactMap { field in
        guard case .nested(let record) = field.value else { return nil }
        return record
      }
    }
  }

  private func refund(_ record: Fields) -> ReportedRefund? {
    guard let text = record.text("pg_amount"), let amount = try? Money(decimal: text, currency: currency), amount.minorUnits != 0 else {
      return nil
    }
    return ReportedRefund(
      id: record.text("pg_payment_id").flatMap { Int64($0) }.flatMap { try? PaymentID($0) },
      amount: Money(minorUnits: Int64(amount.minorUnits.magnitude), currency: currency), status: status(record),
      at: record.text("pg_payment_date").flatMap { LocalTime.timestamp($0, offset: region.offset) })
  }

  /// One without a word counts as given back, as it does in the sum; an unknown word means "look again".
  private func status(_ record: Fields) -> ReportedRefund.Status {
    switch record.text("pg_payment_status") {
    case nil where record.values(of: "pg_payment_status").count < 2: .succeeded
    case "success", "ok": .succeeded
    case "error", "failed": .failed
    default: .pending
    }
  }
}
