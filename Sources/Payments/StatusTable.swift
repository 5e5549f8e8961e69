/// The payment status table of design §5: every pair of what stands in the books and what the acquirer says, as data.
package enum StatusTable {
  package enum Cell: String, Hashable, Sendable {
    /// The books change.
    case apply
    /// They say so already.
    case same
    /// Older news; stored and silent.
    case stale
    /// Cannot be; stored, `payment.anomaly`, never applied.
    case anomaly
  }

  /// What to do when the books say `standing` and a report says `reported`.
  package static func cell(standing: PaymentStatus, reported: PaymentStatus) -> Cell {
    let row = rows[standing] ?? [:]
    return row[reported] ?? .anomaly
  }

  /// Rows are what stands, columns what is reported. `unknown` is never reported: an adapter that cannot read a status says `pending`.
  private static let rows: [PaymentStatus: [PaymentStatus: Cell]] = [
    .pending: [
      .pending: .same, .authorized: .apply, .paid: .apply, .partiallyRefunded: .apply, .refunded: .apply, .failed: .apply,
      .canceled: .apply,
    ],
    .unknown: [
      .pending: .same, .authorized: .apply, .paid: .apply, .partiallyRefunded: .apply, .refunded: .apply, .failed: .apply,
      .canceled: .apply,
    ],
    .authorized: [
      .pending: .stale, .authorized: .same, .paid: .apply, .partiallyRefunded: .apply, .refunded: .apply, .failed: .anomaly,
      .canceled: .apply,
    ],
    // Paid is never taken back except by a refund or reversal that the acquirer reports.
    .paid: [
      .pending: .stale, .authorized: .stale, .paid: .same, .partiallyRefunded: .apply, .refunded: .apply, .failed: .anomaly,
      .canceled: .apply,
    ],
    .partiallyRefunded: [
      .pending: .stale, .authorized: .stale, .paid: .stale, .partiallyRefunded: .same, .refunded: .apply, .failed: .anomaly,
      .canceled: .anomaly,
    ],
    .refunded: [
      .pending: .stale, .authorized: .stale, .paid: .stale, .partiallyRefunded: .stale, .refunded: .same, .failed: .anomaly,
      .canceled: .same,
    ],
    // The payer may try again on the same page, under the same number (protocol §4.3).
    .failed: [
      .pending: .stale, .authorized: .apply, .paid: .apply, .partiallyRefunded: .apply, .refunded: .apply, .failed: .same,
      .canceled: .stale,
    ],
    .canceled: [
      .pending: .stale, .authorized: .apply, .paid: .apply, .partiallyRefunded: .apply, .refunded: .apply, .failed: .stale,
      .canceled: .same,
    ],
  ]
}
