extension Schema {
  /// The shop's own pairs of every link, so that a list by one of them costs the same among a million links (design §4.3). They are part of the terms, which never
  /// change, and are written with the link; links of before are added here. PostgreSQL came later, and has none of before.
  static func version4(_ dialect: Dialect) -> String {
    """
    CREATE TABLE link_metadata (
      merchant TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      id TEXT NOT NULL REFERENCES link (id),
      PRIMARY KEY (merchant, key, value, created_at, id)
    ) STRICT, WITHOUT ROWID;
    \(dialect == .sqlite ? pairsOfBefore : "")
    """
  }

  private static let pairsOfBefore = """
    INSERT INTO link_metadata
      SELECT link.merchant, pair.key, pair.value, link.created_at, link.id FROM link, json_each(link.terms, '$.metadata') pair;
    """
}
