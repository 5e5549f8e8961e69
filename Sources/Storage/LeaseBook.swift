import Payments

/// Reads and writes leases, inside a transaction that somebody else began.
struct LeaseBook {
  let db: any SQLConnection
  let work: SharedWork
  let now: Timestamp

  /// A piece of work so often left unfinished is not taken over for that any more, as it may be what kills: its next look comes as it is scheduled.
  private static let lapsesAtMost = 3
  /// A turn that is further ahead than this was set by a clock that is wrong, or was since set back.
  private static let clockDifference = Duration.minutes(1)

  struct Taken: Sendable {
    let item: String
    let lapsedHolder: String?
  }

  /// Whether `take` might find anything.
  var isAnything: Bool {
    get throws {
      if case .looks(let merchant, let pace) = work,
        try db.isAny(LeaseStatements.isOthersTurn, [merchant.text.sql, now.sql, (now + pace + Self.clockDifference).sql])
      {
        return false
      }
      if try db.isAny(LeaseStatements.hasLapsed, [work.text.sql, now.sql, Self.lapsesAtMost.sql]) { return true }
      switch work {
      case .looks(let merchant, _):
        return try LookRank.allCases.contains { rank in
          try db.isAny(LeaseStatements.hasLook, [merchant.text.sql, rank.rawValue.sql, now.sql, work.text.sql])
        }
      case .expiry: return try db.isAny(LeaseStatements.hasEnded, [now.sql, work.text.sql])
      }
    }
  }

  /// First what lapsed, then what is due, the most urgent first.
  func take(for holder: String, until end: Timestamp, limit: Int) throws -> [Taken] {
    guard try takesTurn() else { return [] }
    var taken: [Taken] = []
    let lapsed = try db.all(LeaseStatements.lapsed, [work.text.sql, now.sql, Self.lapsesAtMost.sql, limit.sql]) { row in
      Taken(item: try row.string(0), lapsedHolder: try row.string(1))
    }
    for found in lapsed where try take(found.item, for: holder, until: end) { taken.append(found) }
    switch work {
    case .looks(let merchant, _):
      for rank in LookRank.allCases where taken.count < limit {
        let values = [merchant.text.sql, rank.rawValue.sql, now.sql, work.text.sql, (limit - taken.count).sql]
        taken += try take(LeaseStatements.look, values, for: holder, until: end)
      }
    case .expiry:
      if taken.count < limit {
        taken += try take(LeaseStatements.ended, [now.sql, work.text.sql, (limit - taken.count).sql], for: holder, until: end)
      }
    }
    return taken
  }

  private func take(_ due: SQLStatement, _ values: [SQLValue], for holder: String, until end: Timestamp) throws -> [Taken] {
    try db.all(due, values) { try $0.string(0) }.filter { try take($0, for: holder, until: end) }.map { Taken(item: $0, lapsedHolder: nil) }
  }

  private func take(_ item: String, for holder: String, until end: Timestamp) throws -> Bool {
    try db.run(LeaseStatements.take, [work.text.sql, item.sql, holder.sql, end.sql, now.sql]) == 1
  }

  private func takesTurn() throws -> Bool {
    guard case .looks(let merchant, let pace) = work else { return true }
    let next = now + pace
    return try db.run(LeaseStatements.takeTurn, [merchant.text.sql, next.sql, now.sql, (next + Self.clockDifference).sql]) == 1
  }
}

extension SharedWork {
  /// As it stands in the books.
  var text: String {
    switch self {
    case .looks(let merchant, _): "\(word) \(merchant)"
    case .expiry: word
    }
  }
}
