import Dispatch
import GRDB
import Logging
package import Payments
import Synchronization

/// The books in one SQLite file: one writer that commits in groups, several readers, each on queues of their own, never on a loop.
package final class SQLiteStore: Store {
  let pool: DatabasePool
  let limits: StorageLimits
  let writer: GroupWriter
  private let connections: SQLiteConnections
  /// Held for as long as the store lives; nil once it is closed.
  private let lock: Mutex<DatabaseLock?>
  private let waitingReads = Atomic<Int>(0)
  let logger: Logger

  init(pool: DatabasePool, lock: DatabaseLock, limits: StorageLimits, logger: Logger) throws {
    self.pool = pool
    let connections = SQLiteConnections()
    self.connections = connections
    self.limits = limits
    self.logger = logger
    self.lock = Mutex(lock)
    let connection = try pool.writeWithoutTransaction { try connections.connection(of: $0) }
    writer = GroupWriter(pool: pool, connection: connection, limits: limits, logger: logger)
  }

  /// Transactions that wrote something, since the opening: how well commits are shared.
  package var commits: Int { writer.commits.load(ordering: .relaxed) }

  /// Units in the writer's queue now.
  package var waitingUnits: Int { writer.waitingUnits }

  package func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome {
    let result: Result<Unit.Outcome, StoreError> = await withCheckedContinuation { continuation in
      writer.enqueue(WaitingUnit(unit) { continuation.resume(returning: $0) })
    }
    return try result.get()
  }

  package func link(_ id: LinkID) async throws(StoreError) -> PaymentLink? {
    try await read("reading a link") { try $0.link(id) }
  }

  package func link(by token: TokenKind, _ value: Token) async throws(StoreError) -> PaymentLink? {
    try await read("reading a link by its token") { try $0.link(by: token, value) }
  }

  package func links(_ query: LinkQuery) async throws(StoreError) -> LinkPage {
    try await read("reading a list") { try $0.page(query) }
  }

  package func linksToLookAt(merchant: MerchantName, before: Timestamp, limit: Int) async throws(StoreError) -> [PaymentLink] {
    try await read("reading what is due") { try $0.linksToLookAt(merchant: merchant, before: before, limit: limit) }
  }

  package func linksToExpire(before: Timestamp, limit: Int) async throws(StoreError) -> [PaymentLink] {
    try await read("reading what ends") { try $0.linksToExpire(before: before, limit: limit) }
  }

  package func orphans(_ query: OrphanQuery) async throws(StoreError) -> OrphanPage {
    try await read("reading orphans") { try $0.orphans(query) }
  }

  package func orphan(_ payment: PaymentID, of merchant: MerchantName) async throws(StoreError) -> Orphan? {
    try await read("reading an orphan") { try $0.orphan(payment, of: merchant) }
  }

  package func oldest() async throws(StoreError) -> [Unfinished] {
    try await read("reading what is oldest") { try $0.oldest() }
  }

  package func events(of link: LinkID) async throws(StoreError) -> [Event] {
    try await read("reading events") { try $0.events(of: link) }
  }

  package func events(of link: LinkID, after sequence: Int64, limit: Int) async throws(StoreError) -> [Event] {
    try await read("reading new events") { try $0.events(of: link, after: sequence, limit: limit) }
  }

  package func sequences(of links: [LinkID]) async throws(StoreError) -> [LinkID: Int64] {
    try await read("reading how far links are") { try $0.sequences(of: links) }
  }

  /// Tells, from the writer's queue, how far the links of every commit of ours are from now on. It must not block.
  package func onChange(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void) { writer.onChange(tell) }

  /// Every merchant that has a link here.
  package func merchants() async throws(StoreError) -> [MerchantName] {
    try await read("reading the merchants") { try $0.merchants() }
  }

  /// A trial write through the writer's own queue, durable like any other: it tells of a full disk, a lost file and a stuck writer alike.
  package func health() async -> Bool {
    await withCheckedContinuation { continuation in
      let once = Once<Bool> { continuation.resume(returning: $0) }
      writer.enqueue(WaitingUnit(trial: once.call))
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(limits.healthTimeout.wholeMilliseconds))) { once.call(false) }
    }
  }

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

  /// Reads in a snapshot of what is committed, on a reader's own queue. The caller's cancellation does not reach it.
  func read<Value: Sendable>(
    _ doing: String, _ body: @escaping @Sendable (BookReader) throws -> Value
  ) async throws(StoreError) -> Value {
    guard waitingReads.add(1, ordering: .relaxed).newValue <= limits.waitingReads else {
      waitingReads.subtract(1, ordering: .relaxed)
      throw StoreError(.overloaded, "\(limits.waitingReads) reads wait already")
    }
    defer { waitingReads.subtract(1, ordering: .relaxed) }
    let (limits, logger, connections) = (limits, logger, connections)
    let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
      pool.asyncRead { db in
        do {
          let reader = BookReader(db: try connections.connection(of: db.get()), limits: limits) { error in
            logger.error("a link cannot be read", metadata: ["doing": "\(doing)", "detail": "\(error.detail)"])
          }
          continuation.resume(returning: .success(try body(reader)))
        } catch {
          continuation.resume(returning: .failure(StoreError(error, while: doing)))
        }
      }
    }
    return try result.get()
  }
}

/// Hands on the first of several answers.
private final class Once<Value: Sendable>: Sendable {
  private let then: Mutex<(@Sendable (Value) -> Void)?>

  init(_ then: @escaping @Sendable (Value) -> Void) { self.then = Mutex(then) }

  @Sendable func call(_ value: Value) {
    let then = then.withLock { then in
      defer { then = nil }
      return then
    }
    then?(value)
  }
}
