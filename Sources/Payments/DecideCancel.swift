/// The rules of canceling a link: an active one is not offered any more, a hold is asked back.
struct DecideCancel: UnitOfWork {
  let merchant: MerchantName
  let link: LinkID
  let options: AcquirerOptions
  let idempotency: IdempotencyReference
  let now: Timestamp

  var scope: Scope { Scope(merchant: merchant, link: link, idempotency: idempotency) }

  func decide(_ snapshot: Snapshot) -> Decision<CancelLink.Outcome> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }) else { return Decision(.notFound) }
    if let record = snapshot.idempotency, record.isKept(at: now) {
      guard record.reference.fingerprint == idempotency.fingerprint else { return Decision(.keyReused) }
      return Decision(record.refusal.map { .refused($0, isReplay: true) } ?? .replayed(link, record.operation))
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
    case .completed, .review:
      guard let release = release(in: link) else { return refuse(link, record) }
      link.request(release)
      link.scheduleLook(after: now)
      changes.updated = [link]
      record.operation = release.id
      changes.idempotency = record
      return Decision(.releasing(link, release.id), changes)
    case .creating, .failed, .expired: return refuse(link, record)
    }
  }

  /// The operation that gives the hold back; nil where there is none, or something else is at work on it.
  private func release(in link: PaymentLink) -> Operation? {
    guard let payment = link.held, payment.id != nil, let held = payment.amount,
      !link.hasOpenOperation(payment)
    else { return nil }
    return Operation(
      id: OperationID(.cancel, at: now), kind: .cancel, payment: payment.ordinal, amount: held, requestedAt: now, options: options,
      nextLookAt: now + .seconds(5))
  }

  private func refuse(_ link: PaymentLink, _ record: IdempotencyRecord) -> Decision<CancelLink.Outcome> {
    var changes = Changes()
    var record = record
    record.refusal = .wrongState(link.status)
    changes.idempotency = record
    return Decision(.refused(.wrongState(link.status), isReplay: false), changes)
  }
}
