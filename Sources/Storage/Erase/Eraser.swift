import Payments

/// Takes out what says who pays, inside a transaction that somebody else made. Money stays: amounts, statuses, numbers and times.
struct Eraser {
  let db: any SQLConnection
  let payer: Payer
  let isMetadataToo: Bool
  /// Only counts.
  let isDryRun: Bool

  /// Links of a window of the books that are theirs.
  func links(after: Int64, to end: Int64) throws -> [LinkID] {
    guard let trace = try payer.trace() else { return [] }
    return try db.all(EraseStatements.links, [after.sql, end.sql, trace.sql]) { row in
      (try Self.id(row.string(0)), try StoredJSON.terms(from: row.string(1)))
    }.filter { payer.isOf($0.1.customer) }.map(\.0)
  }

  /// One link with all that hangs on it. The link's row is locked first, as by everybody who changes it.
  /// - Returns: the acquirer's numbers of its payments, by which messages without a link are found.
  func erase(_ link: LinkID, _ erased: inout Erased) throws -> [Int64] {
    let id = link.text.sql
    guard let text = try db.first(EraseStatements.terms, [id], { try $0.string(0) }) else { return [] }
    let terms = try StoredJSON.terms(from: text)
    let bare = terms.withoutPayer(metadata: isMetadataToo)
    if bare != terms { try change(EraseStatements.eraseTerms, [StoredJSON.text(bare).sql, id], &erased.links) }
    if isMetadataToo {
      for key in terms.metadata.keys { try change(EraseStatements.eraseMetadata, [id, key.sql], &erased.metadata) }
    }
    erased.payments += try counted(EraseStatements.cards, [id])
    erased.operations += try counted(EraseStatements.reasons, [id])
    if !isDryRun {
      try db.run(EraseStatements.eraseCards, [id])
      try db.run(EraseStatements.eraseReasons, [id])
    }
    try eraseEvents(of: id, &erased)
    return try db.all(EraseStatements.numbers, [id]) { try $0.number(0) }
  }

  private func eraseEvents(of id: SQLValue, _ erased: inout Erased) throws {
    for (event, text) in try db.all(EraseStatements.states, [id], { (try $0.string(0), try $0.string(1)) }) {
      let bare = try StoredJSON.text(try StoredJSON.value(LinkState.self, from: text).withoutPayer())
      if bare != text { try change(EraseStatements.eraseState, [bare.sql, event.sql], &erased.events) }
    }
  }

  /// A window of messages behind a place.
  /// - Returns: the place of the last; nil where there is no more.
  func eraseMessages(
    of links: Set<String>, payments: Set<Int64>, behind place: MessagePlace, limit: Int, _ erased: inout Erased
  ) throws -> MessagePlace? {
    var theirs: [MessagePlace] = []
    var (last, count) = (place, 0)
    try db.rows(EraseStatements.messages, [place.at.sql, place.number.sql, limit.sql]) { row in
      last = MessagePlace(at: try row.number(0), number: try row.number(1))
      count += 1
      let message = try row.string(4)
      let isTheirs: Bool =
        switch row.text(2) {
        case .value(let link): links.contains(link)
        case .null, .wrong: try row.numberIfAny(3).map(payments.contains) ?? false || payer.words.contains { message.contains($0) }
        }
      if isTheirs, message != "{}" { theirs.append(last) }
      return true
    }
    for place in theirs { try change(EraseStatements.eraseMessage, [place.at.sql, place.number.sql], &erased.messages) }
    return count < limit ? nil : last
  }

  private func counted(_ statement: SQLStatement, _ values: [SQLValue]) throws -> Int {
    Int(try db.first(statement, values) { try $0.number(0) } ?? 0)
  }

  private func change(_ statement: SQLStatement, _ values: [SQLValue], _ count: inout Int) throws {
    count += isDryRun ? 1 : try db.run(statement, values)
  }

  private static func id(_ text: String) throws -> LinkID {
    do { return try LinkID(text) } catch { throw StoreError(.corrupt, "link: id cannot be read") }
  }
}

/// Where a message stands in the order of time.
struct MessagePlace: Hashable, Sendable {
  var at = Int64.min
  var number: Int64 = 0
}
