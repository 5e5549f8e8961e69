import Dispatch
import GRDB
import Logging
import Payments
import Synchronization

/// SQLite's one writer: units that wait at the same moment go into one transaction, and every caller is answered after its commit (design §2,
/// "Commits in groups"). Units of one transaction see each other's writes, in the order of coming; so several units of one link may share a group.
///
/// No savepoint stands around a unit: with one open SQLite copies every page before it is changed, for a failure that hardly ever comes. A unit that fails when it
/// has written takes the group back, and each unit runs again alone, as with PostgreSQL (decision 16).
final class GroupWriter: Sendable {
  private let pool: DatabasePool
  private let connection: SQLiteConnection
  private let limits: StorageLimits
  private let logger: Logger
  private let queue = DispatchQueue(label: "paylink.storage.writer")
  private let waiting: UnitQueue
  private let listener = CommitListener()
  /// Commits that wrote, since the start.
  let commits = Atomic<Int>(0)

  /// - Parameter connection: the pool's writer.
  init(pool: DatabasePool, connection: SQLiteConnection, limits: StorageLimits, logger: Logger) {
    self.pool = pool
    self.connection = connection
    self.limits = limits
    self.logger = logger
    waiting = UnitQueue(limits: limits)
  }

  var waitingUnits: Int { waiting.count }

  /// Puts a unit in the queue and wakes the writer where it sleeps. Never blocks.
  func enqueue(_ unit: WaitingUnit) {
    waiting.enqueue(unit) { queue.async { self.drain() } }
  }

  /// Tells after every commit how far its links are.
  func onChange(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void) { listener.set(tell) }

  /// Takes no more units, and returns when those that wait are answered.
  func close() async {
    waiting.close()
    // A serial queue: this comes after the drain that is under way, and no other begins.
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }

  private func drain() {
    while let group = waiting.next() { run(group) }
  }

  private func run(_ group: [WaitingUnit]) {
    do {
      for answer in try pool.writeWithoutTransaction({ _ in try commit(group) }) { answer() }
    } catch let spoiled as SpoiledGroup {
      if group.count == 1 { again(group[0], spoiled) } else { for unit in group { run([unit]) } }
    } catch {
      let failure = StoreError(error, while: "writing a group")
      logger.error(
        "a group of units was not written",
        metadata: ["code": "\(failure.code.rawValue)", "detail": "\(failure.detail)", "units": "\(group.count)"])
      for unit in group { unit.fail(failure) }
    }
  }

  /// A unit that failed alone, and of which nothing is left. Whom others came before runs again; of all else it has had its turn.
  private func again(_ unit: WaitingUnit, _ spoiled: SpoiledGroup) {
    guard let conflict = spoiled.cause as? UnitConflict else { return fail(unit, StoreError(spoiled.cause, while: "writing a unit")) }
    guard unit.tries < limits.conflictRuns else { return fail(unit, StoreError(conflict, runs: limits.conflictRuns)) }
    var unit = unit
    unit.tries += 1
    run([unit])
  }

  private func fail(_ unit: WaitingUnit, _ failure: StoreError) {
    logger.error("a unit was not written", metadata: ["code": "\(failure.code.rawValue)", "detail": "\(failure.detail)"])
    unit.fail(failure)
  }

  /// One transaction for all.
  /// - Returns: the answers, for when it is durable.
  /// - Throws: what fails the group, or `SpoiledGroup`; the transaction is rolled back then.
  private func commit(_ group: [WaitingUnit]) throws -> [@Sendable () -> Void] {
    var answers: [@Sendable () -> Void] = []
    answers.reserveCapacity(group.count)
    var wrote = false
    var changed: [LinkID: Int64] = [:]
    do {
      // Only after a ROLLBACK that failed.
      if connection.isInsideTransaction { try connection.run(SQLiteStatements.rollBack, []) }
      try connection.run(SQLiteStatements.begin, [])
      for unit in group {
        do {
          let ran = try SQLiteUnit(db: connection, limits: limits).run(unit.work)
          wrote = wrote || ran.wrote
          for link in ran.changed { changed[link.id] = max(link.sequence, changed[link.id] ?? link.sequence) }
          answers.append(ran.succeed)
        } catch let failure as StoreError {
          answers.append { self.fail(unit, failure) }
        }
      }
    } catch {
      rollBack()
      throw error
    }
    do {
      try connection.run(SQLiteStatements.commit, [])
    } catch {
      rollBack()
      throw StoreError(failedCommit: error)
    }
    if wrote { commits.add(1, ordering: .relaxed) }
    let (sequences, listener) = (changed, listener)
    answers.append { listener.tell(sequences) }
    return answers
  }

  /// SQLite may have rolled back by itself already. Where it cannot, the next group tries again first, and `health` says so.
  private func rollBack() {
    guard connection.isInsideTransaction else { return }
    do { try connection.run(SQLiteStatements.rollBack, []) } catch {
      logger.error("a transaction could not be rolled back", metadata: ["detail": "\(StoreError(error, while: "rolling back").detail)"])
    }
  }
}

/// How SQLite's transactions are begun and ended.
enum SQLiteStatements {
  static let begin = SQLStatement("BEGIN IMMEDIATE")
  static let commit = SQLStatement("COMMIT")
  static let rollBack = SQLStatement("ROLLBACK")
}
