extension PaymentLink {
  /// Takes a report that the status table lets through: the payment's new status, its flags, the link's status, and their events.
  mutating func take(
    _ report: Report, at index: Int, order: [PaymentLink], now: Timestamp, lateMoney: LateMoney, timing: Timing, changes: inout Changes
  ) {
    let hadMoney = payments[index].status.hasMoney
    payments[index].take(report, at: now)
    switch report.status {
    case .authorized, .paid, .partiallyRefunded, .refunded:
      // What was given back is read from the report's refunds, once each (`resolveOperations`).
      if hadMoney, report.status != .authorized, report.status != .paid { break }
      payments[index].flags = flags(of: payments[index], report, order: order, now: now, tolerance: timing.lateTolerance)
      countMoney(at: index, now: now, lateMoney: lateMoney, changes: &changes)
    case .failed:
      changes.record(.paymentFailed, &self, at: now)
    case .canceled:
      endWithoutMoney()
      changes.record(.paymentCanceled, &self, at: now)
    case .pending, .unknown:
      sequence += 1
    }
  }

  /// A link completes on money without a flag that a person must look at; otherwise it is in review (design §5).
  private mutating func countMoney(at index: Int, now: Timestamp, lateMoney: LateMoney, changes: inout Changes) {
    let payment = payments[index]
    let isGood = payment.flags.allSatisfy { $0 == .late && lateMoney == .accept } || acceptedAt != nil
    let before = status
    status = isGood && before != .review ? .completed : .review
    changes.record(isGood ? (payment.status == .paid ? .paymentPaid : .paymentAuthorized) : .paymentFlagged, &self, at: now)
    if status != before { changes.record(status == .completed ? .linkCompleted : .linkReview, &self, at: now) }
  }

  /// The money went back: a link that stood on it alone ends.
  mutating func endWithoutMoney() {
    guard status == .completed || status == .review, !payments.contains(where: { $0.status.hasMoney }) else { return }
    status = .canceled
  }

  private func flags(of payment: Payment, _ report: Report, order: [PaymentLink], now: Timestamp, tolerance: Duration) -> [Flag] {
    var flags: Set<Flag> = []
    if isLate(paidAt: payment.paidAt ?? now, tolerance: tolerance) { flags.insert(.late) }
    switch report.amount.map({ terms.amount.fit(of: $0, discount: report.discount) }) {
    case .over: flags.insert(.over)
    case .under: flags.insert(.under)
    case .outOfInterval: flags.insert(.outOfInterval)
    case .fits, .otherCurrency, nil: break
    }
    let others = payments.filter { $0.ordinal != payment.ordinal } + order.filter { $0.id != id }.flatMap(\.payments)
    if others.contains(where: { [.authorized, .paid, .partiallyRefunded].contains($0.status) }) { flags.insert(.duplicate) }
    if let isTest = report.isTest, isTest != terms.isTest { flags.insert(.testMismatch) }
    return Flag.allCases.filter { flags.contains($0) || payment.flags.contains($0) }
  }

  /// Judged by when the payer paid. Whatever comes for a link that was canceled, or given up, is late.
  private func isLate(paidAt: Timestamp, tolerance: Duration) -> Bool {
    switch status {
    case .canceled, .failed: true
    case .creating, .active, .completed, .review, .expired: paidAt > expiresAt + tolerance
    }
  }
}

extension Payment {
  mutating func take(_ report: Report, at now: Timestamp) {
    switch report.status {
    case .partiallyRefunded, .refunded: status = status.hasMoney && status != .authorized ? status : .paid
    case .pending, .authorized, .paid, .failed, .canceled, .unknown: status = report.status
    }
    changedAt = now
    checkedAt = nil
    method = report.method ?? method
    card = report.card ?? card
    failure = report.status.hasMoney ? nil : report.failure
    guard report.status.hasMoney, let amount = report.amount else { return }
    self.amount = amount
    captured = report.captured?.minorUnits ?? (report.status == .authorized ? 0 : amount.minorUnits)
    paidAt = report.paidAt ?? paidAt ?? now
  }
}
