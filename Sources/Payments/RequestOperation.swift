/// What the shop asks for: a capture or a refund.
package struct NewOperation: Hashable, Sendable {
  package var kind: Operation.Kind
  /// Minor units; nil means all that is there.
  package var amount: Int64?
  /// nil means the payment that counts.
  package var payment: PaymentID?
  package var reason: String?
  package var options: AcquirerOptions

  package init(
    kind: Operation.Kind, amount: Int64? = nil, payment: PaymentID? = nil, reason: String? = nil, options: AcquirerOptions = .init()
  ) {
    self.kind = kind
    self.amount = amount
    self.payment = payment
    self.reason = reason
    self.options = options
  }
}

/// The rules of asking for an operation: over-refund and over-capture are impossible, since open ones reserve their amounts.
struct RequestOperation: UnitOfWork {
  enum Outcome: Sendable {
    case requested(PaymentLink, OperationID)
    case replayed(PaymentLink, OperationID)
    case refused(Refusal, isReplay: Bool)
    case keyReused
    case notFound
  }

  let merchant: MerchantName
  let link: LinkID
  let new: NewOperation
  let idempotency: IdempotencyReference
  let now: Timestamp

  var scope: Scope { Scope(merchant: merchant, link: link, idempotency: idempotency) }

  func decide(_ snapshot: Snapshot) -> Decision<Outcome> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }) else { return Decision(.notFound) }
    if let record = snapshot.idempotency, record.isKept(at: now) {
      guard record.reference.fingerprint == idempotency.fingerprint else { return Decision(.keyReused) }
      if let refusal = record.refusal { return Decision(.refused(refusal, isReplay: true)) }
      guard let operation = record.operation else { return Decision(.keyReused) }
      return Decision(.replayed(link, operation))
    }
    var changes = Changes()
    switch amount(in: link) {
    case .refused(let refusal):
      changes.idempotency = IdempotencyRecord(reference: idempotency, at: now, link: link.id, refusal: refusal)
      return Decision(.refused(refusal, isReplay: false), changes)
    case .amount(let amount, let payment):
      let operation = Operation(
        id: OperationID(new.kind, at: now), kind: new.kind, payment: payment.ordinal, amount: amount, requestedAt: now, reason: new.reason,
        options: new.options, nextLookAt: now + .seconds(5))
      link.request(operation)
      link.scheduleLook(after: now)
      changes.updated = [link]
      changes.idempotency = IdempotencyRecord(reference: idempotency, at: now, link: link.id, operation: operation.id)
      return Decision(.requested(link, operation.id), changes)
    }
  }

  private enum Judgement {
    case amount(Money, Payment)
    case refused(Refusal)
  }

  private func amount(in link: PaymentLink) -> Judgement {
    guard let payment = new.payment.map({ link.payment($0) }) ?? (new.kind == .capture ? link.held ?? link.counting : link.counting),
      payment.id != nil, let paid = payment.amount
    else {
      return .refused(.wrongState(link.status))
    }
    guard link.operations.count < Operation.mostAsked else { return .refused(.wrongState(link.status)) }
    switch new.kind {
    case .refund:
      guard payment.status == .paid || payment.status == .partiallyRefunded else { return .refused(.wrongState(link.status)) }
      let left = link.refundable(payment)
      let amount = new.amount ?? left
      guard amount > 0, amount <= left else { return .refused(.amountExceedsCaptured(left: left)) }
      return .amount(Money(minorUnits: amount, currency: paid.currency), payment)
    case .capture, .cancel:
      guard payment.status == .authorized, !link.hasOpenOperation(payment) else { return .refused(.wrongState(link.status)) }
      let amount = new.kind == .cancel ? paid.minorUnits : new.amount ?? paid.minorUnits
      guard amount > 0, amount <= paid.minorUnits else { return .refused(.amountExceedsAuthorized(left: paid.minorUnits)) }
      return .amount(Money(minorUnits: amount, currency: paid.currency), payment)
    }
  }
}
