/// The rules of canceling a link.
struct DecideCancel: UnitOfWork {
  let merchant: MerchantName
  let link: LinkID
  let idempotency: IdempotencyReference
  let now: Timestamp

  var scope: Scope { Scope(merchant: merchant, link: link, idempotency: idempotency) }

  func decide(_ snapshot: Snapshot) -> Decision<CancelLink.Outcome> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }) else { return Decision(.notFound) }
    if let record = snapshot.idempotency, record.isKept(at: now) {
      guard record.reference.fingerprint == idempotency.fingerprint else { return Decision(.keyReused) }
      return Decision(record.refusal.map { .refused($0, isReplay: true) } ?? .replayed(link))
    }
    var changes = Changes()
    var record = IdempotencyRecord(reference: idempotency, at: now, link: link.id)
    switch link.status {
    case .canceled:
      changes.idempotency = record
      return Decision(.canceled(link), changes)
    case .active:
      link.status = .canceled
      link.canceledAt = now
      link.scheduleLook(after: now)
      changes.record(.linkCanceled, &link, at: now)
      changes.updated = [link]
      changes.idempotency = record
      return Decision(.canceled(link), changes)
    case .creating, .completed, .review, .failed, .expired:
      record.refusal = .wrongState(link.status)
      changes.idempotency = record
      return Decision(.refused(.wrongState(link.status), isReplay: false), changes)
    }
  }
}
