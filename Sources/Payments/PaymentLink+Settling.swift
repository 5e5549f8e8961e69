extension PaymentLink {
  /// Takes a report that the status table lets through: the payment's new status, its flags, the link's status, and their events.
  mutating func take(
    _ report: Report, at index: Int, order: [PaymentLink], now: Timestamp, lateMoney: LateMoney, timing: Timing, changes: inout Changes
  ) {
    let before = payments[index]
    payments[index].take(report, at: now)
    switch report.status {
    case .authorized, .paid, .partiallyRefunded, .refunded:
      // What was given back is read from the report's refunds, once each (`resolveOperations`). Where nobody told us that it was paid, it
      // counts all the same.
      let isKnown = before.status.hasMoney && before.status != .authorized && report.status != .paid && report.status != .authorized
      if isKnown { break }
      payments[index].flags = flags(of: payments[index], before, report, order: order, now: now, tolerance: timing.lateTolerance)
      countMoney(at: index, before, now: now, lateMoney: lateMoney, changes: &changes)
    case .failed:
      changes.record(.paymentFailed, &self, at: now)
    case .canceled:
      countRest(after: .paymentCanceled, now: now, lateMoney: lateMoney, changes: &changes)
    case .pending, .unknown:
      sequence += 1
    }
  }

  /// A link completes on money without a flag that a person must look at; otherwise it is in review (design §5). What a person accepted
  /// stays accepted, but only the money that was there then.
  private mutating func countMoney(
    at index: Int, _ standing: Payment, now: Timestamp, lateMoney: LateMoney, changes: inout Changes
  ) {
    let payment = payments[index]
    let isAccepted = acceptedAt != nil && standing.status.hasMoney && standing.flags == payment.flags
    let isGood = payment.isGood(lateMoney) || isAccepted
    let before = status
    status = isGood && before != .review ? .completed : .review
    changes.record(isGood ? (payment.status == .authorized ? .paymentAuthorized : .paymentPaid) : .paymentFlagged, &self, at: now)
    if status != before { changes.record(status == .completed ? .linkCompleted : .linkReview, &self, at: now) }
  }

  /// Money went back, which is how a review ends where nobody accepts (design §5): a link that stood on that money alone is over, one with
  /// good money beside it is completed. A completed link whose money was refunded stays completed.
  mutating func countRest(after event: Event.Kind, now: Timestamp, lateMoney: LateMoney, changes: inout Changes) {
    let before = status
    let rest = payments.filter(\.status.moneyStands)
    switch status {
    case .completed where !payments.contains { $0.status.hasMoney }, .review where rest.isEmpty: status = .canceled
    case .review where rest.allSatisfy { payment in payment.isGood(lateMoney) || acceptedAt.map { payment.changedAt <= $0 } ?? false }:
      status = .completed
    case .creating, .active, .completed, .review, .failed, .expired, .canceled: break
    }
    changes.record(event, &self, at: now)
    if status != before { changes.record(status == .completed ? .linkCompleted : .linkCanceled, &self, at: now) }
  }

  /// Whether money is late or a duplicate is judged once, when it is first heard of: a hold that is captured is the same money.
  private func flags(
    of payment: Payment, _ before: Payment, _ report: Report, order: [PaymentLink], now: Timestamp, tolerance: Duration
  ) -> [Flag] {
    var flags: Set<Flag> = []
    if !before.status.hasMoney, isLate(paidAt: payment.paidAt ?? now, tolerance: tolerance) { flags.insert(.late) }
    // The same amount was judged before, perhaps with a discount that only one message names.
    let isNewAmount = !before.status.hasMoney || before.amount != report.amount
    switch report.amount.flatMap({ isNewAmount ? terms.amount.fit(of: $0, discount: report.discount) : nil }) {
    case .over: flags.insert(.over)
    case .under: flags.insert(.under)
    case .outOfInterval: flags.insert(.outOfInterval)
    case .fits, .otherCurrency, nil: break
    }
    let others = payments.filter { $0.ordinal != payment.ordinal } + order.filter { $0.id != id }.flatMap(\.payments)
    if !before.status.hasMoney, others.contains(where: \.status.moneyStands) { flags.insert(.duplicate) }
    if let isTest = report.isTest, isTest != terms.isTest { flags.insert(.testMismatch) }
    return Flag.allCases.filter { flags.contains($0) || payment.flags.contains($0) }
  }

  /// Judged by when the payer paid. Whatever comes for a link that was canceled, or given up, is late.
  func isLate(paidAt: Timestamp, tolerance: Duration) -> Bool {
    switch status {
    case .canceled, .failed: true
    case .creating, .active, .completed, .review, .expired: canceledAt != nil || paidAt > expiresAt + tolerance
    }
  }
}

extension Payment {
  /// Whether nobody needs to look at it.
  func isGood(_ lateMoney: LateMoney) -> Bool { flags.allSatisfy { $0 == .late && lateMoney == .accept } }

  /// A result is the outcome that was waited for. A status is, if it was asked after the question arose: an older one knew nothing of it.
  mutating func endQuestion(by report: Report) {
    guard report.source == .result || checkedAt.map({ report.asOf >= $0 }) ?? false else { return }
    checkedAt = nil
  }

  mutating func take(_ report: Report, at now: Timestamp) {
    let hadMoney = status.hasMoney
    switch report.status {
    case .partiallyRefunded, .refunded: status = hadMoney && status != .authorized ? status : .paid
    case .pending, .authorized, .paid, .failed, .canceled, .unknown: status = report.status
    }
    changedAt = now
    endQuestion(by: report)
    method = report.method ?? method
    card = report.card ?? card
    failure = report.status.hasMoney ? nil : report.failure
    captureBy = status == .authorized ? report.captureBy : nil
    guard report.status.hasMoney, let amount = report.amount else { return }
    self.amount = amount
    captured = report.captured?.minorUnits ?? (report.status == .authorized ? 0 : amount.minorUnits)
    // The capture of a hold may carry its own time; the payer paid when the money was first taken.
    paidAt = [hadMoney ? paidAt : nil, report.paidAt].compactMap(\.self).min() ?? now
  }
}
