import Payments

/// The feed's order is `event.feed`. SQLite's one writer gives places one after the other; in PostgreSQL `PostgresSequencer` gives them after the commit, one
/// transaction after the other. So a greater place is always seen later: a reader that has seen a place never misses one before it.
extension BookReader {
  func feed(_ query: FeedQuery) throws -> FeedPage {
    precondition(query.limit > 0, "the edge judges a feed's limit")
    var found: [(place: Int64, event: Event)] = []
    for merchant in Set(query.merchants) {
      // Who goes on from a place is behind the beginning already.
      let after = if query.after == 0, let from = query.from { try place(before: from, of: merchant) } else { query.after }
      found += try placed(
        BookStatements.feed,
        [merchant.text.sql, after.sql, (query.from?.milliseconds ?? Int64.min).sql, (query.limit + 1).sql])
    }
    found.sort { $0.place < $1.place }
    let page = found.prefix(query.limit)
    return FeedPage(events: page.map(\.event), last: page.last?.place ?? query.after, hasMore: found.count > query.limit)
  }

  /// Where to begin for what happened at a time or later, found by halving: the feed's order is that of the times but for `disorder`, and no index by time is kept for
  /// this alone.
  private func place(before time: Timestamp, of merchant: MerchantName) throws -> Int64 {
    let bound = time - Self.disorder
    // Up to `low` everything is older; behind `high` comes nothing, or first something that is not.
    var low: Int64 = 0
    var high = try db.first(BookStatements.lastPlace, [merchant.text.sql]) { try $0.number(0) } ?? 0
    while low < high {
      let middle = low + (high - low) / 2
      let next = try db.first(BookStatements.nextPlace, [merchant.text.sql, middle.sql]) { (try $0.number(0), try $0.number(1)) }
      if let (place, at) = next, at < bound.milliseconds { low = place } else { high = middle }
    }
    return low
  }

  /// How far an event's time may be from those around it in the feed: the clocks of several programs, and a commit that waited.
  private static let disorder = Duration.minutes(5)

  func event(_ id: EventID) throws -> (place: Int64, event: Event)? {
    try placed(BookStatements.eventByID, [id.text.sql]).first
  }

  /// Events with their places, which stand behind the events' own columns. Their links are read together.
  func placed(_ statement: SQLStatement, _ values: [SQLValue]) throws -> [(place: Int64, event: Event)] {
    let kept = try db.all(statement, values) { try KeptEvent($0) }
    var links: [LinkID: PaymentLink] = [:]
    for link in try self.links(Array(Set(kept.compactMap(\.link)))) { links[link.id] = link }
    return try kept.map { ($0.place, try $0.event(links)) }
  }
}

/// An event's row, taken out before its link is read.
private struct KeptEvent {
  var place: Int64
  var link: LinkID?
  /// The event of no link, or what makes it of its link.
  private let make: (PaymentLink?) throws -> Event

  init(_ row: SQLRow) throws {
    let stored = StoredRow(event: row)
    place = try row.number(EventColumn.allCases.count)
    if try stored.textIfAny(.link) == nil {
      let event = try stored.eventOfNoLink()
      make = { _ in event }
    } else {
      link = try stored.value(.link)
      let event = try stored.eventOfLink()
      let missing = stored.corrupt(.link)
      make = { link in
        guard let link else { throw missing }
        return event(link)
      }
    }
  }

  func event(_ links: [LinkID: PaymentLink]) throws -> Event { try make(link.flatMap { links[$0] }) }
}

extension StoredRow<EventColumn> {
  /// An orphan's; those of version 1 say nothing of it.
  fileprivate func eventOfNoLink() throws(StoreError) -> Event {
    let (merchant, at): (MerchantName, Timestamp) = (try value(.merchant), try time(.at))
    let state: OrphanState? = try textIfAny(.orphan) == nil ? nil : try json(.orphan)
    return Event(
      id: try value(.id), kind: try word(.kind), at: at, merchant: merchant, sequence: try integer(.sequence),
      link: nil, orphan: state?.orphan(of: merchant, at: at))
  }
}
