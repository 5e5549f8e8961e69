import Payments

extension BookReader {
  /// A page of what nobody has adopted, the acquirer's newest number first.
  func orphans(_ query: OrphanQuery) throws -> OrphanPage {
    precondition(query.limit > 0, "the edge judges a list's limit")
    var orphans: [Orphan] = []
    for merchant in Set(query.merchants) {
      let values = [merchant.text.sql, (query.before?.number ?? Int64.max).sql, (query.limit + 1).sql]
      orphans += try db.all(OpenBusinessStatements.orphans, values) { try StoredRow<OrphanColumn>($0, key: "of \(merchant)").orphan() }
    }
    orphans.sort { $0.payment.number > $1.payment.number }
    return OrphanPage(orphans: Array(orphans.prefix(query.limit)), hasMore: orphans.count > query.limit)
  }

  func orphan(_ payment: PaymentID, of merchant: MerchantName) throws -> Orphan? {
    try db.first(OpenBusinessStatements.orphan, [merchant.text.sql, payment.number.sql]) {
      try StoredRow<OrphanColumn>($0, key: "of \(merchant)").orphan()
    }
  }

  func oldest() throws -> [Unfinished] {
    try Unfinished.watched.map { kind, status in
      let since = try db.first(OpenBusinessStatements.oldest(kind), [status.sql]) { try $0.numberIfAny(0) } ?? nil
      return Unfinished(kind: kind, status: status, since: since.map { Timestamp(milliseconds: $0) })
    }
  }
}
