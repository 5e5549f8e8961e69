import Payments

/// Finds what is a payer's, with a merchant alone where one is named.
struct PayerSearch: Sendable {
  let payer: Payer
  let merchant: MerchantName?

  /// Links of a window of the books that are theirs.
  func links(after: Int64, to end: Int64, _ db: any SQLConnection) throws -> [LinkID] {
    guard let trace = try payer.trace() else { return [] }
    return try db.all(EraseStatements.links, [after.sql, end.sql, trace.sql]) { row in
      (try row.string(0), try row.string(1), try StoredJSON.terms(from: row.string(2)))
    }.filter { isWithin($0.1) && payer.isOf($0.2.customer) }.map { try Self.id($0.0) }
  }

  /// - Returns: nil where there is no such link, or it is another merchant's.
  func link(_ id: LinkID, _ db: any SQLConnection) throws -> FoundLink? {
    let numbers = try db.all(EraseStatements.numbers, [id.text.sql]) { try $0.number(0) }
    let link = try db.first(EraseStatements.link, [id.text.sql]) { row in
      guard let status = LinkStatus(rawValue: try row.string(1)) else { throw StoreError(.corrupt, "link \(id): status cannot be read") }
      return FoundLink(
        id: id, merchant: try row.string(0), status: status, expiresAt: Timestamp(milliseconds: try row.number(2)), numbers: numbers)
    }
    return link.flatMap { isWithin($0.merchant) ? $0 : nil }
  }

  /// A window of messages behind a place.
  /// - Returns: the place of the last, nil where there is no more; and the places of those that are theirs and not erased yet.
  func messages(
    of found: FoundMessages, behind place: MessagePlace, limit: Int, _ db: any SQLConnection
  ) throws -> (next: MessagePlace?, theirs: [MessagePlace]) {
    var theirs: [MessagePlace] = []
    var (last, count) = (place, 0)
    try db.rows(EraseStatements.messages, [payer.word.sql, place.at.sql, place.number.sql, limit.sql]) { row in
      last = MessagePlace(at: try row.number(0), number: try row.number(1))
      count += 1
      if try row.number(5) == 0, try isTheirs(row, found) { theirs.append(last) }
      return true
    }
    return (count < limit ? nil : last, theirs)
  }

  /// A message that belongs to a link is that link's; any other is known by its payment, or by what it says.
  private func isTheirs(_ row: SQLRow, _ found: FoundMessages) throws -> Bool {
    if let link = try row.stringIfAny(3) { return found.links.contains(link) }
    let merchant = try row.string(2)
    if let number = try row.numberIfAny(4), found.payments.contains(.init(merchant: merchant, number: number)) { return true }
    guard isWithin(merchant), case let message = try row.string(6), !message.isEmpty else { return false }
    return payer.marks.contains { $0.isIn(message) }
  }

  private func isWithin(_ name: String) -> Bool { merchant.map { $0.text == name } ?? true }

  private static func id(_ text: String) throws -> LinkID {
    do { return try LinkID(text) } catch { throw StoreError(.corrupt, "link: id cannot be read") }
  }
}
