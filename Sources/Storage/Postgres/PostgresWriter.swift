import Dispatch
import Logging
import Payments
import Synchronization

/// PostgreSQL's writer in this process. Units that wait at the same moment go into one transaction (design §2, "Commits in groups"): one pipeline locks and reads, the
/// rules decide, one pipeline writes and commits. A pipeline knows no savepoints, so whatever goes wrong takes the group back, and each unit runs again alone.
final class PostgresWriter: Sendable {
  private let line: PostgresLine
  private let limits: StorageLimits
  private let logger: Logger
  private let queue = DispatchQueue(label: "paylink.storage.writer")
  private let waiting: UnitQueue
  private let listener = CommitListener()
  private let sequencer: PostgresSequencer
  let commits = Atomic<Int>(0)

  init(line: PostgresLine, sequencer: PostgresSequencer, limits: StorageLimits, logger: Logger) {
    self.line = line
    self.sequencer = sequencer
    self.limits = limits
    self.logger = logger
    var bounds = limits
    bounds.groupSize = limits.postgresGroup
    waiting = UnitQueue(limits: bounds)
  }

  var waitingUnits: Int { waiting.count }

  func enqueue(_ unit: WaitingUnit) {
    waiting.enqueue(unit) { queue.async { self.drain() } }
  }

  func onChange(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void) { listener.set(tell) }

  /// Takes no more units, and returns when those that wait are answered and the connection is closed.
  func close() async {
    waiting.close()
    await withCheckedContinuation { continuation in
      queue.async {
        self.line.drop()
        continuation.resume()
      }
    }
  }

  private func drain() {
    while let units = waiting.next() {
      var members: [PostgresGroup.Member] = []
      for unit in units {
        switch unit.work {
        case .unit(let scope, let decide): members.append(.init(unit: unit, scope: scope, decide: decide))
        case .steps(let steps): answered(unit) { try alone(steps) }
        }
      }
      while !members.isEmpty { members = run(members) }
    }
  }

  /// Runs the first units that do not meet.
  /// - Returns: the others, in their order.
  private func run(_ members: [PostgresGroup.Member]) -> [PostgresGroup.Member] {
    var (group, later): ([PostgresGroup.Member], [PostgresGroup.Member]) = ([], [])
    var taken: Set<String> = []
    for member in members {
      // Who must wait makes those wait that meet it, so that units of one link keep their order.
      if taken.isDisjoint(with: member.scope.keys) { group.append(member) } else { later.append(member) }
      taken.formUnion(member.scope.keys)
    }
    do {
      let left = try transact(group)
      return left + later
    } catch let error where group.count > 1 && Self.isOfMembers(error) {
      for member in group { alone(member) }
    } catch  where group.count > 1 {
      fail(group, error)
    } catch {
      alone(group[0], after: error)
    }
    return later
  }

  /// Whether the members may each be tried alone, or it would be the same for every one.
  private static func isOfMembers(_ error: any Error) -> Bool {
    switch error {
    case let error as StoreError: error.code == .corrupt
    case let error as PostgresError: error.isOfOneUnit || error.isOfOrder
    default: error is UnitConflict
    }
  }

  private func fail(_ group: [PostgresGroup.Member], _ error: any Error) {
    let failure = StoreError(postgres: error, while: "writing a group")
    logger.error(
      "a group of units was not written",
      metadata: ["code": "\(failure.code.rawValue)", "detail": "\(failure.detail)", "units": "\(group.count)"])
    for member in group { member.unit.fail(failure) }
  }

  /// Runs a unit alone, again where others stand in its way, a bounded number of times.
  /// - Parameter first: what its first run alone came to, where it had one.
  private func alone(_ member: PostgresGroup.Member, after first: (any Error)? = nil) {
    var (conflicts, orders) = (0, 0)
    var error = first
    while true {
      if error == nil {
        do {
          _ = try transact([member])
          return
        } catch let failure { error = failure }
      }
      switch error {
      case let conflict as UnitConflict:
        conflicts += 1
        guard conflicts < limits.conflictRuns else { return refuse(member, StoreError(conflict, runs: conflicts)) }
      case let failure as PostgresError where failure.isOfOrder:
        orders += 1
        guard orders < limits.orderRuns else { return refuse(member, failure) }
      case let failure?: return refuse(member, failure)
      case nil: preconditionFailure("a run that did not return has an error")
      }
      error = nil
    }
  }

  private func refuse(_ member: PostgresGroup.Member, _ error: any Error) {
    answered(member.unit) { throw error }
  }

