/// Takes a look that is due, and sets the next one before anything is asked.
struct ClaimLook: UnitOfWork {
  let link: PaymentLink
  let now: Timestamp
  /// How long a recovery may take before another begins.
  let recoveryEvery: Duration
  /// Whether somebody began this look, set the next one, and did not come to its end.
  var isTakenOver = false

  var scope: Scope { Scope(merchant: link.merchant, link: link.id) }

  /// - Returns: the link, or nil where it needs no look any more.
  func decide(_ snapshot: Snapshot) -> Decision<PaymentLink?> {
    guard var link = snapshot.links.first, isTakenOver || link.nextLookAt.map({ $0 <= now }) ?? false else { return Decision(nil) }
    var changes = Changes()
    for index in link.payments.indices {
      if link.payments[index].isTimeForPerson(lastAskedAt: link.askedAt, now: now) { changes.record(.paymentAnomaly, &link, at: now) }
      guard link.payments[index].isCaptureDue(at: now) else { continue }
      link.payments[index].captureToldAt = now
      changes.record(.paymentCaptureDue, &link, at: now)
    }
    link.askedAt = now
    for index in link.operations.indices where link.operations[index].nextLookAt.map({ $0 <= now }) ?? false {
      link.operations[index].looks += 1
      link.operations[index].scheduleLook(after: now)
      if link.operations[index].isTimeForPerson { changes.record(.paymentAnomaly, &link, at: now) }
    }
    if link.status == .creating { link.nextLookAt = now + recoveryEvery } else { link.scheduleLook(after: now) }
    changes.updated = [link]
    return Decision(link, changes)
  }
}
