/// The statements that find a payer's rows and take out what says who pays. Links and messages are walked, a window at a time: nothing looks for a payer but this, and an
/// index for it would cost every create.
enum EraseStatements {
  static let lastLink = SQLStatement("SELECT coalesce(max(number), 0) FROM link")
  static let links = SQLStatement { dialect in
    "SELECT id, terms FROM link WHERE number > :after AND number <= :end AND \(dialect.holds("terms", ":trace"))"
  }
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

  static let messages = SQLStatement(
    "SELECT at, number, link, payment, message FROM message WHERE (at, number) > (:at, :number) ORDER BY at, number LIMIT :limit")
  static let eraseMessage = SQLStatement("UPDATE message SET message = '{}' WHERE at = :at AND number = :number")
}
