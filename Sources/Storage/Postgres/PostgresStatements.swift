import Payments

/// What only PostgreSQL is asked: its transactions and locks, and the reads of a whole group at once.
enum PostgresStatements {
  static let settle = SQLStatement(
    """
    SELECT set_config('statement_timeout', :statement, false), set_config('lock_timeout', :lock, false),
      set_config('idle_in_transaction_session_timeout', :idle, false)
    """)
  static let unhurried = SQLStatement(
    "SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)")
  static let begin = SQLStatement("BEGIN ISOLATION LEVEL READ COMMITTED")
  static let beginReading = SQLStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
  static let commit = SQLStatement("COMMIT")
  static let rollBack = SQLStatement("ROLLBACK")

  /// Of a session whose commits need not be durable when they are answered: it writes nothing.
  static let unwaiting = SQLStatement("SELECT set_config('synchronous_commit', 'off', false)")
  static let listen = SQLStatement("LISTEN paylink")
  static let notify = SQLStatement("SELECT pg_notify('paylink', :text)")
  static let probe = SQLStatement("SELECT 1")

  /// In the order of the list, which is sorted: nobody waits in a ring.
  static let lock = SQLStatement("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS wanted (key)")

  /// The links of a group's scopes by their ids, orders and payments; for a bound of each order's links the live and newest.
  private static let wanted = """
    SELECT value FROM unnest(CAST(:ids AS text[])) AS wanted (value)
    UNION SELECT kept.id FROM unnest(CAST(:order_merchants AS text[]), CAST(:orders AS text[])) AS wanted (merchant, order_id)
      CROSS JOIN LATERAL (SELECT id FROM link WHERE link.merchant = wanted.merchant AND link.order_id = wanted.order_id
        ORDER BY is_live DESC, created_at DESC, id DESC LIMIT :limit) kept
    UNION SELECT payment.link FROM unnest(CAST(:payment_merchants AS text[]), CAST(:numbers AS bigint[])) AS wanted (merchant, number)
      JOIN payment ON payment.merchant = wanted.merchant AND payment.number = wanted.number
    """
  static let links = SQLStatement("SELECT \(LinkColumn.list) FROM link WHERE id IN (\(wanted)) ORDER BY id FOR UPDATE")
  static let payments = SQLStatement("SELECT \(PaymentColumn.list) FROM payment WHERE link IN (\(wanted)) ORDER BY link, ordinal")
  static let operations = SQLStatement("SELECT \(OperationColumn.list) FROM operation WHERE link IN (\(wanted)) ORDER BY link, ordinal")
}
