/// Takes the right to ask the acquirer about a link now: nobody else gets it for a while.
struct ClaimAsking: UnitOfWork {
  let link: PaymentLink
  let now: Timestamp
  let every: Duration

  var scope: Scope { Scope(merchant: link.merchant, link: link.id) }

  /// - Returns: the link, or nil where somebody asked just before.
  func decide(_ snapshot: Snapshot) -> Decision<PaymentLink?> {
    guard var link = snapshot.links.first, link.askedAt.map({ now - $0 >= every }) ?? true else { return Decision(nil) }
    var changes = Changes()
    // Whoever asks first asks the person too: the next look would find that it was asked already.
    for payment in link.payments where payment.isTimeForPerson(lastAskedAt: link.askedAt, now: now) {
      changes.record(.paymentAnomaly, &link, at: now)
    }
    link.askedAt = now
    link.seenAt = link.seenAt ?? now
    if link.status != .creating { link.scheduleLook(after: now) }
    changes.updated = [link]
    return Decision(link, changes)
  }
}
