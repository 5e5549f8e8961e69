import Dispatch
import GRDB
import Logging
import Payments
import Synchronization

/// The one writer: units that wait at the same moment go into one transaction, and every caller is answered after its commit (design §2,
/// "Commits in groups"). Units of one transaction see each other's writes, in the order of coming; so several units of one link may share a group.
final class GroupWriter: Sendable {
  private struct Waiting {
    var units: [WaitingUnit] = []
    var isDraining = false
    var isClosed = false
  }

  /// Who is told of commits. A struct around the closure on purpose: a closure that stands in a Mutex by itself is wrapped once more by every `withLock`
  /// (a thunk for the generic `inout`, left behind in the state), until a call runs through millions of wrappings and out of its stack.
  private struct Listener {
    let tell: @Sendable ([LinkID: Int64]) -> Void
  }

  private enum Admission {
    case first, behindOthers, overloaded, closed
  }

  private let pool: DatabasePool
  private let limits: StorageLimits
  private let logger: Logger
  private let queue = DispatchQueue(label: "paylink.storage.writer")
  private let waiting = Mutex(Waiting())
  private let listener = Mutex<Listener?>(nil)
  /// Commits that wrote, since the start.
  let commits = Atomic<Int>(0)

  init(pool: DatabasePool, limits: StorageLimits, logger: Logger) {
    self.pool = pool
    self.limits = limits
    self.logger = logger
  }

  var waitingUnits: Int { waiting.withLock { $0.units.count } }

  /// Puts a unit in the queue and wakes the writer where it sleeps. Never blocks.
  func enqueue(_ unit: WaitingUnit) {
    switch admit(unit) {
    case .first: queue.async { self.drain() }
    case .behindOthers: break
    case .overloaded: unit.fail(StoreError(.overloaded, "\(limits.waitingUnits) units wait already"))
    case .closed: unit.fail(StoreError(.unavailable, "the store is closed"))
    }
  }

  /// Tells after every commit how far its links are.
  func onChange(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void) {
    listener.withLock { $0 = Listener(tell: tell) }
  }

  /// Takes no more units, and returns when those that wait are answered.
  func close() async {
    waiting.withLock { $0.isClosed = true }
    // A serial queue: this comes after the drain that is under way, and no other begins.
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }

  private func admit(_ unit: WaitingUnit) -> Admission {
    let room = unit.share == .callback ? limits.waitingUnits : limits.waitingOrdinary
    return waiting.withLock { waiting in
      if waiting.isClosed { return .closed }
      if waiting.units.count >= room { return .overloaded }
      waiting.units.append(unit)
      if waiting.isDraining { return .behindOthers }
      waiting.isDraining = true
      return .first
    }
  }

  private func drain() {
    while let group = next() { run(group) }
  }

  private func next() -> [WaitingUnit]? {
    waiting.withLock { waiting in
      if waiting.units.isEmpty {
        waiting.isDraining = false
        return nil
      }
      if waiting.units.count <= limits.groupSize {
        let group = waiting.units
        waiting.units = []
        return group
      }
      let group = Array(waiting.units.prefix(limits.groupSize))
      waiting.units.removeFirst(limits.groupSize)
      return group
    }
  }

  private func run(_ group: [WaitingUnit]) {
    let answers: [@Sendable () -> Void]
    do {
      answers = try pool.writeWithoutTransaction { db in try commit(group, db) }
    } catch {
      let failure = StoreError(error, while: "writing a group")
      logger.error(
        "a group of units was not written",
        metadata: ["code": "\(failure.code.rawValue)", "detail": "\(failure.detail)", "units": "\(group.count)"])
      answers = group.map { unit in { unit.fail(failure) } }
    }
    for answer in answers { answer() }
  }

  /// One transaction for all.
  /// - Returns: the answers, for when it is durable.
  /// - Throws: what fails the group; the transaction is rolled back then.
  private func commit(_ group: [WaitingUnit], _ db: Database) throws -> [@Sendable () -> Void] {
    var answers: [@Sendable () -> Void] = []
    answers.reserveCapacity(group.count)
    var wrote = false
    var changed: [PaymentLink] = []
    do {
      // Only after a ROLLBACK that failed.
      if db.isInsideTransaction { try db.rollback() }
      try db.beginTransaction(.immediate)
      for unit in group {
        do {
          let ran = try unit.run(db)
          wrote = wrote || ran.wrote
          changed += ran.changed
          answers.append(ran.succeed)
        } catch let failure as StoreError {
          logger.error("a unit was not written", metadata: ["code": "\(failure.code.rawValue)", "detail": "\(failure.detail)"])
          answers.append { unit.fail(failure) }
        }
      }
    } catch {
      rollBack(db)
      throw error
    }
    do {
      try db.commit()
    } catch {
      rollBack(db)
      throw StoreError(failedCommit: error)
    }
    if wrote { commits.add(1, ordering: .relaxed) }
    if !changed.isEmpty, let listener = listener.withLock({ $0 }) {
      let sequences = Dictionary(changed.map { ($0.id, $0.sequence) }, uniquingKeysWith: max)
      answers.append { listener.tell(sequences) }
    }
    return answers
  }

  /// SQLite may have rolled back by itself already. Where it cannot, the next group tries again first, and `health` says so.
  private func rollBack(_ db: Database) {
    guard db.isInsideTransaction else { return }
    do { try db.rollback() } catch {
      logger.error("a transaction could not be rolled back", metadata: ["detail": "\(StoreError(error, while: "rolling back").detail)"])
    }
  }
}
