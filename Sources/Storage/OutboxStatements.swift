/// The statements about endpoints and deliveries.
enum OutboxStatements {
  /// A new endpoint begins behind all that happened. Another address is another endpoint behind the old name: enabled and rested.
  static let register = SQLStatement(
    """
    INSERT INTO endpoint (name, address, created_at, place, failures) VALUES (:name, :address, :at, (SELECT coalesce(max(feed), 0) FROM event), 0)
    ON CONFLICT (name) DO UPDATE SET
      disabled_at = CASE WHEN endpoint.address = excluded.address THEN endpoint.disabled_at END,
      rests_until = CASE WHEN endpoint.address = excluded.address THEN endpoint.rests_until END,
      failures = CASE WHEN endpoint.address = excluded.address THEN endpoint.failures ELSE 0 END,
      address = excluded.address
    """)
  static let names = SQLStatement("SELECT name FROM endpoint")
  static let giveUp = SQLStatement(
    "UPDATE delivery SET status = 'dead', due_at = NULL WHERE endpoint = :endpoint AND status = 'waiting'")
  static let forget = SQLStatement("DELETE FROM endpoint WHERE name = :endpoint")

  static let endpoint = SQLStatement("SELECT \(standing) FROM endpoint WHERE name = :endpoint")
  /// The same, and ours until the commit: deliveries of one endpoint are taken by one at a time.
  static let lockedEndpoint = SQLStatement { "SELECT \(standing) FROM endpoint WHERE name = :endpoint \($0.locking)" }
  private static let standing = "place, failures, rests_until, disabled_at"
  static let endpoints = SQLStatement(
    """
    SELECT name, failures, rests_until, disabled_at,
      (SELECT count(*) FROM delivery WHERE endpoint = name AND status = 'waiting'),
      (SELECT count(*) FROM delivery WHERE endpoint = name AND status = 'dead')
    FROM endpoint ORDER BY name
    """)
  /// In an order, or PostgreSQL would look for any at all from the table's beginning.
  static let hasNew = SQLStatement("SELECT 1 FROM event WHERE feed > :place ORDER BY feed LIMIT 1")
  static let hasDue = SQLStatement(
    "SELECT 1 FROM delivery WHERE endpoint = :endpoint AND status = 'waiting' AND due_at <= :now ORDER BY due_at LIMIT 1")

  static let since = SQLStatement("SELECT feed, kind, merchant FROM event WHERE feed > :place ORDER BY feed LIMIT :limit")
  static let queue = SQLStatement(
    """
    INSERT INTO delivery (endpoint, event, merchant, status, tries, due_at) VALUES (:endpoint, :event, :merchant, 'waiting', 0, :at)
    ON CONFLICT (endpoint, event) DO NOTHING
    """)
  static let move = SQLStatement("UPDATE endpoint SET place = :place WHERE name = :endpoint")
  static let due = SQLStatement(
    """
    SELECT event, tries, taken_by FROM delivery WHERE endpoint = :endpoint AND status = 'waiting' AND due_at <= :now ORDER BY due_at, event LIMIT :limit
    """)
  static let event = SQLStatement("SELECT \(EventColumn.list), feed FROM event WHERE feed = :place")
  static let lease = SQLStatement(
    "UPDATE delivery SET due_at = :at, taken_by = :holder WHERE endpoint = :endpoint AND event = :place AND status = 'waiting'")
  static let renew = SQLStatement(
    "UPDATE delivery SET due_at = :at WHERE endpoint = :endpoint AND event = :place AND status = 'waiting' AND taken_by = :holder")
  static let giveBack = SQLStatement(
    """
    UPDATE delivery SET due_at = :at, taken_by = NULL
    WHERE endpoint = :endpoint AND event = :place AND status = 'waiting' AND taken_by = :holder
    """)
  static let bury = SQLStatement("UPDATE delivery SET status = 'dead', due_at = NULL WHERE endpoint = :endpoint AND event = :place")

  static let tried = SQLStatement(
    """
    UPDATE delivery SET status = :status, tries = tries + 1, due_at = :due, taken_by = NULL WHERE endpoint = :endpoint AND event = :place
      AND (CAST(:status AS TEXT) = 'delivered' OR (status = 'waiting' AND taken_by = :holder))
    """)
  static let attempt = SQLStatement(
    """
    INSERT INTO attempt (endpoint, event, at, milliseconds, http_status, failure) VALUES (:endpoint, :place, :at, :milliseconds, :status, :failure)
    """)
  static let breaker = SQLStatement(
    """
    UPDATE endpoint SET failures = :failures, rests_until = :until, disabled_at = coalesce(disabled_at, :disabled) WHERE name = :endpoint
    """)
  /// An event without a place yet is on its way to every endpoint as it is. A value in a SELECT has no column to take its type from: PostgreSQL asks for it.
  static let queueAgain = SQLStatement(
    """
    INSERT INTO delivery (endpoint, event, merchant, status, tries, due_at)
    SELECT CAST(:endpoint AS TEXT), feed, merchant, 'waiting', 0, CAST(:at AS BIGINT) FROM event WHERE id = :id AND feed IS NOT NULL
    ON CONFLICT (endpoint, event) DO UPDATE SET status = 'waiting', tries = 0, due_at = excluded.due_at, taken_by = NULL
    """)
  static let enable = SQLStatement("UPDATE endpoint SET failures = 0, rests_until = NULL, disabled_at = NULL WHERE name = :endpoint")
  static let attempts = SQLStatement(
    "SELECT at, milliseconds, http_status, failure FROM attempt WHERE endpoint = :endpoint AND event = :place ORDER BY number")

  /// What a list of deliveries is narrowed by.
  struct Conditions: OptionSet {
    let rawValue: Int

    static let status = Conditions(rawValue: 1)
    static let endpoint = Conditions(rawValue: 2)
    static let event = Conditions(rawValue: 4)
    static let every = 0..<8
  }

  /// Newest event first, before a place.
  static func list(_ conditions: Conditions) -> SQLStatement { lists[conditions.rawValue] }

  private static let lists = Conditions.every.map { bits in
    let chosen = Conditions(rawValue: bits)
    var conditions = ["merchant = :merchant"]
    if chosen.contains(.status) { conditions.append("status = :status") }
    if chosen.contains(.endpoint) { conditions.append("endpoint = :only") }
    if chosen.contains(.event) { conditions.append("event = (SELECT feed FROM event WHERE id = :id)") }
    return SQLStatement(
      """
      SELECT \(DeliveryColumn.list) FROM delivery WHERE \(conditions.joined(separator: " AND "))
        AND (event, endpoint) < (:place, :endpoint) ORDER BY event DESC, endpoint DESC LIMIT :limit
      """)
  }
}

/// What `OutboxStatements.list` gives.
enum DeliveryColumn: Int, Column {
  case endpoint, event, status, tries, dueAt

  static let table = "delivery"

  var name: String { self == .dueAt ? "due_at" : "\(self)" }
}

/// What `OutboxStatements.attempts` gives.
enum AttemptColumn: Int, Column {
  case at, milliseconds, httpStatus, failure

  static let table = "attempt"

  var name: String { self == .httpStatus ? "http_status" : "\(self)" }
}

/// What `OutboxStatements.endpoints` gives.
enum EndpointColumn: Int, Column {
  case name, failures, restsUntil, disabledAt, waiting, dead

  static let table = "endpoint"

  var name: String { Self.spelled("\(self)") }
}
