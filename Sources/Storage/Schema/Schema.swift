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
  ]

  /// The version that this program writes.
  static var version: Int { versions.count }

  /// The oldest version whose program works on this one's shape, kept beside the version where several programs share a database: migrations only add, so that
  /// they can run side by side while one replaces the other.
  static let readableFrom = 4

  /// Brings the books to this program's version.
  /// - Returns: the version that stood before, 0 for a new file.
  /// - Throws: StoreError when a newer program, or another program, made the file; nothing is changed then.
  static func migrate(_ pool: DatabasePool) throws -> Int {
    let before = try pool.writeWithoutTransaction(standing)
    try migrator.migrate(pool)
    return before
  }

  private static func standing(_ db: Database) throws -> Int {
    let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
    guard id == applicationID || (isEmpty && id == 0) else {
      throw StoreError(.unavailable, "the file is a database of another program")
    }
    guard try !migrator.hasBeenSuperseded(db) else {
      throw StoreError(
        .unavailable,
        "the database was written by a newer version of this program, which alone can open it (this one knows version \(version))")
    }
    return try migrator.completedMigrations(db).count
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
