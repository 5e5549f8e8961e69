import Dispatch
import GRDB
package import Logging
package import Payments
import Synchronization

/// The books in one SQLite file: one writer that commits in groups, several readers, each on queues of their own, never on a loop.
package final class SQLiteStore: BookStore {
  let pool: DatabasePool
  package let limits: StorageLimits
  let writer: GroupWriter
  private let connections: SQLiteConnections
  /// As many as the pool has connections that read, so that none waits for one.
  private let readers: ReaderQueues<DatabasePool>
  /// Held for as long as the store lives; nil once it is closed.
  private let lock: Mutex<DatabaseLock?>
  private let waitingReads = Atomic<Int>(0)
  package let logger: Logger

  init(pool: DatabasePool, lock: DatabaseLock, limits: StorageLimits, logger: Logger) throws {
    self.pool = pool
    let connections = SQLiteConnections()
    self.connections = connections
    self.limits = limits
    readers = ReaderQueues(Array(repeating: pool, count: limits.readers))
    self.logger = logger
    self.lock = Mutex(lock)
    let connection = try pool.writeWithoutTransaction { try connections.connection(of: $0) }
    writer = GroupWriter(pool: pool, connection: connection, limits: limits, logger: logger)
  }

  /// The file is one program's, which its lock sees to.
  package var hearsOthers: Bool { true }
  package func onMissed(_ tell: @escaping @Sendable () -> Void) {}

  /// Transactions that wrote something, since the opening: how well commits are shared.
  package var commits: Int { writer.commits.load(ordering: .relaxed) }

  /// Units in the writer's queue now.
  package var waitingUnits: Int { writer.waitingUnits }

  /// Answers what waits, brings the log into the file, and lets go of the lock. Nobody may read any more.
  package func close() async {
    await writer.close()
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        // Both are only tidying: what is committed is safe in the log, which the next opening reads.
        try? self.pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        self.connections.finish()
        try? self.pool.close()
        self.lock.withLock { $0 = nil }
        continuation.resume()
      }
    }
  }

  package func enqueue(_ unit: WaitingUnit) { writer.enqueue(unit) }

  /// Tells, from the writer's queue, how far the links of every commit of ours are from now on. It must not block.
  package func onChange(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void) { writer.onChange(tell) }

  /// Reads in a snapshot of what is committed, on a reader's own queue. The caller's cancellation does not reach it.
  package func read<Value: Sendable>(
    _ doing: String, _ body: @escaping @Sendable (BookReader) throws -> Value
  ) async throws(StoreError) -> Value {
    guard waitingReads.add(1, ordering: .relaxed).newValue <= limits.waitingReads else {
      waitingReads.subtract(1, ordering: .relaxed)
      throw StoreError(.overloaded, "\(limits.waitingReads) reads wait already")
    }
    defer { waitingReads.subtract(1, ordering: .relaxed) }
    let (limits, logger, connections) = (limits, logger, connections)
    let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
      readers.run { pool in
        do {
          let value = try pool.read { db in
            let reader = BookReader(db: try connections.connection(of: db), limits: limits) { error in
              logger.error("a link cannot be read", metadata: ["doing": "\(doing)", "detail": "\(error.detail)"])
            }
            return try body(reader)
          }
          continuation.resume(returning: .success(value))
        } catch {
          continuation.resume(returning: .failure(StoreError(error, while: doing)))
        }
      }
    }
    return try result.get()
  }
}
