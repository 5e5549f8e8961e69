import Payments
import Testing

@Suite struct StatusTableTests {
  /// The table written a second time, as a person reads it: rows what stands, columns what is reported, in the order of `columns`.
  /// a = apply, = same, s = stale, ! = anomaly.
  static let columns: [PaymentStatus] = [.pending, .authorized, .paid, .partiallyRefunded, .refunded, .failed, .canceled]
  static let rows: [(PaymentStatus, String)] = [
    (.pending, "=aaaaaa"),
    (.unknown, "=aaaaaa"),
    (.authorized, "s=aaa!a"),
    (.paid, "ss=aa!a"),
    (.partiallyRefunded, "sss=a!!"),
    (.refunded, "ssss=!="),
    (.failed, "saaaa=s"),
    (.canceled, "saaaas="),
  ]

  @Test("Every pair of what stands and what is reported has its cell", arguments: rows)
  func pairs(standing: PaymentStatus, cells: String) {
    let words: [Character: StatusTable.Cell] = ["a": .apply, "=": .same, "s": .stale, "!": .anomaly]
    for (reported, sign) in zip(Self.columns, cells) {
      #expect(StatusTable.cell(standing: standing, reported: reported) == words[sign], "\(standing) × \(reported)")
    }
  }

  @Test("All statuses stand in the table, and nobody reports unknown")
  func complete() {
    #expect(Set(Self.rows.map(\.0)) == Set(PaymentStatus.allCases))
    for standing in PaymentStatus.allCases { #expect(StatusTable.cell(standing: standing, reported: .unknown) == .anomaly) }
  }

  @Test("Money is never taken back by a plain failure")
  func moneyStays() {
    for standing in PaymentStatus.allCases where standing.hasMoney {
      #expect(StatusTable.cell(standing: standing, reported: .failed) == .anomaly)
      #expect(StatusTable.cell(standing: standing, reported: .pending) == .stale)
    }
  }
}
