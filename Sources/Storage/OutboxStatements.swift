/// The statements about endpoints and deliveries.
enum OutboxStatements {
  /// A new endpoint begins behind all that happened. Another address is another endpoint behind the old name: enabled and rested.
  static let register = """
    INSERT INTO endpoint (name, address, created_at, place, failures) VALUES (:name, :address, :at, (SELECT coalesce(max(feed), 0) FROM event), 0)
    ON CONFLICT (name) DO UPDATE SET
      disabled_at = CASE WHEN address = excluded.address THEN disabled_at END,
      rests_until = CASE WHEN address = excluded.address THEN rests_until END,
      failures = CASE WHEN address = excluded.address THEN failures ELSE 0 END,
      address = excluded.address
    """
  static let names = "SELECT name FROM endpoint"
  static let giveUp = "UPDATE delivery SET status = 'dead', due_at = NULL WHERE endpoint = :endpoint AND status = 'waiting'"
  static let forget = "DELETE FROM endpoint WHERE name = :endpoint"

  static let endpoint = "SELECT place, failures, rests_until, disabled_at FROM endpoint WHERE name = :endpoint"
  static let endpoints = """
    SELECT name, failures, rests_until, disabled_at,
      (SELECT count(*) FROM delivery WHERE endpoint = name AND status = 'waiting'),
      (SELECT count(*) FROM delivery WHERE endpoint = name AND status = 'dead')
    FROM endpoint ORDER BY name
    """
  static let hasNew = "SELECT 1 FROM event WHERE feed > :place LIMIT 1"
  static let hasDue = "SELECT 1 FROM delivery WHERE endpoint = :endpoint AND status = 'waiting' AND due_at <= :now LIMIT 1"

  static let since = "SELECT feed, kind, merchant FROM event WHERE feed > :place ORDER BY feed LIMIT :limit"
  static let queue = """
    INSERT INTO delivery (endpoint, event, merchant, status, tries, due_at) VALUES (:endpoint, :event, :merchant, 'waiting', 0, :at)
    ON CONFLICT (endpoint, event) DO NOTHING
    """
  static let move = "UPDATE endpoint SET place = :place WHERE name = :endpoint"
  static let due = """
    SELECT event, tries FROM delivery WHERE endpoint = :endpoint AND status = 'waiting' AND due_at <= :now ORDER BY due_at, event LIMIT :limit
    """
  static let event = "SELECT \(EventColumn.list), feed FROM event WHERE feed = :place"
  /// Also the lease of one that is taken.
  static let postpone = "UPDATE delivery SET due_at = :at WHERE endpoint = :endpoint AND event = :place AND status = 'waiting'"
  static let bury = "UPDATE delivery SET status = 'dead', due_at = NULL WHERE endpoint = :endpoint AND event = :place"

  static let tried = """
    UPDATE delivery SET status = :status, tries = tries + 1, due_at = :due WHERE endpoint = :endpoint AND event = :place
    """
  static let attempt = """
    INSERT INTO attempt (endpoint, event, at, milliseconds, http_status, failure) VALUES (:endpoint, :place, :at, :milliseconds, :status, :failure)
    """
  static let breaker = """
    UPDATE endpoint SET failures = :failures, rests_until = :until, disabled_at = coalesce(disabled_at, :disabled) WHERE name = :endpoint
    """
  static let queueAgain = """
    INSERT INTO delivery (endpoint, event, merchant, status, tries, due_at)
    SELECT :endpoint, feed, merchant, 'waiting', 0, :at FROM event WHERE id = :id
    ON CONFLICT (endpoint, event) DO UPDATE SET status = 'waiting', tries = 0, due_at = excluded.due_at
    """
  static let enable = "UPDATE endpoint SET failures = 0, rests_until = NULL, disabled_at = NULL WHERE name = :endpoint"
  static let attempts =
    "SELECT at, milliseconds, http_status, failure FROM attempt WHERE endpoint = :endpoint AND event = :place ORDER BY number"

  /// Newest event first, before a place.
  static func list(status: Bool, endpoint: Bool, event: Bool) -> String {
    let conditions = [
      status ? "AND status = :status" : "", endpoint ? "AND endpoint = :only" : "",
      event ? "AND event = (SELECT feed FROM event WHERE id = :id)" : "",
    ].filter { !$0.isEmpty }
    return """
      SELECT \(DeliveryColumn.list) FROM delivery WHERE merchant = :merchant \(conditions.joined(separator: " "))
        AND (event, endpoint) < (:place, :endpoint) ORDER BY event DESC, endpoint DESC LIMIT :limit
      """
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
