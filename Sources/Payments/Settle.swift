/// The rules of settling: find the payment, read the status table, set flags and the link's status, write events and verdict.
struct Settle: UnitOfWork {
  let report: Report
  let now: Timestamp
  let policy: LateMoneyPolicy
  let timing: Timing

  private var lateMoney: LateMoney { policy.effective }

  var scope: Scope { report.scope }
  var share: QueueShare { report.source == .result ? .callback : .ordinary }

  func decide(_ snapshot: Snapshot) -> Decision<SettlePayment.Outcome> {
    let match = ReportMatch(report, among: snapshot.links)
    if let answer = snapshot.answer { return repeated(answer, match) }
    switch match {
    case .none: return orphan()
    case .otherOrder(var link): return anomaly(&link, reason: "The payment belongs to another order.")
    case .link(var link):
      if report.needsConfirmation || isOldNews(link) || isCaptureOfUnknownSum(link) { return unconfirmed(&link) }
      let order = snapshot.links.filter { $0.order == link.order }
      return apply(to: &link, order: order)
    }
  }

  /// A hold may have been captured in part, and a result need not say how much it was: only the status does.
  private func isCaptureOfUnknownSum(_ link: PaymentLink) -> Bool {
    guard report.source == .result, report.status == .paid, report.captured == nil, link.terms.capture == .manual else { return false }
    guard let known = report.paymentID.flatMap(link.payment) else { return true }
    return !known.status.hasMoney || known.status == .authorized
  }

  /// A repeat of a result that we never answered may be older than what took its money back: only the status tells which is the newer.
  private func isOldNews(_ link: PaymentLink) -> Bool {
    guard report.source == .result, !report.canReject, report.status.hasMoney, let known = report.paymentID.flatMap(link.payment) else {
      return false
    }
    return known.status == .canceled && known.amount != nil
  }

  private func apply(to link: inout PaymentLink, order: [PaymentLink]) -> Decision<SettlePayment.Outcome> {
    let (index, isNews) = link.adopt(report.paymentID, at: now)
    let isLateMoney = link.isLateMoney(report, at: index, now: now, tolerance: timing.lateTolerance)
    switch reading(of: link.payments[index], link) {
    case .anomaly: return anomaly(&link, reason: "The report does not fit what is known of the payment.")
    case .apply where isLateMoney && lateMoney == .reject && report.source == .result && report.canReject:
      var changes = Changes()
      link.wishRejected(report, at: index, now: now, changes: &changes)
      return finish(&link, .applied, .reject(reason: "The time to pay this order is over."), changes, lateMoney: policy)
    case .apply:
      var changes = Changes()
      link.take(report, at: index, order: order, now: now, lateMoney: lateMoney, timing: timing, changes: &changes)
      _ = link.resolveOperations(of: index, with: report, at: now, lateMoney: lateMoney, changes: &changes)
      if lateMoney == .refund { link.refundLateMoney(of: index, at: now) }
      return finish(&link, .applied, .accept, changes, lateMoney: isLateMoney ? policy : nil)
    case .same:
      var changes = Changes()
      if link.payments[index].status.isFinal || report.source == .result { link.payments[index].endQuestion(by: report) }
      if isNews { link.sequence += 1 }
      let isResolved = link.resolveOperations(of: index, with: report, at: now, lateMoney: lateMoney, changes: &changes)
      return finish(&link, isResolved ? .applied : .same, .accept, changes)
    case .stale:
      // The outcome came: the check waits for nothing any more.
      if report.source == .result { link.payments[index].endQuestion(by: report) }
      if isNews { link.sequence += 1 }
      return finish(&link, .stale, .accept, Changes())
    }
  }

