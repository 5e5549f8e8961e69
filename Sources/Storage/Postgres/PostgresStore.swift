import Dispatch
package import Logging
package import Payments
import Synchronization

/// The books in a PostgreSQL database, which other processes may share: one connection that writes in groups, one that gives events
/// their places, a few that read, each on a queue of its own.
package final class PostgresStore: BookStore {
  package let limits: StorageLimits
  package let logger: Logger
  private let writer: PostgresWriter
  let sequencer: PostgresSequencer
  private let readers: ReaderQueues<PostgresLine>
  private let waitingReads = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private let notices: PostgresNotices
  private let listener = CommitListener()
  private let missed: Missed
  private let isListening = Atomic<Bool>(false)

  /// Brings the books to this program's version and gives the store. Where the database cannot be reached, or is starting, the store is there all the same: it
  /// refuses until the database comes, and is well by itself then.
  /// - Throws: `.unavailable` for what waiting does not mend: a user, password or database that is not there, books of a newer program.
  package static func open(
    _ location: PostgresLocation, password: String?, limits: StorageLimits = StorageLimits(), logger: Logger
  ) throws(StoreError) -> PostgresStore {
    let store = PostgresStore(location, password: password, limits: limits, logger: logger)
    do {
      _ = try PostgresConnector(location, password: password, limits: limits, logger: logger).connect(for: .writing)
    } catch {
      if let error = error as? PostgresError, error.isPassing {
        logger.error("the database is not there yet", metadata: ["detail": "\(error.message)"])
        return store
      }
      throw StoreError(postgres: error, while: "opening the database")
    }
    return store
  }

  /// Brings the books to this program's version: `paylink migrate`.
  /// - Returns: the versions before and after; nil where the server is not there, or cannot do it now.
  package static func migrate(
    _ location: PostgresLocation, password: String?, away: (String) -> Void = { _ in }
  ) throws(StoreError) -> (from: Int, to: Int)? {
    do {
      return try PostgresSchema.migrate(try PostgresConnection.open(location, password: password, limits: StorageLimits()))
    } catch let error as PostgresError where error.isPassing {
      away(error.message)
      return nil
    } catch {
      throw StoreError(postgres: error, while: "migrating the database")
    }
  }

  private init(_ location: PostgresLocation, password: String?, limits: StorageLimits, logger: Logger) {
    self.limits = limits
    self.logger = logger
    let connector = PostgresConnector(location, password: password, limits: limits, logger: logger)
    let line = { (purpose: PostgresConnection.Purpose) in
      PostgresLine(limits: limits) { try connector.connect(for: purpose) }
    }
    sequencer = PostgresSequencer(line: line(.writing), limits: limits, logger: logger)
    writer = PostgresWriter(line: line(.writing), sequencer: sequencer, limits: limits, logger: logger)
    readers = ReaderQueues((0..<limits.readers).map { _ in line(.reading) })
    let (listener, missed) = (listener, Missed())
    self.missed = missed
    let notices = PostgresNotices(
      line: line(.writing), limits: limits, logger: logger, heard: { listener.tell($0) }, missed: { missed.tell() })
    self.notices = notices
    writer.onChange { sequences in
      listener.tell(sequences)
      notices.tell(sequences)
    }
  }

  package var commits: Int { writer.commits.load(ordering: .relaxed) }

  /// Units in the writer's queue now.
  package var waitingUnits: Int { writer.waitingUnits }

  package func enqueue(_ unit: WaitingUnit) { writer.enqueue(unit) }

  /// Others' commits are listened to from the first time on.
  package func onChange(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void) {
    listener.set(tell)
    if !isListening.exchange(true, ordering: .relaxed) { notices.start() }
  }

  package func onMissed(_ tell: @escaping @Sendable () -> Void) { missed.set(tell) }

  package var hearsOthers: Bool { notices.isLive }

  package func makePartitions() async throws(StoreError) {
    try await write { db in try Self.partitions(db).makeAhead() }
  }

  package func dropPartitions(of kind: Retention.Kind, before: Timestamp, isDryRun: Bool) async throws(StoreError) -> (
    count: Int, hasMore: Bool
  ) {
    guard let table = PostgresPartitions.table(kind) else { return (0, false) }
    let limit = limits.pruneCount
    return try await write { db in
      try Self.partitions(db).drop(table, before: before, isDryRun: isDryRun, counting: limit)
    }
  }

  private static func partitions(_ db: any SQLConnection) -> PostgresPartitions {
    guard let db = db as? PostgresConnection else { preconditionFailure("this store's writer has connections of its engine") }
    return PostgresPartitions(db: db)
  }

  package func close() async {
    isClosed.store(true, ordering: .relaxed)
    await writer.close()
    await sequencer.close()
    await notices.close()
    await readers.close { $0.drop() }
  }

  package func read<Value: Sendable>(
    _ doing: String, _ body: @escaping @Sendable (BookReader) throws -> Value
  ) async throws(StoreError) -> Value {
    guard !isClosed.load(ordering: .relaxed) else { throw StoreError(.unavailable, "the store is closed") }
    guard waitingReads.add(1, ordering: .relaxed).newValue <= limits.waitingReads else {
      waitingReads.subtract(1, ordering: .relaxed)
      throw StoreError(.overloaded, "\(limits.waitingReads) reads wait already")
    }
    defer { waitingReads.subtract(1, ordering: .relaxed) }
    let (limits, logger) = (limits, logger)
    let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
      readers.run { line in
        do {
          continuation.resume(returning: .success(try Self.read(line, doing, limits, logger, body)))
        } catch {
          continuation.resume(returning: .failure(StoreError(postgres: error, while: doing)))
        }
      }
    }
    return try result.get()
  }

  /// In one snapshot, whose end nobody needs to hear of.
  private static func read<Value>(
    _ line: PostgresLine, _ doing: String, _ limits: StorageLimits, _ logger: Logger, _ body: (BookReader) throws -> Value
  ) throws -> Value {
    try line.again { db in
      db.begin(PostgresStatements.beginReading)
      let reader = BookReader(db: db, limits: limits) { error in
        logger.error("a link cannot be read", metadata: ["doing": "\(doing)", "detail": "\(error.detail)"])
      }
      defer { do { try db.rollBack() } catch { line.drop() } }
      return try body(reader)
    }
  }
}

