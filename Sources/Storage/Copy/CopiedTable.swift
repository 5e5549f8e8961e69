/// A table of the books as a copy takes it: in the order of this list each stands behind what it refers to.
struct CopiedTable: Sendable {
  let name: String
  /// What its rows are read by, page by page, in this order.
  let key: [String]
  /// The column whose numbers the engine gives.
  var numbered: String?
  /// Whether how far these numbers are goes along, since one is never given twice though its row may go: places in the feed stay valid. Rows that are never deleted
  /// are their own mark: their engines go on behind the highest.
  var isMarked = false
  /// A column that an engine has for itself, and fills itself.
  var ofOneEngine: String?

  /// Every table of the schema but those of `own`: a test, and every copy, holds this list against what stands.
  static let all: [CopiedTable] = [
    CopiedTable(name: "link", key: ["number"], numbered: "number"),
    CopiedTable(name: "link_metadata", key: ["merchant", "key", "value", "created_at", "id"]),
    CopiedTable(name: "payment", key: ["link", "ordinal"]),
    CopiedTable(name: "operation", key: ["number"], numbered: "number"),
    CopiedTable(name: "event", key: ["feed"], numbered: "feed", isMarked: true, ofOneEngine: "number"),
    CopiedTable(name: "idempotency", key: ["caller", "key"]),
    CopiedTable(name: "message", key: ["at", "number"], numbered: "number", isMarked: true),
    CopiedTable(name: "answer", key: ["merchant", "digest"]),
    CopiedTable(name: "orphan", key: ["merchant", "payment"]),
    CopiedTable(name: "endpoint", key: ["name"]),
    CopiedTable(name: "delivery", key: ["endpoint", "event"]),
    CopiedTable(name: "attempt", key: ["at", "number"], numbered: "number", isMarked: true),
  ]

  /// What each database has for itself: which version it is at, whether it takes writes, who of its programs is at which work, and
  /// (the copy sets it by its number) the end of the feed.
  static let own: Set<String> = ["heartbeat", "paylink_schema", "grdb_migrations", "lease", "turn", "feed_end"]
}

/// A column with its type: both engines know whole numbers and texts alone.
struct CopiedColumn: Hashable, Sendable {
  let name: String
  let isNumber: Bool
}

/// What a copy asks each engine about its own shape. Sorted by name, so that both can be compared.
enum CopyStatements {
  static let tables = SQLStatement { dialect in
    switch dialect {
    case .sqlite: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
    case .postgres:
      """
      SELECT CAST(relname AS TEXT) FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname = current_schema() AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
      """
    }
  }

  static let columns = SQLStatement { dialect in
    switch dialect {
    case .sqlite: "SELECT name, type = 'INTEGER' FROM pragma_table_info(:table_name) ORDER BY name"
    case .postgres:
      """
      SELECT CAST(column_name AS TEXT), CAST(data_type = 'bigint' AS INTEGER) FROM information_schema.columns
      WHERE table_schema = current_schema() AND table_name = :table_name ORDER BY 1
      """
    }
  }

  /// How far the engine's own numbers of a table are.
  static func mark(_ table: CopiedTable, _ column: String) -> SQLStatement {
    guard table.isMarked else { return SQLStatement("SELECT coalesce(max(\(column)), 0) FROM \(table.name)") }
    return SQLStatement { dialect in
      switch dialect {
      case .sqlite:
        // AUTOINCREMENT keeps it.
        """
        SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = '\(table.name)'), 0),
          coalesce((SELECT max(\(column)) FROM \(table.name)), 0))
        """
      case .postgres where table.name == "event": "SELECT last FROM feed_end WHERE one = 1"
      case .postgres:
        """
        SELECT greatest(coalesce((SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence('\(table.name)', '\(column)') AS regclass))), 0),
          coalesce((SELECT max(\(column)) FROM \(table.name)), 0))
        """
      }
    }
  }

  /// Puts the mark there.
  static func setMark(_ table: CopiedTable, _ column: String) -> SQLStatement {
    SQLStatement { dialect in
      switch dialect {
      case .sqlite: "UPDATE sqlite_sequence SET seq = max(seq, :mark) WHERE name = '\(table.name)'"
      case .postgres where table.name == "event": "UPDATE feed_end SET last = CAST(:mark AS BIGINT) WHERE one = 1"
      case .postgres: "SELECT setval(CAST(pg_get_serial_sequence('\(table.name)', '\(column)') AS regclass), CAST(:mark AS BIGINT))"
      }
    }
  }

  /// SQLite makes its row of the mark with the first row of the table alone.
  static func makeMark(_ table: CopiedTable) -> SQLStatement {
    SQLStatement(
      """
      INSERT INTO sqlite_sequence (name, seq) SELECT '\(table.name)', 0
      WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '\(table.name)')
        AND (SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = '\(table.name)') LIKE '%AUTOINCREMENT%'
      """)
  }

  static func count(_ table: String) -> SQLStatement { SQLStatement("SELECT count(*) FROM \(table)") }

  /// Other processes of ours on this database.
  static let others = SQLStatement(
    """
    SELECT count(*) FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database() AND application_name = 'paylink' AND pid <> pg_backend_pid()
    """)
}
