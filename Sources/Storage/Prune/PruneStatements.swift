/// The statements that take away what is past its time. Each takes one batch, by an index, so that no lock is held for long; what somebody still needs stays.
enum PruneStatements {
  /// One batch of a kind that goes by its time alone, or with a condition on the row.
  struct Batch {
    /// Deletes, and counts what it would delete, up to a limit.
    let delete, count: SQLStatement

    /// Of a table that PostgreSQL keeps in partitions: whole ones are dropped there, and this is for the default one.
    init(partitioned table: String) {
      let name = { (dialect: Dialect) in dialect == .sqlite ? table : "\(table)_default" }
      let key = { (dialect: Dialect) in dialect == .sqlite ? "number" : "at, number" }
      delete = SQLStatement { dialect in
        """
        DELETE FROM \(name(dialect)) WHERE (\(key(dialect))) IN
          (SELECT \(key(dialect)) FROM \(name(dialect)) WHERE at < :before ORDER BY at LIMIT :limit)
        """
      }
      count = SQLStatement { "SELECT count(*) FROM (SELECT 1 FROM \(name($0)) WHERE at < :before LIMIT :limit) old" }
    }

    init(_ table: String, key: String, at time: String = "at", unless isNeeded: String? = nil) {
      let old = "FROM \(table) WHERE \(time) < :before\(isNeeded.map { " AND NOT (\($0))" } ?? "")"
      delete = SQLStatement("DELETE FROM \(table) WHERE (\(key)) IN (SELECT \(key) \(old) ORDER BY \(time) LIMIT :limit)")
      count = SQLStatement("SELECT count(*) FROM (SELECT 1 \(old) LIMIT :limit) old")
    }
  }

  /// - Returns: nil for events, which are walked.
  static func batch(_ kind: Retention.Kind) -> Batch? {
    switch kind {
    case .messages: messages
    case .attempts: attempts
    case .answers: answers
    case .idempotencyKeys: keys
    case .events: nil
    case .orphans: orphans
    }
  }

  private static let messages = Batch(partitioned: "message")
  private static let attempts = Batch(partitioned: "attempt")
  private static let answers = Batch("answer", key: "merchant, digest")

  /// A key whose request has no outcome yet must still find it.
  private static let keys = Batch(
    "idempotency", key: "caller, key",
    unless: """
      EXISTS (SELECT 1 FROM link WHERE link.id = idempotency.link AND link.status = 'creating')
      OR EXISTS (SELECT 1 FROM operation WHERE operation.id = idempotency.operation AND operation.status IN ('requested', 'sent', 'unknown'))
      """)

  /// Money that came and that nobody has adopted is kept, however old.
  private static let orphans = Batch(
    "orphan", key: "merchant, payment", at: "last_at",
    unless: """
      orphan.status NOT IN ('pending', 'failed', 'canceled')
      AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.merchant = orphan.merchant AND payment.number = orphan.payment)
      """)

  // Events.

  /// Events behind a place in their order, with whether each is needed: by a delivery that waits, or by a link that is not at rest. No event is passed that an
  /// endpoint was not told of yet.
  static let walk = SQLStatement { "\(events) \($0.locking)" }
  /// The same for a reader.
  static let look = SQLStatement(events)
  private static let events = """
    SELECT feed, at, CASE WHEN EXISTS (SELECT 1 FROM delivery WHERE delivery.event = event.feed AND delivery.status = 'waiting')
        OR EXISTS (SELECT 1 FROM link WHERE link.id = event.link
          AND (link.status IN ('creating', 'active', 'review') OR link.next_look_at IS NOT NULL))
        OR EXISTS (SELECT 1 FROM operation WHERE operation.link = event.link AND operation.status IN ('requested', 'sent', 'unknown'))
      THEN 1 ELSE 0 END
    FROM event WHERE feed > :after AND feed <= (SELECT coalesce(min(place), \(Int64.max)) FROM endpoint) ORDER BY feed LIMIT :limit
    """
  private static func chosen(_ dialect: Dialect) -> String { "SELECT CAST(value AS BIGINT) FROM \(dialect.each(":events", as: "chosen"))" }
  static let attemptsOfEvents = SQLStatement { dialect in
    """
    DELETE FROM attempt WHERE (endpoint, event) IN
      (SELECT endpoint, event FROM delivery WHERE event IN (\(chosen(dialect))) AND status <> 'waiting')
    """
  }
  static let deliveriesOfEvents = SQLStatement { "DELETE FROM delivery WHERE event IN (\(chosen($0))) AND status <> 'waiting'" }
  static let removeEvents = SQLStatement {
    "DELETE FROM event WHERE feed IN (\(chosen($0))) AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event = event.feed)"
  }
}
