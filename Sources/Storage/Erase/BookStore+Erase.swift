package import Payments

extension BookStore {
  /// Takes out what says who pays, of all links of a payer: customer, loyalty and params, masked cards, reasons of refunds, the acquirer's messages. Each link is a
  /// transaction of its own, and messages are walked in windows, so others go on in between.
  ///
  /// A run that is cut may be run again: links are found by their terms, so those go last, when all messages of theirs are done. What was erased stays so.
  /// - Parameters:
  ///   - merchant: whose links and messages; nil for all that stand here.
  ///   - metadata: also the shop's own pairs.
  package func erase(
    _ payer: Payer, of merchant: MerchantName? = nil, metadata: Bool, isDryRun: Bool = false
  ) async throws(StoreError) -> Erased {
    let search = PayerSearch(payer: payer, merchant: merchant)
    var erased = Erased()
    var ended: [FoundLink] = []
    for id in try await links(search) {
      guard let link = try await read("reading a payer's link", { try search.link(id, $0.db) }) else { continue }
      if link.isOpen { erased.openLinks.append(OpenLink(id: id, expiresAt: link.expiresAt)) } else { ended.append(link) }
    }
    erased.messages = try await eraseMessages(search, of: FoundMessages(of: ended), isDryRun: isDryRun)
    for link in ended {
      erased.add(
        try await write { db in
          try Eraser(db: db, isMetadataToo: metadata, isDryRun: isDryRun).erase(link.id)
        })
    }
    if !isDryRun { try await forgetOldBytes() }
    return erased
  }

  private func links(_ search: PayerSearch) async throws(StoreError) -> [LinkID] {
    if case .link(let id) = search.payer { return [id] }
    let last = try await read("looking for a payer") { try $0.db.first(EraseStatements.lastLink, []) { try $0.number(0) } ?? 0 }
    let window = Int64(limits.eraseWindow)
    var (links, after): ([LinkID], Int64) = ([], 0)
    while after < last {
      let from = after
      links += try await read("looking for a payer") { reader in try search.links(after: from, to: from + window, reader.db) }
      after += window
    }
    return links
  }

  private func eraseMessages(_ search: PayerSearch, of found: FoundMessages, isDryRun: Bool) async throws(StoreError) -> Int {
    var place: MessagePlace? = MessagePlace()
    var count = 0
    let limit = limits.eraseWindow
    while let from = place {
      let (next, theirs) = try await write { db in
        let (next, theirs) = try search.messages(of: found, behind: from, limit: limit, db)
        if !isDryRun {
          for place in theirs { try db.run(EraseStatements.eraseMessage, [place.at.sql, place.number.sql]) }
        }
        return (next, theirs.count)
      }
      count += theirs
      place = next
    }
    return count
  }
}
