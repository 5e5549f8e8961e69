import Payments

/// A unit of work that waits for a writer, with whoever waits for its outcome.
package struct WaitingUnit: Sendable {
  let share: QueueShare
  let work: Work
  let fail: @Sendable (StoreError) -> Void
  /// How often it ran alone.
  var tries = 1

  enum Work: Sendable {
    /// A unit of the port: what it reads, and what follows from that. It may be asked more than once.
    case unit(Scope, decide: @Sendable (Snapshot) -> Decided)
    /// Statements that read what they need themselves, all or none. They may be run more than once.
    case steps(@Sendable (any SQLConnection) throws -> Done)
  }

  struct Decided: Sendable {
    let changes: Changes
    /// Tells the caller, once it is durable.
    let succeed: @Sendable () -> Void
  }

  struct Done: Sendable {
    let succeed: @Sendable () -> Void
  }
}

extension WaitingUnit {
  /// - Parameter finish: called once, from a writer's queue.
  init<Unit: UnitOfWork>(_ unit: Unit, finish: @escaping @Sendable (Result<Unit.Outcome, StoreError>) -> Void) {
    share = unit.share
    fail = { finish(.failure($0)) }
    work = .unit(unit.scope) { snapshot in
      let decision = unit.decide(snapshot)
      return Decided(changes: decision.changes) { finish(.success(decision.outcome)) }
    }
  }

  /// - Parameter finish: called once, from a writer's queue.
  init<Value: Sendable>(
    steps: @escaping @Sendable (any SQLConnection) throws -> Value, finish: @escaping @Sendable (Result<Value, StoreError>) -> Void
  ) {
    share = .ordinary
    fail = { finish(.failure($0)) }
    work = .steps { db in
      let value = try steps(db)
      return Done { finish(.success(value)) }
    }
  }

  /// A write that changes nothing anybody reads: whether the books take writes.
  init(trial finish: @escaping @Sendable (Bool) -> Void) {
    share = .callback
    fail = { _ in finish(false) }
    work = .steps { db in
      try db.run(BookStatements.beat, [])
      return Done { finish(true) }
    }
  }
}

extension Changes {
  /// Every link that is written, as it stands then.
  var written: [PaymentLink] { updated + (inserted.map { [$0] } ?? []) }
}

extension StoreError {
  /// A unit whose books changed again and again while it decided.
  init(_ conflict: UnitConflict, runs: Int) {
    switch conflict.cause {
    case .place: self.init(.unavailable, "another link of the order is live, after \(runs) runs of the unit")
    case .standing: self.init(.unavailable, "the link changed meanwhile, after \(runs) runs of the unit")
    }
  }
}
