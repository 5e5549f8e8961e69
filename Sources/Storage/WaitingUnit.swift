import GRDB
import Payments

/// A unit of work that waits for the writer, with whoever waits for its outcome.
struct WaitingUnit: Sendable {
  /// A unit that ran: what is left is to tell its caller, once the group is durable.
  struct Ran: Sendable {
    let wrote: Bool
    /// Links as they stand now.
    var changed: [PaymentLink] = []
    let succeed: @Sendable () -> Void
  }

  let share: QueueShare
  /// On the writer's queue, inside the group's transaction. A `StoreError` is the unit's own failure, of which nothing is left in the transaction;
  /// any other error is the whole group's.
  let run: @Sendable (Database) throws -> Ran
  let fail: @Sendable (StoreError) -> Void
}

extension WaitingUnit {
  /// - Parameter finish: called once, from the writer's queue.
  init<Unit: UnitOfWork>(
    _ unit: Unit, limits: StorageLimits, finish: @escaping @Sendable (Result<Unit.Outcome, StoreError>) -> Void
  ) {
    share = unit.share
    fail = { finish(.failure($0)) }
    run = { db in
      let reader = BookReader(db: db, limits: limits)
      for _ in 0..<limits.conflictRuns {
        let snapshot = try reader.snapshot(unit.scope)
        let decision = unit.decide(snapshot)
        let changed = decision.changes.updated + (decision.changes.inserted.map { [$0] } ?? [])
        let ran = Ran(wrote: !decision.changes.isEmpty, changed: changed) { finish(.success(decision.outcome)) }
        if decision.changes.isEmpty { return ran }
        do {
          try db.atOnce { try BookWriter(db: db).write(decision.changes, over: snapshot) }
          return ran
        } catch is BookWriter.LiveLinkConflict {
          continue
        }
      }
      throw StoreError(.unavailable, "another link of the order is live, after \(limits.conflictRuns) runs of the unit")
    }
  }

  /// A write that changes nothing anybody reads: whether the books take writes.
  init(trial finish: @escaping @Sendable (Bool) -> Void) {
    share = .callback
    fail = { _ in finish(false) }
    run = { db in
      try db.cachedStatement(sql: BookStatements.beat).execute()
      return Ran(wrote: true) { finish(true) }
    }
  }
}

extension Database {
  /// Runs writes in a savepoint. A failure of these writes' own, or a conflict, takes back them alone.
  func atOnce<Value>(_ writes: () throws -> Value) throws -> Value {
    try cachedStatement(sql: "SAVEPOINT unit").execute()
    let value: Value
    do {
      value = try writes()
    } catch let error as DatabaseError where !error.isOfOneUnit {
      throw error
    } catch {
      try cachedStatement(sql: "ROLLBACK TO unit").execute()
      try cachedStatement(sql: "RELEASE unit").execute()
      throw error is BookWriter.LiveLinkConflict ? error : StoreError(error, while: "writing a unit")
    }
    try cachedStatement(sql: "RELEASE unit").execute()
    return value
  }
}
