import Payments

/// The months of what comes with every call: made ahead, and dropped whole once all of it is past its time, which costs the same for ten rows and ten million.
/// A month that is not there when its rows come costs nothing but that they stand in the default partition, where `prune` takes them row by row.
struct PostgresPartitions {
  let db: PostgresConnection

  /// Which kinds stand in partitions, and where.
  static func table(_ kind: Retention.Kind) -> String? {
    switch kind {
    case .messages: "message"
    case .attempts: "attempt"
    case .answers, .idempotencyKeys, .events, .orphans: nil
    }
  }

  private static let tables = Retention.Kind.allCases.compactMap(table)
  /// This month and the two after it: a gateway that nobody touches makes the next one two months before it begins.
  private static let ahead = 2

  private struct Partition {
    let name: String
    /// nil where it begins with time itself.
    let from: Int64?
    /// Exclusive; nil for the default one.
    let to: Int64?
  }

  /// Makes what is missing, in a transaction that somebody else made. Another process may do the same at the same moment: one of them waits, and finds it done.
  func makeAhead() throws {
    let now = Timestamp(milliseconds: try db.first(PartitionStatements.now, []) { try $0.number(0) } ?? 0)
    let months = Self.months(from: now, count: Self.ahead + 1)
    guard try Self.tables.contains(where: { table in try months.contains { try isMissing($0, of: table) } }) else { return }
    try db.run(PartitionStatements.lockAll, [])
    try db.run(PartitionStatements.haste, [])
    for table in Self.tables {
      for month in months where try isMissing(month, of: table) {
        // Rows of the month that came before it was there stay where they are.
        let (from, to) = (month.start.milliseconds, month.end.milliseconds)
        if try db.isAny(PartitionStatements.isStray(table), [from.sql, to.sql]) { continue }
        let name = "\(table)_\(month.name)"
        try db.execute("CREATE TABLE \(name) (LIKE \(table) INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        try db.execute("ALTER TABLE \(table) ATTACH PARTITION \(name) FOR VALUES FROM (\(from)) TO (\(to))")
      }
    }
  }

  /// Drops those that hold nothing younger.
  /// - Returns: how many rows they had, counted up to a limit each.
  func drop(_ table: String, before: Timestamp, isDryRun: Bool, counting limit: Int) throws -> (count: Int, hasMore: Bool) {
    let old = try partitions(of: table).filter { $0.to.map { $0 <= before.milliseconds } ?? false }
    var (count, hasMore) = (0, false)
    if !old.isEmpty, !isDryRun { try db.run(PartitionStatements.haste, []) }
    for partition in old {
      let statement = SQLStatement("SELECT count(*) FROM (SELECT 1 FROM \(partition.name) LIMIT :limit) old")
      let rows = Int(try db.first(statement, [limit.sql]) { try $0.number(0) } ?? 0)
      (count, hasMore) = (count + rows, hasMore || rows == limit)
      if !isDryRun { try db.execute("DROP TABLE \(partition.name)") }
    }
    return (count, hasMore)
  }

  private func isMissing(_ month: Month, of table: String) throws -> Bool {
    try !partitions(of: table).contains { partition in
      guard let to = partition.to else { return false }
      return (partition.from ?? .min) < month.end.milliseconds && to > month.start.milliseconds
    }
  }

  private func partitions(of table: String) throws -> [Partition] {
    try db.all(PartitionStatements.all, [table.sql]) { row in
      Partition(name: try row.string(0), from: try row.numberIfAny(1), to: try row.numberIfAny(2))
    }
  }

  /// A month of the calendar, in UTC.
  struct Month: Hashable {
    /// `2026_11`.
    let name: String
    let start: Timestamp
    let end: Timestamp
  }

  static func months(from now: Timestamp, count: Int) -> [Month] {
    let text = now.rfc3339
    guard let year = Int(text.prefix(4)), let month = Int(text.dropFirst(5).prefix(2)) else {
      preconditionFailure("a time has a year and a month")
    }
    let first = year * 12 + month - 1
    return (first..<first + count).map { Month(name: name($0, "_"), start: start($0), end: start($0 + 1)) }
  }

  private static func name(_ month: Int, _ mark: String) -> String {
    "\(month / 12)\(mark)\(month % 12 < 9 ? "0" : "")\(month % 12 + 1)"
  }

  private static func start(_ month: Int) -> Timestamp {
    do { return try Timestamp(rfc3339: "\(name(month, "-"))-01T00:00:00Z") } catch { preconditionFailure("a month begins: \(error)") }
  }
}

enum PartitionStatements {
  static let now = SQLStatement("SELECT CAST(extract(epoch FROM now()) * 1000 AS BIGINT)")
  static let lockAll = SQLStatement("SELECT pg_advisory_xact_lock(\(0x5041_594C_0002))")
  /// Whoever needs a table for itself waits for others no longer than this, since everybody else would wait behind it; the next run tries again.
  static let haste = SQLStatement("SET LOCAL lock_timeout = '1s'")
  static let all = SQLStatement(
    #"""
    SELECT CAST(child.relname AS TEXT),
      CAST(substring(pg_get_expr(child.relpartbound, child.oid) FROM 'FROM \(''(-?[0-9]+)''\)') AS BIGINT),
      CAST(substring(pg_get_expr(child.relpartbound, child.oid) FROM 'TO \(''(-?[0-9]+)''\)') AS BIGINT)
    FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class child ON child.oid = inhrelid
    WHERE inhparent = to_regclass(CAST(:parent AS TEXT)) ORDER BY child.relname
    """#)
  /// Whether the default partition has rows of a month.
  static func isStray(_ table: String) -> SQLStatement { table == "message" ? strayMessage : strayAttempt }
  private static let strayMessage = SQLStatement("SELECT 1 FROM message_default WHERE at >= :from AND at < :to ORDER BY at LIMIT 1")
  private static let strayAttempt = SQLStatement("SELECT 1 FROM attempt_default WHERE at >= :from AND at < :to ORDER BY at LIMIT 1")
}
