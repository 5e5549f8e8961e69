/// First step of a create: link, payment and idempotency row in one transaction, committed before anything is sent.
struct ReserveLink: UnitOfWork {
  enum Outcome: Sendable {
    case reserved(PaymentLink)
    case replayed(PaymentLink)
    case refused(Refusal, isReplay: Bool)
    case keyReused
    case inProgress(retryAfter: Duration)
  }

  let new: NewLink
  let isTest: Bool
  let idempotency: IdempotencyReference
  let now: Timestamp
  let callLimit: Duration
  let timing: Timing

  var scope: Scope { Scope(merchant: new.merchant, order: new.order, idempotency: idempotency) }

  func decide(_ snapshot: Snapshot) -> Decision<Outcome> {
    if let record = snapshot.idempotency, record.isKept(at: now) { return replay(record, snapshot) }
    var changes = Changes()
    if let live = snapshot.links.first(where: { $0.order == new.order && $0.isLive }) {
      let refusal = Refusal.orderHasLink(live.id, live.status)
      changes.idempotency = IdempotencyRecord(reference: idempotency, at: now, link: live.id, refusal: refusal)
      return Decision(.refused(refusal, isReplay: false), changes)
    }
    let link = PaymentLink.reserved(new, isTest: isTest, at: now, firstLook: now + callLimit + timing.inProgressMargin)
    changes.inserted = link
    changes.idempotency = IdempotencyRecord(reference: idempotency, at: now, link: link.id)
    return Decision(.reserved(link), changes)
  }

  /// The same fingerprint means the same order, so the first request's link is among the order's.
  private func replay(_ record: IdempotencyRecord, _ snapshot: Snapshot) -> Decision<Outcome> {
    guard record.reference.fingerprint == idempotency.fingerprint else { return Decision(.keyReused) }
    if let refusal = record.refusal { return Decision(.refused(refusal, isReplay: true)) }
    guard let link = snapshot.links.first(where: { $0.id == record.link }) else { return Decision(.keyReused) }
    let end = link.createdAt + callLimit + timing.inProgressMargin
    let isUnderWay = link.status == .creating && link.payments.allSatisfy { $0.status == .pending } && now < end
    return Decision(isUnderWay ? .inProgress(retryAfter: end - now) : .replayed(link))
  }
}

extension IdempotencyRecord {
  /// Keys are kept 8 days: longer than any client repeats, and longer than a page lives (design §4.3).
  func isKept(at now: Timestamp) -> Bool { now - at < .days(8) }
}
