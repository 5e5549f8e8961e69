/// Ends one link whose time is over, if it still waits.
struct ExpireLink: UnitOfWork {
  let link: PaymentLink
  let now: Timestamp

  var scope: Scope { Scope(merchant: link.merchant, link: link.id) }

  func decide(_ snapshot: Snapshot) -> Decision<Bool> {
    guard var link = snapshot.links.first, link.status == .active, link.expiresAt <= now else { return Decision(false) }
    var changes = Changes()
    link.status = .expired
    link.scheduleLook(after: now)
    changes.record(.linkExpired, &link, at: now)
    changes.updated = [link]
    return Decision(true, changes)
  }
}
