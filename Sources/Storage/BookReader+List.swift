import Payments

extension BookReader {
  /// A page of the list: each merchant's places are found by an index, then merged, and only then are links read.
  func page(_ query: LinkQuery) throws -> LinkPage {
    precondition(query.limit > 0, "the edge judges a list's limit")
    var places: [LinkPosition] = []
    for merchant in Set(query.merchants) { places += try self.places(query, merchant) }
    if query.merchants.count > 1 { places.sort(by: >) }
    let links = try links(places.prefix(query.limit).map(\.id))
    return LinkPage(links: links, hasMore: places.count > query.limit)
  }

  /// One more than asked for tells whether there is more.
  private func places(_ query: LinkQuery, _ merchant: MerchantName) throws -> [LinkPosition] {
    let (conditions, values) = Self.conditions(query, merchant)
    return try db.all(ListStatements.positions(conditions), values) { row in
      let row = StoredRow<PlaceColumn>(row, key: "in a list")
      return LinkPosition(createdAt: try row.time(.createdAt), id: try row.value(.id))
    }
  }

  /// In the order of the statement's text.
  private static func conditions(_ query: LinkQuery, _ merchant: MerchantName) -> (ListStatements.Conditions, [SQLValue]) {
    var (conditions, values): (ListStatements.Conditions, [SQLValue]) = ([], [])
    if let order = query.order { (conditions, values) = (conditions.union(.order), values + [order.text.sql]) }
    if let status = query.status { (conditions, values) = (conditions.union(.status), values + [status.rawValue.sql]) }
    if let flag = query.flag { (conditions, values) = (conditions.union(.flag), values + [FlagBits(flag).rawValue.sql]) }
    if let pair = query.metadata { (conditions, values) = (conditions.union(.metadata), values + [pair.key.sql, pair.value.sql]) }
    // Both the cursor and the end of the span are upper bounds, each exclusive: the lower one counts. No id sorts before the empty text.
    var (until, before) = (query.createdTo?.milliseconds ?? Int64.max, "")
    if let after = query.after, after.createdAt.milliseconds < until { (until, before) = (after.createdAt.milliseconds, after.id.text) }
    values += [merchant.text.sql, (query.createdFrom?.milliseconds ?? Int64.min).sql, until.sql, before.sql, (query.limit + 1).sql]
    return (conditions, values)
  }
}

private enum PlaceColumn: Int, Column {
  case createdAt, id

  static let table = "link"

  var name: String { self == .id ? "id" : "created_at" }
}
