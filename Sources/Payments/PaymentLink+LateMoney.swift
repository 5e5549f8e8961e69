extension PaymentLink {
  /// Whether a report is the first word of money that came too late.
  func isLateMoney(_ report: Report, at index: Int, now: Timestamp, tolerance: Duration) -> Bool {
    guard !payments[index].status.hasMoney, report.status == .authorized || report.status == .paid else { return false }
    return isLate(paidAt: report.paidAt ?? now, tolerance: tolerance)
  }

  /// We answer a reject, which is a wish: the payment becomes unknown, and only the acquirer's own word makes it canceled or paid (design §5).
  mutating func wishRejected(_ report: Report, at index: Int, now: Timestamp, changes: inout Changes) {
    payments[index].status = .unknown
    payments[index].rejectedAt = now
    payments[index].changedAt = now
    payments[index].checkedAt = nil
    payments[index].amount = report.amount
    payments[index].method = report.method ?? payments[index].method
    payments[index].card = report.card ?? payments[index].card
    payments[index].paidAt = report.paidAt ?? now
    payments[index].flags = Flag.allCases.filter { $0 == .late || payments[index].flags.contains($0) }
    changes.record(.paymentFlagged, &self, at: now)
  }

  /// Asks late money back by itself: what is held is released, what was taken is refunded. Called when the books change, so that a refund
  /// that fails is a person's next; and never what a person accepted, or what was only a test.
  mutating func refundLateMoney(of index: Int, at now: Timestamp) {
    let payment = payments[index]
    guard payment.flags.contains(.late), !payment.flags.contains(.testMismatch), acceptedAt == nil,
      payment.id != nil, let amount = payment.amount, !hasOpenOperation(payment), operations.count < Operation.mostAsked
    else { return }
    switch payment.status {
    case .authorized: request(.late(.cancel, of: payment, amount, at: now))
    case .paid where refundable(payment) > 0:
      request(.late(.refund, of: payment, Money(minorUnits: refundable(payment), currency: amount.currency), at: now))
    case .paid, .partiallyRefunded, .refunded, .pending, .failed, .canceled, .unknown: break
    }
  }
}

extension Payment {
  /// How long after our reject its status is not believed yet, and when it is asked about: the acquirer takes the money back in its own time,
  /// and repeats a result for 2 hours (design §5).
  static let rejectLooks: [Duration] = [.minutes(1), .minutes(5), .minutes(30), .minutes(130)]

  /// Whether a status of money is too young to tell that our reject was not heard.
  func isReversalUnderWay(askedAt: Timestamp) -> Bool {
    guard status == .unknown, let rejectedAt else { return false }
    return askedAt < rejectedAt + Self.rejectLooks[0]
  }

  /// Whether an answer about it could still change anything, now.
  func needsAsking(at now: Timestamp) -> Bool {
    if !status.isFinal || checkedAt != nil { return true }
    guard let rejectedAt, let last = Self.rejectLooks.last else { return false }
    // Whoever makes the last look comes a little after it is due.
    return status.moneyStands && now < rejectedAt + last + .minutes(10)
  }
}

extension Operation {
  /// What the policy about late money asks for; the next run of Reconcile sends it.
  fileprivate static func late(_ kind: Kind, of payment: Payment, _ amount: Money, at now: Timestamp) -> Operation {
    Operation(
      id: OperationID(kind, at: now), kind: kind, payment: payment.ordinal, amount: amount, requestedAt: now, reason: "late money",
      nextLookAt: now)
  }
}