  private func answered(_ unit: WaitingUnit, _ work: () throws -> @Sendable () -> Void) {
    do {
      try work()()
    } catch {
      let failure = StoreError(postgres: error, while: "writing a unit")
      logger.error("a unit was not written", metadata: ["code": "\(failure.code.rawValue)", "detail": "\(failure.detail)"])
      unit.fail(failure)
    }
  }
}

// MARK: - One transaction

extension PostgresWriter {
  /// Reads, decides, writes, commits, answers.
  /// - Returns: members whose links turned out to be another's of the group: they are for the next.
  private func transact(_ members: [PostgresGroup.Member]) throws -> [PostgresGroup.Member] {
    let group = PostgresGroup(members: members, limits: limits)
    let questions = [Bound(PostgresStatements.begin, [])] + group.questions
    let (db, results) = try line.again { db in
      do { return (db, try db.run(questions)) } catch {
        rollBack(db)
        throw error
      }
    }
    var (answers, left): ([@Sendable () -> Void], [PostgresGroup.Member]) = ([], [])
    var (writes, changed): ([Write], [LinkID: Int64]) = ([], [:])
    do {
      var seen: Set<LinkID> = []
      for (member, snapshot) in zip(members, try group.snapshots(Array(results.dropFirst()))) {
        guard seen.isDisjoint(with: snapshot.links.map(\.id)) else {
          left.append(member)
          continue
        }
        seen.formUnion(snapshot.links.map(\.id))
        let decided = member.decide(snapshot)
        answers.append(decided.succeed)
        guard !decided.changes.isEmpty else { continue }
        writes += try BookWriter(decided.changes, over: snapshot).writes
        for link in decided.changes.written { changed[link.id] = link.sequence }
      }
    } catch {
      rollBack(db)
      throw error
    }
    try commit(writes, db)
    if !writes.isEmpty { commits.add(1, ordering: .relaxed) }
    if writes.contains(where: \.isEvent) { sequencer.ask() }
    for answer in answers { answer() }
    listener.tell(changed)
    return left
  }

  /// All writes and the COMMIT in one pipeline.
  private func commit(_ writes: [Write], _ db: PostgresConnection) throws {
    try commit(writes.map(\.bound), db) { error in
      guard error.isUnmetDemand, writes.indices.contains(error.place) else { return error }
      switch writes[error.place].expecting {
      case .nothing: return error
      case .place: return UnitConflict(cause: .place)
      case .standing: return UnitConflict(cause: .standing)
      }
    }
  }

  /// - Parameter meaning: of an error before the COMMIT.
  private func commit(_ statements: [Bound], _ db: PostgresConnection, meaning: (PostgresError) -> any Error) throws {
    let all = statements + [Bound(PostgresStatements.commit, [])]
    do {
      try db.run(all)
    } catch let error as PostgresError where error.cameBehind(all.count) {
      // The COMMIT was answered, and the connection ended behind it: it stands.
      line.drop()
    } catch let error as PostgresError {
      // Without a word of the server, or with its last word in place of the COMMIT's answer, nobody knows.
      if error.place != PostgresError.beforeAll, error.state == nil || (error.isLost && error.place >= statements.count) {
        line.drop()
        throw StoreError(.outcomeUnknown, "committing: PostgreSQL \(error.state ?? "gone"), \(error.message)")
      }
      rollBack(db)
      if error.isReadOnly { line.drop() }
      throw meaning(error)
    }
  }

  /// Statements that read what they need themselves, in a transaction of their own, again where others stand in its way.
  private func alone(_ steps: @Sendable (any SQLConnection) throws -> WaitingUnit.Done) throws -> @Sendable () -> Void {
    for run in 1... {
      do {
        return try line.again { db in
          db.begin(PostgresStatements.begin)
          let done: WaitingUnit.Done
          do { done = try steps(db) } catch {
            rollBack(db)
            throw error
          }
          try commit([], db) { $0 }
          commits.add(1, ordering: .relaxed)
          return done.succeed
        }
      } catch let error as PostgresError where error.isOfOrder && run < limits.orderRuns {}
    }
    preconditionFailure("the last run returns or throws")
  }

  /// A connection that cannot even do this is not used again.
  private func rollBack(_ db: PostgresConnection) {
    do { try db.rollBack() } catch { line.drop() }
  }
}

extension Write {
  var isEvent: Bool { bound.statement === BookStatements.insertEvent }
}
