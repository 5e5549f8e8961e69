package import Payments

extension BookStore {
  /// Takes out what says who pays, of all links of a payer: customer, loyalty and params, masked cards, reasons of refunds, the acquirer's messages. What is erased once stays so; a
  /// second run finds nothing. Each link is a transaction of its own, and messages are walked in windows, so others go on in between.
  /// - Parameter metadata: also the shop's own pairs.
  package func erase(_ payer: Payer, metadata: Bool, isDryRun: Bool = false) async throws(StoreError) -> Erased {
    var erased = Erased()
    let links = try await links(of: payer)
    var numbers: Set<Int64> = []
    for link in links {
      let (found, done) = try await write { db in
        var done = Erased()
        let eraser = Eraser(db: db, payer: payer, isMetadataToo: metadata, isDryRun: isDryRun)
        return (try eraser.erase(link, &done), done)
      }
      numbers.formUnion(found)
      erased.add(done)
    }
    var place: MessagePlace? = MessagePlace()
    let (ids, payments, limit) = (Set(links.map(\.text)), numbers, limits.eraseWindow)
    while let from = place {
      let (next, done) = try await write { db in
        var done = Erased()
        let eraser = Eraser(db: db, payer: payer, isMetadataToo: metadata, isDryRun: isDryRun)
        return (try eraser.eraseMessages(of: ids, payments: payments, behind: from, limit: limit, &done), done)
      }
      erased.add(done)
      place = next
    }
    if !isDryRun { try await forgetOldBytes() }
    return erased
  }

  private func links(of payer: Payer) async throws(StoreError) -> [LinkID] {
    if case .link(let id) = payer { return [id] }
    let last = try await read("looking for a payer") { try $0.db.first(EraseStatements.lastLink, []) { try $0.number(0) } ?? 0 }
    let window = Int64(limits.eraseWindow)
    var (links, after): ([LinkID], Int64) = ([], 0)
    while after < last {
      let from = after
      links += try await read("looking for a payer") { reader in
        try Eraser(db: reader.db, payer: payer, isMetadataToo: false, isDryRun: true).links(after: from, to: from + window)
      }
      after += window
    }
    return links
  }
}

extension Erased {
  fileprivate mutating func add(_ other: Erased) {
    links += other.links
    payments += other.payments
    operations += other.operations
    events += other.events
    messages += other.messages
    metadata += other.metadata
  }
}
