import Logging
package import Payments

// MARK: - Work that programs on one database share

extension BookStore {
  /// Looking costs a read; a commit comes only where there is something to take.
  package func take(_ work: SharedWork, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [LeasedLink] {
    guard try await read("looking for work", { try LeaseBook(db: $0.db, work: work, now: now).isAnything }) else { return [] }
    let taken = try await write { db in
      try LeaseBook(db: db, work: work, now: now).take(for: terms.holder, until: now + terms.time, limit: limit)
    }
    guard !taken.isEmpty else { return [] }
    let (leased, damaged) = try await read("reading what was taken") { try $0.leased(taken) }
    // Nobody else need stumble over it before a person has looked.
    if !damaged.isEmpty { _ = try await renew(work, damaged, for: terms.holder, until: now + Self.setAside) }
    return leased
  }

  package func renew(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int {
    try await renew(work, links.map(\.text), for: terms.holder, until: now + terms.time)
  }

  package func finish(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms) async throws(StoreError) {
    let values: [SQLValue] = [work.text.sql, terms.holder.sql, .texts(links.map(\.text))]
    _ = try await write { try $0.run(LeaseStatements.finish, values) }
  }

  /// How long a link that cannot be read is left alone.
  private static var setAside: Duration { .hours(1) }

  private func renew(_ work: SharedWork, _ items: [String], for holder: String, until end: Timestamp) async throws(StoreError) -> Int {
    let values: [SQLValue] = [end.sql, work.text.sql, holder.sql, .texts(items)]
    return try await write { try $0.run(LeaseStatements.renew, values) }
  }
}

extension BookReader {
  /// The links of what was taken, and what of it cannot be read.
  fileprivate func leased(_ taken: [LeaseBook.Taken]) throws -> (links: [LeasedLink], damaged: [String]) {
    var (links, damaged): ([LeasedLink], [String]) = ([], [])
    for taken in taken {
      do {
        guard let id = try? LinkID(taken.item) else { throw StoreError(.corrupt, "lease: item cannot be read") }
        if let link = try link(id) { links.append(LeasedLink(link: link, lapsedHolder: taken.lapsedHolder)) }
      } catch let error as StoreError where error.code == .corrupt {
        unreadable(error)
        damaged.append(taken.item)
      }
    }
    return (links, damaged)
  }
}
