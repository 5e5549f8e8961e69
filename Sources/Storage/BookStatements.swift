/// The statements about all that stands beside the links.
enum BookStatements {
  static let insertEvent = SQLStatement("INSERT INTO event (\(EventColumn.list)) VALUES (\(EventColumn.parameters))")
  /// Also those that have no place in the feed yet: a link's own events are written in their order, since each waits for the link.
  static let eventsOfLink = SQLStatement { dialect in
    "SELECT \(EventColumn.list) FROM event WHERE link = :link AND sequence > :after ORDER BY sequence, \(dialect.arrival) LIMIT :limit"
  }

  /// Behind a place; `feed` comes last.
  static let feed = SQLStatement(
    "SELECT \(EventColumn.list), feed FROM event WHERE merchant = :merchant AND feed > :after AND at >= :from ORDER BY feed LIMIT :limit")
  static let lastPlace = SQLStatement("SELECT feed FROM event WHERE merchant = :merchant AND feed > 0 ORDER BY feed DESC LIMIT 1")
  static let nextPlace = SQLStatement(
    "SELECT feed, at FROM event WHERE merchant = :merchant AND feed > :after ORDER BY feed LIMIT 1")
  /// With place 0 while it has none.
  static let eventByID = SQLStatement("SELECT \(EventColumn.list), coalesce(feed, 0) FROM event WHERE id = :id")

  static let idempotency = SQLStatement(
    "SELECT fingerprint, at, link, operation, refusal FROM idempotency WHERE caller = :caller AND key = :key")
  static let keepIdempotency = SQLStatement(
    """
    INSERT INTO idempotency (caller, key, fingerprint, at, link, operation, refusal)
    VALUES (:caller, :key, :fingerprint, :at, :link, :operation, :refusal)
    ON CONFLICT (caller, key) DO UPDATE SET
      fingerprint = excluded.fingerprint, at = excluded.at, link = excluded.link, operation = excluded.operation, refusal = excluded.refusal
    """)
  static let forgetIdempotency = SQLStatement("DELETE FROM idempotency WHERE caller = :caller AND key = :key")

  static let insertMessage = SQLStatement(
    """
    INSERT INTO message (at, merchant, source, payment, order_id, link, reading, verdict, is_remembered, digest, message)
    VALUES (:at, :merchant, :source, :payment, :order_id, :link, :reading, :verdict, :is_remembered, :digest, :message)
    """)
  static let answer = SQLStatement("SELECT verdict FROM answer WHERE merchant = :merchant AND digest = :digest")
  /// The first verdict stays.
  static let rememberAnswer = SQLStatement(
    """
    INSERT INTO answer (merchant, digest, at, verdict) VALUES (:merchant, :digest, :at, :verdict) ON CONFLICT (merchant, digest) DO NOTHING
    """)

  static let beat = SQLStatement("UPDATE heartbeat SET beats = beats + 1 WHERE number = 1")
}
