import GRDB
package import Payments

/// The feed's order is `event.feed`, which SQLite gives in the transaction of the event. There is one writer, and its transactions come one after the other,
/// so a greater place is always committed later: a reader that has seen a place never misses one before it.
extension BookReader {
  func feed(_ query: FeedQuery) throws -> FeedPage {
    precondition(query.limit > 0, "the edge judges a feed's limit")
    var found: [(place: Int64, event: Event)] = []
    for merchant in Set(query.merchants) {
      let rows = try Row.fetchAll(
        try db.cachedStatement(sql: BookStatements.feed),
        arguments: [
          "merchant": merchant.text, "after": query.after, "from": query.from?.milliseconds ?? Int64.min, "limit": query.limit + 1,
        ])
      found += try rows.map { try placed($0) }
    }
    found.sort { $0.place < $1.place }
    let page = found.prefix(query.limit)
    return FeedPage(events: page.map(\.event), last: page.last?.place ?? query.after, hasMore: found.count > query.limit)
  }

  func event(_ id: EventID) throws -> (place: Int64, event: Event)? {
    let statement = try db.cachedStatement(sql: BookStatements.eventByID)
    return try Row.fetchOne(statement, arguments: ["id": id.text]).map { try placed($0) }
  }

  /// An event with its place, which stands behind the event's own columns.
  func placed(_ row: Row) throws -> (place: Int64, event: Event) {
    let stored = StoredRow(event: row)
    let place: Int64 = row[EventColumn.allCases.count]
    guard try stored.textIfAny(.link) != nil else { return (place, try stored.eventOfNoLink()) }
    let id: LinkID = try stored.value(.link)
    guard let link = try link(id) else { throw stored.corrupt(.link) }
    return (place, try stored.event(of: link))
  }
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

extension SQLiteStore: EventFeed {
  package func feed(_ query: FeedQuery) async throws(StoreError) -> FeedPage {
    try await read("reading the feed") { try $0.feed(query) }
  }

  package func event(_ id: EventID) async throws(StoreError) -> Event? {
    try await read("reading an event") { try $0.event(id)?.event }
  }
}
