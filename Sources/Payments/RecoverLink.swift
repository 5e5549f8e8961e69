package import Logging

/// Finds out what became of a create whose outcome is not known (design §3): asks by order, believes only a payment that no earlier link of
/// the order has, and opens the page again with the same idempotency key. That is safe, since an address that nobody received cannot be paid.
package struct RecoverLink: Sendable {
  let store: any Store
  let settle: SettlePayment
  let clock: any WallClock
  let timing: Timing
  let logger: Logger

  package init(store: any Store, settle: SettlePayment, clock: any WallClock, timing: Timing = .init(), logger: Logger) {
    self.store = store
    self.settle = settle
    self.clock = clock
    self.timing = timing
    self.logger = logger
  }

  /// - Parameter link: a link in `creating` whose look the caller has claimed.
  func callAsFunction(_ link: PaymentLink, of merchant: Merchant) async throws(StoreError) {
    let acquirer = merchant.acquirer
    let query = link.payments.last?.id.map { StatusQuery.payment($0, link.order) } ?? .order(link.order)
    switch await acquirer.status(query, within: acquirer.callLimit) {
    case .report(var report):
      if try await isOfEarlierLink(report, than: link) { break }
      report.link = link.id
      report.order = link.order
      if let settled = try await settle(report).link, settled.id == link.id, settled.status != .creating { return }
    case .notFound, .refundRecord:
      break
    case .unknown(let why):
      // Some accounts cannot ask by order at all. Nobody has the page's address, so opening it again is as safe as after "not found".
      logger.warning("recovery cannot ask", metadata: ["link": "\(link.id)", "why": "\(why)"])
    }
    try await openAgain(link, acquirer)
  }

  private func isOfEarlierLink(_ report: Report, than link: PaymentLink) async throws(StoreError) -> Bool {
    guard let id = report.paymentID, report.link.map({ $0 == link.id }) ?? true else { return true }
    let order = try await store.links(LinkQuery(merchants: [link.merchant], order: link.order, limit: 100))
    return order.links.contains { $0.id != link.id && $0.payment(id) != nil }
  }

  private func openAgain(_ link: PaymentLink, _ acquirer: any Acquirer) async throws(StoreError) {
    let claim = ClaimOpening(link: link, now: clock.now(), callLimit: acquirer.callLimit, timing: timing)
    switch try await store.perform(claim) {
    case .wait: return
    case .givenUp: logger.error("link not recovered", metadata: ["link": "\(link.id)"])
    case .open(let claimed):
      let answer = await acquirer.openPage(claimed.pageRequest(now: clock.now(), longest: acquirer.longestPageLife))
      let stored = try await store.perform(
        onStanding: RecordOpening(
          merchant: link.merchant, link: link.id, order: link.order, answer: answer, idempotency: nil, now: clock.now(), timing: timing))
      logger.info("link opened again", metadata: ["link": "\(link.id)", "status": "\(stored.status.rawValue)"])
    }
  }
}

/// Counts one more opening before it is made, or gives up.
struct ClaimOpening: UnitOfWork {
  enum Outcome: Sendable {
    /// Not yet: the call before may still be at work.
    case wait
    case open(PaymentLink)
    case givenUp
  }

  let link: PaymentLink
  let now: Timestamp
  let callLimit: Duration
  let timing: Timing

  var scope: Scope { Scope(merchant: link.merchant, link: link.id) }

  func decide(_ snapshot: Snapshot) -> Decision<Outcome> {
    guard var link = snapshot.links.first, link.status == .creating else { return Decision(.wait) }
    // Each opening so far is given its call's limit and the wait after it.
    guard now >= link.createdAt + (callLimit + timing.reopenAfter) * link.openings else { return Decision(.wait) }
    var changes = Changes()
    if link.openings >= timing.openingsAtMost || now >= link.expiresAt {
      link.fail(Failure(code: "not_recovered", message: "the acquirer never said what became of the page"), at: now)
      changes.record(.linkFailed, &link, at: now)
      changes.updated = [link]
      return Decision(.givenUp, changes)
    }
    link.openings += 1
    changes.updated = [link]
    return Decision(.open(link), changes)
  }
}
