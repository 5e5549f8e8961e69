import GRDB
import Glibc
import Payments

/// One end of a copy: a database that nobody else works on meanwhile.
package enum CopyEnd: Sendable {
  case sqlite(path: String, lock: DatabaseLock)
  case postgres(PostgresLocation, password: String?)
}

extension BookCopy {
  /// Copies the books of one database, which is at this program's version, to another, which is made if it is not there.
  package static func run(from source: CopyEnd, to target: CopyEnd) throws(Failure) -> Report {
    try run(from: source, to: target) { _ in }
  }

  static func run(from source: CopyEnd, to target: CopyEnd, spoil: (any SQLConnection) throws -> Void) throws(Failure) -> Report {
    do {
      return try source.reading { source in
        try target.writing { target in try BookCopy(source: source, target: target)(spoil) }
      }
    } catch let failure as Failure {
      throw failure
    } catch let error as StoreError where error.code == .outcomeUnknown {
      throw Failure(code: .outcomeUnknown, detail: "nobody knows whether the copy was committed: \(error.detail)")
    } catch {
      let error = error is PostgresError ? StoreError(postgres: error, while: "copying") : StoreError(error, while: "copying")
      throw Failure(code: .unavailable, detail: error.detail)
    }
  }
}

extension CopyEnd {
  /// In one snapshot; nothing of it is changed but that events which wait for their place in the feed are given it.
  fileprivate func reading<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
    switch self {
    case .sqlite(let path, let lock):
      guard unsafe access(path, F_OK) == 0 else { throw BookCopy.Failure(code: .unavailable, detail: "there is no file \(path)") }
      return try withExtendedLifetime(lock) {
        try Self.queue(path).writeWithoutTransaction { db in
          try Self.judge(try Schema.standing(db)?.version)
          return try Self.transaction(db, SQLStatement("BEGIN"), body)
        }
      }
    case .postgres(let location, let password):
      let db = try PostgresConnection.open(location, password: password, limits: StorageLimits())
      try Self.judgeAlone(db)
      try Self.judge(try PostgresSchema.standing(db)?.version)
      // Every event has its place, as after any pause of the gateway.
      try PostgresSequencer.place(db, atOnce: StorageLimits().placesAtOnce)
      db.begin(PostgresStatements.beginReading)
      defer { try? db.rollBack() }
      // Counting millions takes its time, and while one side counts the other waits inside its transaction.
      try db.unhurried()
      return try body(db)
    }
  }

  /// In one transaction, which stands if the body returns.
  fileprivate func writing<Value>(_ body: (any SQLConnection) throws -> Value) throws -> Value {
    switch self {
    case .sqlite(let path, let lock):
      _ = try SQLiteStore.migrate(path: path, lock: lock)
      return try withExtendedLifetime(lock) {
        try Self.queue(path).writeWithoutTransaction { db in try Self.transaction(db, SQLiteStatements.begin, body) }
      }
    case .postgres(let location, let password):
      let db = try PostgresConnection.open(location, password: password, limits: StorageLimits())
      try Self.judgeAlone(db)
      _ = try PostgresSchema.migrate(db)
      db.begin(PostgresStatements.begin)
      let value: Value
      do {
        try db.unhurried()
        value = try body(db)
      } catch {
        try? db.rollBack()
        throw error
      }
      do { try db.run(PostgresStatements.commit, []) } catch let error as PostgresError {
        // Where the COMMIT itself was answered, it stands, whatever became of the connection.
        if error.cameBehind(1) { return value }
        guard error.isLost else { throw error }
        throw StoreError(.outcomeUnknown, error.message)
      }
      return value
    }
  }

  private static func queue(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.label = "paylink.copy"
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF") }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  private static func transaction<Value>(
    _ db: Database, _ begin: SQLStatement, _ body: (any SQLConnection) throws -> Value
  ) throws -> Value {
    let connection = try SQLiteConnection(db)
    defer { connection.finish() }
    try connection.run(begin, [])
    do {
      let value = try body(connection)
      try connection.run(SQLiteStatements.commit, [])
      return value
    } catch {
      if connection.isInsideTransaction { _ = try? connection.run(SQLiteStatements.rollBack, []) }
      throw error
    }
  }

  private static func judge(_ version: Int?) throws {
    guard version != Schema.version else { return }
    let standing = version.map { "is at version \($0)" } ?? "holds no books"
    throw BookCopy.Failure(
      code: .unfit, detail: "the source \(standing), this program copies version \(Schema.version) alone: run paylink migrate on it first")
  }

  /// No gateway may be on a database while it is copied: it would go on writing, or find books that are not whole.
  private static func judgeAlone(_ db: PostgresConnection) throws {
    let deadline = ContinuousClock.now + goodbye
    while try !BookCopy.isAlone(db) {
      guard ContinuousClock.now < deadline else { throw BookCopy.taken }
      usleep(50_000)
    }
  }

  /// How long the server may take to notice that a program's connections were closed.
  private static let goodbye = Duration.seconds(2)
}
