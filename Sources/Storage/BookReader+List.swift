import GRDB
import Payments

extension BookReader {
  /// A page of the list: each merchant's places are found by an index, then merged, and only then are links read.
  func page(_ query: LinkQuery) throws -> LinkPage {
    precondition(query.limit > 0, "the edge judges a list's limit")
    var places: [LinkPosition] = []
    for merchant in Set(query.merchants) { places += try self.places(query, merchant) }
    if query.merchants.count > 1 { places.sort(by: >) }
    let links = try places.prefix(query.limit).compactMap { try link($0.id) }
    return LinkPage(links: links, hasMore: places.count > query.limit)
  }

  /// One more than asked for tells whether there is more.
  private func places(_ query: LinkQuery, _ merchant: MerchantName) throws -> [LinkPosition] {
    let sql = LinkStatements.positions(
      order: query.order != nil, status: query.status != nil, flag: query.flag != nil, metadata: query.metadata != nil)
    let rows = try Row.fetchAll(try db.cachedStatement(sql: sql), arguments: StatementArguments(arguments(query, merchant)))
    return try rows.map { row in
      let row = StoredRow<PlaceColumn>(row, key: "in a list")
      return LinkPosition(createdAt: try row.time(.createdAt), id: try row.value(.id))
    }
  }

  private func arguments(_ query: LinkQuery, _ merchant: MerchantName) -> [String: (any DatabaseValueConvertible)?] {
    var arguments: [String: (any DatabaseValueConvertible)?] = ["merchant": merchant.text, "limit": query.limit + 1]
    if let order = query.order { arguments["order"] = order.text }
    if let status = query.status { arguments["status"] = status.rawValue }
    if let flag = query.flag { arguments["flag"] = FlagBits(flag).rawValue }
    if let pair = query.metadata { (arguments["key"], arguments["value"]) = (pair.key, pair.value) }
    arguments["from"] = query.createdFrom?.milliseconds ?? Int64.min
    // Both the cursor and the end of the span are upper bounds, each exclusive: the lower one counts. No id sorts before the empty text.
    var (until, before) = (query.createdTo?.milliseconds ?? Int64.max, "")
    if let after = query.after, after.createdAt.milliseconds < until { (until, before) = (after.createdAt.milliseconds, after.id.text) }
    arguments["until"] = until
    arguments["before"] = before
    return arguments
  }
}

private enum PlaceColumn: Int, Column {
  case createdAt, id

  static let table = "link"

  var name: String { self == .id ? "id" : "created_at" }
}
