extension Schema {
  /// The same rules in words that cost less. SQLite looks for a value in a list of three or more (`status IN ('creating', …)`) by building a table of them, at every
  /// row that is written: a create built eight such tables with 47 rows, beside its own 27. A chain of `=` and OR says the same and ends at the first that fits.
  ///
  /// Nothing that is stored changes, so the text of the schema is changed where it stands, as SQLite's page on ALTER TABLE describes it; a text that is not found is
  /// left as it is. PostgreSQL makes no such tables.
  ///
  /// In the index the list stays behind the chain, since SQLite takes an index only for a search whose words it finds in it; and the chain is written the other way
  /// round, so that a search for one status, which has an index of its own, does not find its words there.
  static func version7(_ dialect: Dialect) -> String {
    switch dialect {
    case .postgres: ""
    case .sqlite:
      """
      PRAGMA writable_schema = ON;
      \(respelled("link", linkStatuses, chain(linkStatuses)))
      \(respelled("payment", paymentStatuses, chain(paymentStatuses)))
      \(respelled("link_open", openLinks, openLinks.map { "\(quoted($0)) = status" }.joined(separator: " OR ") + " OR " + list(openLinks)))
      PRAGMA writable_schema = RESET;
      -- A change of the schema by its own means: whoever has it in memory reads it anew.
      CREATE TABLE respelled (one INTEGER); DROP TABLE respelled;
      """
    }
  }

  private static let linkStatuses = ["creating", "active", "completed", "review", "failed", "expired", "canceled"]
  private static let paymentStatuses = ["pending", "authorized", "paid", "partially_refunded", "refunded", "failed", "canceled", "unknown"]
  private static let openLinks = ["creating", "active", "review"]

  /// Puts other words for a list of statuses into the schema's own text of a table or an index.
  private static func respelled(_ name: String, _ words: [String], _ other: String) -> String {
    "UPDATE sqlite_schema SET sql = replace(sql, \(quoted(list(words))), \(quoted(other))) WHERE name = \(quoted(name));"
  }

  private static func list(_ words: [String]) -> String { "status IN (\(words.map(quoted).joined(separator: ", ")))" }
  private static func chain(_ words: [String]) -> String { words.map { "status = \(quoted($0))" }.joined(separator: " OR ") }
  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
