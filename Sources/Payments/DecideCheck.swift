/// The rules of a check: whether this payment may be taken now (design §4.3, §5).
struct DecideCheck: UnitOfWork {
  let report: Report
  let now: Timestamp
  let timing: Timing

  var scope: Scope { report.scope }
  var share: QueueShare { .callback }

  func decide(_ snapshot: Snapshot) -> Decision<Verdict> {
    var changes = Changes()
    var link: PaymentLink
    switch ReportMatch(report, among: snapshot.links) {
    case .link(let found): link = found
    case .otherOrder(let found): return anomaly(found)
    case .none:
      let verdict = Verdict.reject(reason: "This order is not known to the shop.")
      changes.orphan = Orphan(report, at: now)
      changes.events = [Event(orphan: report, at: now)]
      changes.message = report.record(at: now, link: nil, reading: .orphan, verdict: verdict, isRemembered: false)
      return Decision(verdict, changes)
    }
    let verdict = judge(link, order: snapshot.links.filter { $0.order == link.order })
    if verdict == .accept {
      let (index, isNews) = link.adopt(report.paymentID, at: now)
      link.payments[index].checkedAt = now
      if isNews { link.sequence += 1 }
    }
    link.seenAt = link.seenAt ?? now
    if link.status != .creating { link.scheduleLook(after: now) }
    changes.updated = [link]
    changes.message = report.record(at: now, link: link.id, reading: .answered, verdict: verdict, isRemembered: false)
    return Decision(verdict, changes)
  }

  /// A payment that is known, under another order (design §3).
  private func anomaly(_ known: PaymentLink) -> Decision<Verdict> {
    let verdict = Verdict.error(reason: "The payment belongs to another order.")
    var link = known
    var changes = Changes()
    changes.record(.paymentAnomaly, &link, at: now)
    changes.updated = [link]
    changes.message = report.record(at: now, link: link.id, reading: .anomaly, verdict: verdict, isRemembered: false)
    return Decision(verdict, changes)
  }

  private func judge(_ link: PaymentLink, order: [PaymentLink]) -> Verdict {
    switch link.status {
    case .creating, .active: break
    case .completed, .review: return .reject(reason: "This order is already paid.")
    case .canceled: return .reject(reason: "The shop canceled this order.")
    case .expired, .failed: return .reject(reason: "The time to pay this order is over.")
    }
    guard now < link.expiresAt else { return .reject(reason: "The time to pay this order is over.") }
    guard let amount = report.amount, link.terms.amount.fit(of: amount, discount: report.discount) == .fits else {
      return .reject(reason: "The amount does not fit this order.")
    }
    let others = order.flatMap(\.payments).filter { $0.id != report.paymentID }
    if others.contains(where: { $0.status.moneyStands }) {
      return .reject(reason: "This order is already paid.")
    }
    if others.contains(where: { $0.checkedAt.map { now - $0 < timing.checkHold } ?? false }) {
      return .reject(reason: "Another payment of this order is under way.")
    }
    return .accept
  }
}
