import Dispatch
package import Logging
package import Payments
import Synchronization

/// The books over either engine: what reads and writes is written once, and an engine gives it a connection.
package protocol BookStore: Store, Outbox, EventFeed {
  var limits: StorageLimits { get }
  var logger: Logger { get }
  /// Puts a unit in the writer's queue. Never blocks.
  func enqueue(_ unit: WaitingUnit)
  /// Reads in a snapshot of what is committed, on a reader's own queue. The caller's cancellation does not reach it.
  func read<Value: Sendable>(_ doing: String, _ body: @escaping @Sendable (BookReader) throws -> Value) async throws(StoreError) -> Value
  /// Tells, from a queue of the store, how far links that were changed are from now on: by this program, and where the engine carries that, by others. It must
  /// not block.
  func onChange(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void)
  /// Tells that a change may have gone untold: whoever waits is to look again. It must not block.
  func onMissed(_ tell: @escaping @Sendable () -> Void)
  /// Whether every program's changes are told now; where not, they must be asked for.
  var hearsOthers: Bool { get }
  /// Makes the partitions that are needed soon, where the engine has them.
  func makePartitions() async throws(StoreError)
  /// Drops partitions of a kind whose rows are all past their time.
  /// - Returns: how many rows they had, and whether there were more than were counted.
  func dropPartitions(of kind: Retention.Kind, before: Timestamp, isDryRun: Bool) async throws(StoreError) -> (count: Int, hasMore: Bool)
  /// Overwrites what rows held before they were changed, where that is the store's to do.
  func forgetOldBytes() async throws(StoreError)
  /// Answers what waits and lets go of the database. Nobody may read any more.
  func close() async
}

extension BookStore {
  // PostgreSQL's own vacuum does it, which no transaction may ask for.
  package func forgetOldBytes() async throws(StoreError) {}

  // SQLite has none.
  package func makePartitions() async throws(StoreError) {}
  package func dropPartitions(of kind: Retention.Kind, before: Timestamp, isDryRun: Bool) async throws(StoreError) -> (
    count: Int, hasMore: Bool
  ) {
    (0, false)
  }

  package func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome {
    let result: Result<Unit.Outcome, StoreError> = await withCheckedContinuation { continuation in
      enqueue(WaitingUnit(unit) { continuation.resume(returning: $0) })
    }
    return try result.get()
  }

  /// Statements through the one writer, in a group with others' units, durable before it returns.
  func write<Value: Sendable>(_ steps: @escaping @Sendable (any SQLConnection) throws -> Value) async throws(StoreError) -> Value {
    let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
      enqueue(WaitingUnit(steps: steps) { continuation.resume(returning: $0) })
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

  /// Every merchant that has a link here.
  package func merchants() async throws(StoreError) -> [MerchantName] {
    try await read("reading the merchants") { try $0.merchants() }
  }

  /// A trial write through the writer's own queue, durable like any other: it tells of a full disk, a lost database and a stuck writer alike.
  package func health() async -> Bool {
    await withCheckedContinuation { continuation in
      let once = Once<Bool> { continuation.resume(returning: $0) }
      enqueue(WaitingUnit(trial: once.call))
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(limits.healthTimeout.wholeMilliseconds))) { once.call(false) }
    }
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
