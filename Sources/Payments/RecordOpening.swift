/// Last step of opening a page: what the acquirer answered goes into the books.
struct RecordOpening: UnitOfWork {
  let merchant: MerchantName
  let link: LinkID
  let order: OrderID
  let answer: PageAnswer
  /// The create that waits for this; nil when Reconcile opens the page again.
  let idempotency: IdempotencyReference?
  let now: Timestamp
  let timing: Timing

  var scope: Scope {
    guard case .opened(let payment, _) = answer else { return Scope(merchant: merchant, link: link) }
    return Scope(merchant: merchant, link: link, payment: payment)
  }

  /// - Returns: nil where the books lost the link.
  func decide(_ snapshot: Snapshot) -> Decision<PaymentLink?> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }) else { return Decision(nil) }
    var changes = Changes()
    switch answer {
    case .opened(let payment, _) where snapshot.links.contains { $0.id != link.id && $0.payment(payment) != nil }:
      // Money for that page would count for the other link: this one has none yet.
      becomeUnknown(&link)
      changes.record(.paymentAnomaly, &link, at: now)
    case .opened(let payment, let page):
      let wasCreating = link.status == .creating
      link.open(page, for: payment, at: now)
      link.scheduleLook(after: now)
      if wasCreating { changes.record(.linkActive, &link, at: now) } else { link.sequence += 1 }
    case .unknown:
      becomeUnknown(&link)
    case .refused(let refusal):
      fail(&link, Failure(code: refusal.code, message: refusal.description), &changes)
      changes.idempotency = idempotency.map { IdempotencyRecord(reference: $0, at: now, link: link.id, refusal: Refusal(refusal)) }
    case .notSent:
      // Nothing ever left: a create gives the order and the key free, and for Reconcile, which tries again later, it was no try.
      if let idempotency {
        fail(&link, Failure(code: "not_sent", message: "the acquirer could not be asked"), &changes)
        changes.forgottenIdempotency = idempotency
      } else if link.status == .creating {
        link.openings -= 1
      }
    }
    changes.updated = [link]
    return Decision(link, changes)
  }

  /// A callback may have told more in the meantime: only what nobody reported on becomes unknown.
  private func becomeUnknown(_ link: inout PaymentLink) {
    guard link.status == .creating, let open = link.payments.firstIndex(where: { $0.status == .pending && $0.amount == nil }) else {
      return
    }
    link.payments[open].status = .unknown
    link.sequence += 1
    link.nextLookAt = now + timing.inProgressMargin
  }

  private func fail(_ link: inout PaymentLink, _ failure: Failure, _ changes: inout Changes) {
    guard link.status == .creating else { return }
    link.fail(failure, at: now)
    changes.record(.linkFailed, &link, at: now)
  }
}

extension PaymentLink {
  /// Ends a link that got no page; the order is free again.
  mutating func fail(_ failure: Failure, at now: Timestamp) {
    status = .failed
    nextLookAt = nil
    for index in payments.indices where !payments[index].status.hasMoney {
      payments[index].status = .failed
      payments[index].failure = failure
      payments[index].changedAt = now
    }
  }
}
