/// The statements about leases. What only asks whether there is any asks in the order of an index: PostgreSQL, which is told of no order, begins at the table's beginning.
///
/// What is taken is inserted: of two that choose the same link at once, the second meets the first's row.
enum LeaseStatements {
  static let lapsed = SQLStatement {
    """
    SELECT item, holder FROM lease WHERE work = :work AND ends_at <= :now AND lapses < :most ORDER BY ends_at LIMIT :limit \($0.lockingFree)
    """
  }
  static let hasLapsed = SQLStatement(
    "SELECT 1 FROM lease WHERE work = :work AND ends_at <= :now AND lapses < :most ORDER BY ends_at LIMIT 1")

  static let look = SQLStatement { "SELECT id FROM link WHERE \(isToLookAt) ORDER BY next_look_at LIMIT :limit \($0.lockingFree)" }
  static let hasLook = SQLStatement("SELECT 1 FROM link WHERE \(isToLookAt) ORDER BY next_look_at LIMIT 1")
  static let ended = SQLStatement { "SELECT id FROM link WHERE \(isEnded) ORDER BY expires_at LIMIT :limit \($0.lockingFree)" }
  static let hasEnded = SQLStatement("SELECT 1 FROM link WHERE \(isEnded) ORDER BY expires_at LIMIT 1")

  private static let isToLookAt = "merchant = :merchant AND look_rank = :rank AND next_look_at <= :now AND \(isFree)"
  private static let isEnded = "status = 'active' AND expires_at <= :now AND \(isFree)"
  private static let isFree = "NOT EXISTS (SELECT 1 FROM lease WHERE lease.work = :work AND lease.item = link.id AND lease.ends_at > :now)"

  static let take = SQLStatement(
    """
    INSERT INTO lease (work, item, holder, ends_at, lapses) VALUES (:work, :item, :holder, :ends_at, 0)
    ON CONFLICT (work, item) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at, lapses = lease.lapses + 1
      WHERE lease.ends_at <= :now
    """)
  static let renew = SQLStatement {
    """
    UPDATE lease SET ends_at = :ends_at WHERE work = :work AND holder = :holder
      AND item IN (SELECT value FROM \($0.each(":items", as: "wanted")))
    """
  }
  static let finish = SQLStatement {
    "DELETE FROM lease WHERE work = :work AND holder = :holder AND item IN (SELECT value FROM \($0.each(":items", as: "wanted")))"
  }

  /// Only where the time has come; or where it is so far ahead that some clock was set back.
  static let takeTurn = SQLStatement(
    """
    INSERT INTO turn (merchant, next_at) VALUES (:merchant, :next)
    ON CONFLICT (merchant) DO UPDATE SET next_at = excluded.next_at WHERE turn.next_at <= :now OR turn.next_at > :beyond
    """)
  static let isOthersTurn = SQLStatement("SELECT 1 FROM turn WHERE merchant = :merchant AND next_at > :now AND next_at <= :beyond")
}