/// Who is told that notices may have been lost, if anybody is.
private final class Missed: Sendable {
  private struct Listener {
    let tell: @Sendable () -> Void
  }

  private let listener = Mutex<Listener?>(nil)

  func set(_ tell: @escaping @Sendable () -> Void) { listener.withLock { $0 = Listener(tell: tell) } }
  func tell() { listener.withLock { $0 }?.tell() }
}

/// Makes connections to books that are of this program's version.
private final class PostgresConnector: Sendable {
  private let location: PostgresLocation
  private let password: String?
  private let limits: StorageLimits
  private let logger: Logger
  /// Since one process began, its books are only made newer by others, which must leave them readable to it.
  private let isMigrated = Atomic<Bool>(false)

  init(_ location: PostgresLocation, password: String?, limits: StorageLimits, logger: Logger) {
    (self.location, self.password, self.limits, self.logger) = (location, password, limits, logger)
  }

  func connect(for purpose: PostgresConnection.Purpose) throws -> PostgresConnection {
    let connection = try PostgresConnection.open(location, password: password, limits: limits, for: purpose)
    if !isMigrated.load(ordering: .relaxed) {
      let migration = try PostgresSchema.migrate(connection)
      if migration.from != migration.to {
        logger.notice("database migrated", metadata: ["from": "\(migration.from)", "to": "\(migration.to)"])
      }
      isMigrated.store(true, ordering: .relaxed)
      makePartitions(connection)
    }
    return connection
  }

  /// Their lack is no reason to refuse: the default partitions take what comes, and `prune` tries again.
  private func makePartitions(_ connection: PostgresConnection) {
    do {
      try connection.run(PostgresStatements.begin, [])
      try PostgresPartitions(db: connection).makeAhead()
      try connection.run(PostgresStatements.commit, [])
    } catch {
      logger.warning("partitions were not made ahead", metadata: ["detail": "\(StoreError(postgres: error, while: "making them").detail)"])
      // Whether there was a transaction to end or not.
      _ = try? connection.run(PostgresStatements.rollBack, [])
    }
  }
}
