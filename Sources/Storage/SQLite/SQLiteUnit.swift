import GRDB
import Payments

/// Runs one unit inside the group's transaction, in a savepoint of its own.
struct SQLiteUnit {
  let db: SQLiteConnection
  let limits: StorageLimits

  /// A unit that ran: what is left is to tell its caller, once the group is durable.
  struct Ran {
    var wrote: Bool
    /// Links as they stand now.
    var changed: [PaymentLink] = []
    let succeed: @Sendable () -> Void
  }

  /// - Throws: a `StoreError` for the unit's own failure, of which nothing is left in the transaction; any other error is the whole group's.
  func run(_ work: WaitingUnit.Work) throws -> Ran {
    switch work {
    case .steps(let steps): Ran(wrote: true, succeed: try atOnce { try steps(db).succeed })
    case .unit(let scope, let decide): try run(scope, decide)
    }
  }

  private func run(_ scope: Scope, _ decide: (Snapshot) -> WaitingUnit.Decided) throws -> Ran {
    let reader = BookReader(db: db, limits: limits)
    var conflict = UnitConflict(cause: .place)
    for _ in 0..<limits.conflictRuns {
      let snapshot = try reader.snapshot(scope)
      let decided = decide(snapshot)
      if decided.changes.isEmpty { return Ran(wrote: false, succeed: decided.succeed) }
      do {
        let writes = try BookWriter(decided.changes, over: snapshot).writes
        try atOnce { for write in writes { try run(write) } }
        return Ran(wrote: true, changed: decided.changes.written, succeed: decided.succeed)
      } catch let error as UnitConflict {
        conflict = error
      }
    }
    throw StoreError(conflict, runs: limits.conflictRuns)
  }

  private func run(_ write: Write) throws {
    let changed = try db.run(write.bound)
    switch write.expecting {
    case .nothing: break
    case .place: if changed != 1 { throw UnitConflict(cause: .place) }
    case .standing: if changed != 1 { throw UnitConflict(cause: .standing) }
    }
  }

  /// Runs writes in a savepoint. A failure of these writes' own, or a conflict, takes back them alone.
  private func atOnce<Value>(_ writes: () throws -> Value) throws -> Value {
    try db.run(SQLiteStatements.save, [])
    let value: Value
    do {
      value = try writes()
    } catch let error as DatabaseError where !error.isOfOneUnit {
      throw error
    } catch {
      try db.run(SQLiteStatements.takeBack, [])
      try db.run(SQLiteStatements.release, [])
      throw error is UnitConflict ? error : StoreError(error, while: "writing a unit")
    }
    try db.run(SQLiteStatements.release, [])
    return value
  }
}
