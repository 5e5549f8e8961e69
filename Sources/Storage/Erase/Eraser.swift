import Payments

/// Takes out of a link what says who pays, inside a transaction that somebody else made. Money stays: amounts, statuses, numbers and times.
struct Eraser {
  let db: any SQLConnection
  let isMetadataToo: Bool
  /// Only counts.
  let isDryRun: Bool

  /// One link with all that hangs on it but its messages. The link's row is locked first, as by everybody who changes it.
  func erase(_ link: LinkID) throws -> Erased {
    var erased = Erased()
    let id = link.text.sql
    guard let text = try db.first(EraseStatements.terms, [id], { try $0.string(0) }) else { return erased }
    erased.payments = try counted(EraseStatements.cards, [id])
    erased.operations = try counted(EraseStatements.reasons, [id])
    if !isDryRun {
      try db.run(EraseStatements.eraseCards, [id])
      try db.run(EraseStatements.eraseReasons, [id])
    }
    try eraseEvents(of: id, &erased)
    let terms = try StoredJSON.terms(from: text)
    if isMetadataToo {
      for key in terms.metadata.keys { try change(EraseStatements.eraseMetadata, [id, key.sql], &erased.metadata) }
    }
    let bare = terms.withoutPayer(metadata: isMetadataToo)
    if bare != terms { try change(EraseStatements.eraseTerms, [StoredJSON.text(bare).sql, id], &erased.links) }
    erased.erasedLinks = [link]
    return erased
  }

  private func eraseEvents(of id: SQLValue, _ erased: inout Erased) throws {
    for (event, text) in try db.all(EraseStatements.states, [id], { (try $0.string(0), try $0.string(1)) }) {
      let bare = try StoredJSON.text(try StoredJSON.value(LinkState.self, from: text).withoutPayer())
      if bare != text { try change(EraseStatements.eraseState, [bare.sql, event.sql], &erased.events) }
    }
  }

  private func counted(_ statement: SQLStatement, _ values: [SQLValue]) throws -> Int {
    Int(try db.first(statement, values) { try $0.number(0) } ?? 0)
  }

  private func change(_ statement: SQLStatement, _ values: [SQLValue], _ count: inout Int) throws {
    count += isDryRun ? 1 : try db.run(statement, values)
  }
}
