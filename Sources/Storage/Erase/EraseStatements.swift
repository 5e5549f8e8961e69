/// The statements that find a payer's rows and take out what says who pays. Links and messages are walked, a window at a time: nothing looks for a payer but this, and an
/// index for it would cost every create.
enum EraseStatements {
  static let lastLink = SQLStatement("SELECT coalesce(max(number), 0) FROM link")
  static let links = SQLStatement { dialect in
    "SELECT id, merchant, terms FROM link WHERE number > :after AND number <= :end AND \(dialect.holds("terms", ":trace"))"
  }
  static let link = SQLStatement("SELECT merchant, status, expires_at FROM link WHERE id = :id")
  static let terms = SQLStatement { "SELECT terms FROM link WHERE id = :id \($0.locking)" }
  static let eraseTerms = SQLStatement("UPDATE link SET terms = :terms WHERE id = :id")
  static let eraseMetadata = SQLStatement(
    "DELETE FROM link_metadata WHERE merchant = (SELECT merchant FROM link WHERE link.id = :id) AND key = :key AND id = :id")
  static let numbers = SQLStatement("SELECT number FROM payment WHERE link = :id AND number IS NOT NULL")
  static let cards = SQLStatement("SELECT count(*) FROM payment WHERE link = :id AND card_number IS NOT NULL")
  static let eraseCards = SQLStatement(
    "UPDATE payment SET card_number = NULL, card_brand = NULL WHERE link = :id AND card_number IS NOT NULL")
  static let reasons = SQLStatement("SELECT count(*) FROM operation WHERE link = :id AND reason IS NOT NULL")
  static let eraseReasons = SQLStatement("UPDATE operation SET reason = NULL WHERE link = :id AND reason IS NOT NULL")
  static let states = SQLStatement("SELECT id, state FROM event WHERE link = :id")
  static let eraseState = SQLStatement("UPDATE event SET state = :state WHERE id = :id")

  /// What stands in the place of a message that was erased.
  private static let nothing = "'{}'"
  /// With whether it is erased already, and its text where it is of no link and holds a word: the engine looks for that faster than we do, and sends no other.
  static let messages = SQLStatement { dialect in
    """
    SELECT at, number, merchant, link, payment, CASE WHEN message = \(nothing) THEN 1 ELSE 0 END,
      CASE WHEN :word <> '' AND link IS NULL AND \(dialect.holds("message", ":word")) THEN message ELSE '' END
    FROM message WHERE (at, number) > (:at, :number) ORDER BY at, number LIMIT :limit
    """
  }
  static let eraseMessage = SQLStatement("UPDATE message SET message = \(nothing) WHERE at = :at AND number = :number")
}