  /// The table's cell, after what it does not know: money without an amount or in another currency cannot be; a status answer older than
  /// the last change is stale.
  private func reading(of payment: Payment, _ link: PaymentLink) -> StatusTable.Cell {
    if report.status.hasMoney {
      guard let amount = report.amount, amount.minorUnits > 0, amount.currency == link.terms.amount.currency else { return .anomaly }
      let captured = report.captured?.minorUnits ?? (report.status == .authorized ? 0 : amount.minorUnits)
      guard (0...amount.minorUnits).contains(captured), (0...captured).contains(report.refunded?.minorUnits ?? 0) else { return .anomaly }
      // Less captured than we know was given back, or is on its way: the books would not add up.
      guard report.status == .authorized || captured >= payment.refunded + link.reserved(.refund, of: payment) else { return .anomaly }
    }
    if report.source == .status, report.asOf < payment.changedAt { return .stale }
    // Another amount for money that is in the books is neither right nor to be passed over.
    if report.status.hasMoney, payment.status.hasMoney, payment.status != .authorized, report.amount != payment.amount { return .anomaly }
    if report.source == .status, report.status.moneyStands, payment.isReversalUnderWay(askedAt: report.asOf) { return .stale }
    let cell = StatusTable.cell(standing: payment.status, reported: report.status)
    return cell == .same && report.status.hasMoney ? readingOfSame(payment, link) : cell
  }

  /// The status is known already, the mode may not be: that it was only a test is news; a hold of another amount cannot be. What was given back is
  /// read from the report's refunds.
  private func readingOfSame(_ payment: Payment, _ link: PaymentLink) -> StatusTable.Cell {
    switch report.status {
    case .authorized, .paid:
      guard report.amount == payment.amount else { return .anomaly }
      if let isTest = report.isTest, isTest != link.terms.isTest, !payment.flags.contains(.testMismatch) { return .apply }
    case .pending, .partiallyRefunded, .refunded, .failed, .canceled, .unknown: break
    }
    return .same
  }

  private func finish(
    _ link: inout PaymentLink, _ reading: MessageRecord.Reading, _ verdict: Verdict, _ changes: Changes,
    lateMoney: LateMoneyPolicy? = nil
  ) -> Decision<SettlePayment.Outcome> {
    var changes = changes
    if report.source == .result { link.seenAt = link.seenAt ?? now }
    if link.status != .creating { link.scheduleLook(after: now) }
    changes.updated = [link]
    changes.message = report.record(at: now, link: link.id, reading: reading, verdict: verdict, isRemembered: true)
    return Decision(.init(verdict: verdict, reading: reading, link: link, lateMoney: lateMoney), changes)
  }

  private func anomaly(_ link: inout PaymentLink, reason: String) -> Decision<SettlePayment.Outcome> {
    var changes = Changes()
    changes.record(.paymentAnomaly, &link, at: now)
    return finish(&link, .anomaly, .error(reason: reason), changes)
  }

  /// Not to be believed alone: kept, answered, and the status asked at once and until it tells an outcome; only that settles.
  private func unconfirmed(_ link: inout PaymentLink) -> Decision<SettlePayment.Outcome> {
    let (index, _) = link.adopt(report.paymentID, at: now)
    link.payments[index].checkedAt = now
    var decision = finish(&link, .unconfirmed, .accept, Changes())
    link.nextLookAt = now
    decision.changes.updated = [link]
    decision.outcome.link = link
    return decision
  }

  /// Answered from memory. A repeat that can be rejected no more says that our reject was not heard: the status is asked at once (design §5).
  private func repeated(_ answer: Verdict, _ match: ReportMatch) -> Decision<SettlePayment.Outcome> {
    var link: PaymentLink?
    if case .link(let found) = match { link = found }
    var changes = Changes()
    if !report.canReject, case .reject = answer, var asked = link, let payment = report.paymentID.flatMap(asked.payment),
      payment.status == .unknown
    {
      asked.nextLookAt = now
      link = asked
      changes.updated = [asked]
    }
    if link == nil, case .none = match { changes.orphan = Orphan(report, at: now) }
    changes.message = report.record(at: now, link: link?.id, reading: .repeated, verdict: answer, isRemembered: false)
    return Decision(.init(verdict: answer, reading: .repeated, link: link), changes)
  }

  /// Nobody asked for a status answer's orphan: only callbacks make one.
  private func orphan() -> Decision<SettlePayment.Outcome> {
    let verdict = Verdict.error(reason: "The payment is not known.")
    var changes = Changes()
    if report.source != .status {
      changes.orphan = Orphan(report, at: now)
      changes.events = [Event(orphan: report, at: now)]
    }
    changes.message = report.record(at: now, link: nil, reading: .orphan, verdict: verdict, isRemembered: true)
    return Decision(.init(verdict: verdict, reading: .orphan, link: nil), changes)
  }
}
