import GRDB
import Payments

/// Runs one unit inside the group's transaction.
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

  /// - Throws: a `StoreError` for the unit's own failure before it wrote anything; `SpoiledGroup` where it had written; any other error is the whole group's.
  func run(_ work: WaitingUnit.Work) throws -> Ran {
    switch work {
    case .steps(let steps): Ran(wrote: true, succeed: try judged { try steps(db).succeed })
    case .unit(let scope, let decide): try run(scope, decide)
    }
  }

  private func run(_ scope: Scope, _ decide: (Snapshot) -> WaitingUnit.Decided) throws -> Ran {
    let snapshot = try BookReader(db: db, limits: limits).snapshot(scope)
    let decided = decide(snapshot)
    if decided.changes.isEmpty { return Ran(wrote: false, succeed: decided.succeed) }
    let writes = try BookWriter(decided.changes, over: snapshot).writes
    try judged { for write in writes { try run(write) } }
    return Ran(wrote: true, changed: decided.changes.written, succeed: decided.succeed)
  }

  private func run(_ write: Write) throws {
    let changed = try db.run(write.bound)
    switch write.expecting {
    case .nothing: break
    case .place: if changed != 1 { throw UnitConflict(cause: .place) }
    case .standing: if changed != 1 { throw UnitConflict(cause: .standing) }
    }
  }

  /// Tells the unit's own failures, which leave half of it in the transaction, from the database's.
  private func judged<Value>(_ writes: () throws -> Value) throws -> Value {
    do {
      return try writes()
    } catch let error as DatabaseError where !error.isOfOneUnit {
      throw error
    } catch {
      throw SpoiledGroup(cause: error)
    }
  }
}

/// A unit failed by itself after it had begun to write: the transaction cannot be committed, and the units of its group run again, each alone.
struct SpoiledGroup: Error {
  let cause: any Error
}
