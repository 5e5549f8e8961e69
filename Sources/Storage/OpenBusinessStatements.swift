import Payments

/// The statements about orphans and about what is not finished.
enum OpenBusinessStatements {
  /// The newest message counts; the first time stays.
  static let noteOrphan = SQLStatement(
    """
    INSERT INTO orphan (\(OrphanColumn.list)) VALUES (\(OrphanColumn.parameters))
    ON CONFLICT (merchant, payment) DO UPDATE SET
      order_id = coalesce(excluded.order_id, orphan.order_id), status = excluded.status, amount = coalesce(excluded.amount, orphan.amount),
      currency = coalesce(excluded.currency, orphan.currency), last_at = excluded.last_at, messages = orphan.messages + 1
    """)

  private static let unadopted = """
    NOT EXISTS (SELECT 1 FROM payment WHERE payment.merchant = orphan.merchant AND payment.number = orphan.payment)
    """
  static let orphans = SQLStatement(
    """
    SELECT \(OrphanColumn.list) FROM orphan WHERE merchant = :merchant AND payment < :before AND \(unadopted)
    ORDER BY payment DESC LIMIT :limit
    """)
  static let orphan = SQLStatement(
    "SELECT \(OrphanColumn.list) FROM orphan WHERE merchant = :merchant AND payment = :payment AND \(unadopted)")

  static func oldest(_ kind: Unfinished.Kind) -> SQLStatement {
    switch kind {
    case .link: oldestLink
    case .payment: oldestPayment
    case .operation: oldestOperation
    }
  }

  private static let oldestLink = SQLStatement(
    "SELECT min(created_at) FROM link WHERE status = :status AND status IN ('creating', 'active', 'review')")
  private static let oldestPayment = SQLStatement(
    "SELECT min(changed_at) FROM payment WHERE status = :status AND status IN ('authorized', 'unknown')")
  private static let oldestOperation = SQLStatement(
    "SELECT min(requested_at) FROM operation WHERE status = :status AND status IN ('requested', 'sent', 'unknown')")
}
