import GRDB
import Payments

/// The shape of the books and how a file comes to have it: versions are only ever added, and each is applied once, in a transaction of its own.
enum Schema {
  /// In SQLite's header, so that a file of another program is never touched: "PAYL".
  static let applicationID = 0x5041_594C

  /// Each is written as SQLite reads it, and spelled for the other engine.
  static let versions: [(name: String, sql: @Sendable (Dialect) -> String)] = [
    ("1", { version1($0) }),
    ("2", { _ in version2 }),
    ("3", { _ in version3 }),
    ("4", { version4($0) }),
    ("5", { _ in version5 }),
    ("6", { version6($0) }),
    ("7", { version7($0) }),
  ]

  /// The version that this program writes.
  static var version: Int { versions.count }

  /// The oldest version whose program works on this one's shape, kept beside the version where several programs share a database: migrations only add, so that
  /// they can run side by side while one replaces the other.
  static let readableFrom = 4

  /// Brings the books to this program's version, or leaves what a newer program made and this one can still work on.
  /// - Returns: the version that stood before, 0 for a new file, and the one that stands now.
  /// - Throws: StoreError when another program made the file, or a newer one so that this one cannot work on it; nothing is changed then.
  static func migrate(_ pool: DatabasePool) throws -> (from: Int, to: Int) {
    let before = try pool.writeWithoutTransaction(standing)
    if let before, before.version > version {
      guard before.readableFrom <= version else { throw newer(before.version) }
      return (before.version, before.version)
    }
    try migrator.migrate(pool)
    if before.map({ $0 != (version, readableFrom) }) ?? true { try pool.write(note) }
    return (before?.version ?? 0, version)
  }

  /// What stands: nil for a new file. A file of an older program may have no word of who may read it.
  static func standing(_ db: Database) throws -> (version: Int, readableFrom: Int)? {
    let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
    guard id == applicationID || (isEmpty && id == 0) else {
      throw StoreError(.unavailable, "the file is a database of another program")
    }
    guard !isEmpty else { return nil }
    if try db.tableExists("paylink_schema"),
      let row = try Row.fetchOne(db, sql: "SELECT version, readable_from FROM paylink_schema WHERE one = 1")
    {
      return (row[0], row[1])
    }
    let applied = try migrator.appliedIdentifiers(db).count
    // Migrated by a program that we do not know, and that left no word.
    guard try !migrator.hasBeenSuperseded(db) else { throw newer(applied) }
    return (applied, 0)
  }

  private static func note(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS paylink_schema (
          one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, readable_from INTEGER NOT NULL) STRICT;
        INSERT INTO paylink_schema VALUES (1, \(version), \(readableFrom))
          ON CONFLICT (one) DO UPDATE SET version = excluded.version, readable_from = excluded.readable_from
        """)
  }

  /// What a program says that is too old for the books, of either engine.
  static func newer(_ standing: Int) -> StoreError {
    StoreError(
      .unavailable,
      """
      the database was written by a newer version of this program (it is at version \(standing), this one knows version \(version)); run that one, or a \
      newer one
      """)
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for version in versions {
      migrator.registerMigration(version.name) { db in
        try db.execute(sql: version.sql(.sqlite))
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      }
    }
    return migrator
  }
}
