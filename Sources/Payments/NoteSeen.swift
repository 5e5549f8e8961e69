/// Notes the first sight of somebody who opened a link.
struct NoteSeen: UnitOfWork {
  let merchant: MerchantName
  let link: LinkID
  let now: Timestamp

  var scope: Scope { Scope(merchant: merchant, link: link) }

  func decide(_ snapshot: Snapshot) -> Decision<Void> {
    guard var link = snapshot.links.first, link.seenAt == nil else { return Decision(()) }
    link.seenAt = now
    if link.status != .creating { link.scheduleLook(after: now) }
    var changes = Changes()
    changes.updated = [link]
    return Decision((), changes)
  }
}
