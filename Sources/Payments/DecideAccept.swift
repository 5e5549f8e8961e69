/// The rules of accepting money under review.
struct DecideAccept: UnitOfWork {
  let merchant: MerchantName
  let link: LinkID
  let now: Timestamp

  var scope: Scope { Scope(merchant: merchant, link: link) }

  func decide(_ snapshot: Snapshot) -> Decision<AcceptPayment.Outcome> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }) else { return Decision(.notFound) }
    if link.status == .completed, link.acceptedAt != nil { return Decision(.accepted(link)) }
    guard link.status == .review else { return Decision(.refused(.wrongState(link.status))) }
    // Goods must not leave for money that is on its way back.
    guard !link.operations.contains(where: { $0.kind != .capture && $0.status.isOpen }) else {
      return Decision(.refused(.wrongState(link.status)))
    }
    var changes = Changes()
    link.status = .completed
    link.acceptedAt = now
    changes.record(.linkCompleted, &link, at: now)
    changes.updated = [link]
    return Decision(.accepted(link), changes)
  }
}
