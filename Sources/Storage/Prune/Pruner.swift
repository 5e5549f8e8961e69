import Payments

/// Takes away what is past its time, one batch at a time, inside a transaction that somebody else made.
struct Pruner {
  let db: any SQLConnection

  /// What a batch came to.
  struct Step {
    var removed: Int
    /// Where the next begins; nil where nothing is left.
    var next: Int64?
  }

  /// - Parameters:
  ///   - place: behind which events are looked at; what the last step gave, 0 at first.
  ///   - limit: rows in one batch.
  func step(_ kind: Retention.Kind, before: Timestamp, behind place: Int64, limit: Int) throws -> Step {
    guard let batch = PruneStatements.batch(kind) else { return try events(before: before, behind: place, limit: limit) }
    let removed = try db.run(batch.delete, [before.sql, limit.sql])
    return Step(removed: removed, next: removed < limit ? nil : 0)
  }

  /// How many rows would go, up to a limit for each kind but events, which are walked as `step` walks them.
  func count(_ kind: Retention.Kind, before: Timestamp, behind place: Int64, limit: Int) throws -> Step {
    guard let batch = PruneStatements.batch(kind) else {
      let walked = try walk(PruneStatements.look, before: before, behind: place, limit: limit)
      return Step(removed: walked.old.count, next: walked.next)
    }
    return Step(removed: Int(try db.first(batch.count, [before.sql, limit.sql]) { try $0.number(0) } ?? 0), next: nil)
  }

  private func events(before: Timestamp, behind place: Int64, limit: Int) throws -> Step {
    let walked = try walk(PruneStatements.walk, before: before, behind: place, limit: limit)
    guard !walked.old.isEmpty else { return Step(removed: 0, next: walked.next) }
    // The events' rows are ours: no delivery of them begins from here to the commit. What began just before keeps its event.
    let chosen: [SQLValue] = [.texts(walked.old.map { "\($0)" })]
    try db.run(PruneStatements.attemptsOfEvents, chosen)
    try db.run(PruneStatements.deliveriesOfEvents, chosen)
    return Step(removed: try db.run(PruneStatements.removeEvents, chosen), next: walked.next)
  }

  /// The feed's order is nearly that of time: the walk ends behind the first batch whose last event is young.
  private func walk(
    _ statement: SQLStatement, before: Timestamp, behind place: Int64, limit: Int
  ) throws -> (old: [Int64], next: Int64?) {
    let rows = try db.all(statement, [place.sql, limit.sql]) { row in
      (place: try row.number(0), at: try row.number(1), isNeeded: try row.number(2) == 1)
    }
    let old = rows.filter { $0.at < before.milliseconds }
    let isEnd = rows.count < limit || rows[rows.count - 1].at >= before.milliseconds
    return (old.filter { !$0.isNeeded }.map(\.place), isEnd ? nil : rows[rows.count - 1].place)
  }
}
