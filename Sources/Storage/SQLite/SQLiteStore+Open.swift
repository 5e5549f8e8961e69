import CSQLite
import Glibc
import GRDB
package import Logging
package import Payments

extension SQLiteStore {
  /// What a migration did.
  package struct Migration: Hashable, Sendable {
    /// 0 for a new file.
    package var from: Int
    package var to: Int
  }

  /// Opens the books, makes them where there are none, and brings them to this program's version.
  /// - Parameters:
  ///   - path: the file, such as `var/paylink.db`. It, its log and its lock are made readable by us alone.
  ///   - lock: the lock beside this file where the caller has taken it already; otherwise it is taken here.
  /// - Throws: `.unavailable` when the file cannot be opened, is another program's, or a newer version's; nothing is changed then.
  package static func open(
    path: String, lock: DatabaseLock? = nil, limits: StorageLimits = StorageLimits(), logger: Logger
  ) throws(StoreError) -> SQLiteStore {
    let lock = try held(lock, path)
    let (pool, migration) = try prepared(path, limits)
    if migration.from != migration.to {
      logger.notice("database migrated", metadata: ["from": "\(migration.from)", "to": "\(migration.to)"])
    }
    do {
      return try SQLiteStore(pool: pool, lock: lock, limits: limits, logger: logger)
    } catch {
      throw StoreError(error, while: "opening the database")
    }
  }

  /// Brings the books to this program's version and closes them again: `paylink migrate`.
  package static func migrate(path: String, lock: DatabaseLock? = nil) throws(StoreError) -> Migration {
    let lock = try held(lock, path)
    let (pool, migration) = try prepared(path, StorageLimits())
    do { try pool.close() } catch { throw StoreError(error, while: "closing the database") }
    return withExtendedLifetime(lock) { migration }
  }

  private static func held(_ lock: DatabaseLock?, _ path: String) throws(StoreError) -> DatabaseLock {
    if let lock { return lock }
    do { return try DatabaseLock(beside: path) } catch { throw StoreError(.unavailable, error.description) }
  }

  /// SQLite counts every piece of memory that it takes, under a lock of all connections, for totals that nobody asks for: 4 % of a create (decision 17).
  /// Where something else has used SQLite before, it goes on counting.
  private static let countsNoMemory: Void = { _ = csqlite_count_no_memory() }()

  private static func prepared(_ path: String, _ limits: StorageLimits) throws(StoreError) -> (DatabasePool, Migration) {
    countsNoMemory
    try makeFile(path)
    do {
      let pool = try DatabasePool(path: path, configuration: configuration(limits))
      try pool.writeWithoutTransaction { db in try makeDurable(db, limits) }
      let (from, to) = try Schema.migrate(pool)
      return (pool, Migration(from: from, to: to))
    } catch {
      throw StoreError(error, while: "opening the database")
    }
  }

  /// SQLite gives its log the file's own mode, so it is enough that the file begins with the right one.
  private static func makeFile(_ path: String) throws(StoreError) {
    // The kernel reads the path during the call alone.
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StoreError(.unavailable, "opening the database: \(systemReason())") }
    Glibc.close(descriptor)
  }

  private static func configuration(_ limits: StorageLimits) -> Configuration {
    var configuration = Configuration()
    configuration.label = "paylink.storage"
    configuration.foreignKeysEnabled = true
    configuration.maximumReaderCount = limits.readers
    configuration.busyMode = .timeout(Double(limits.busyTimeout.wholeMilliseconds) / 1000)
    // GroupWriter ends its transactions itself. Where even a ROLLBACK fails, the writer reports it; GRDB would end the process.
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { db in
      // What SQLite sorts or keeps for itself stays in memory, and a schema from elsewhere cannot call functions.
      try db.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
    }
    return configuration
  }

  /// GRDB's pool sets `synchronous = NORMAL` when it opens, which loses acknowledged commits on power failure: FULL is set after that and
  /// read back (measurements C, finding 2).
  private static func makeDurable(_ db: Database, _ limits: StorageLimits) throws {
    try db.execute(
      sql: """
        PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = \(limits.checkpointPages); PRAGMA journal_size_limit = \(limits.walBytes);
        PRAGMA cache_size = -\(limits.writerCache >> 10)
        """)
    guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
      throw StoreError(.unavailable, "commits would not be durable: synchronous is not FULL")
    }
    guard try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal", try Int.fetchOne(db, sql: "PRAGMA foreign_keys") == 1 else {
      throw StoreError(.unavailable, "the database is not in WAL mode with foreign keys")
    }
  }
}
