import Logging

/// A fresh page whose opening has no known end, because the answer or the process was lost: it is opened again with the same idempotency key. That is safe, since an
/// address that nobody received cannot be paid. The link never fails by it.
extension RecoverLink {
  /// - Parameter link: a link with a fresh opening, whose look the caller has claimed.
  func freshPage(of link: PaymentLink, _ merchant: Merchant) async throws(StoreError) {
    let acquirer = merchant.acquirer
    let claim = ClaimFreshAgain(link: link, now: clock.now(), callLimit: acquirer.callLimit, timing: timing)
    switch try await store.perform(claim) {
    case .wait: return
    case .givenUp: logger.warning("fresh page not recovered", metadata: ["link": "\(link.id)"])
    case .open(let claimed, let payment):
      let request = claimed.freshPageRequest(
        for: payment, now: clock.now(), longest: acquirer.longestPageLife, shortest: acquirer.shortestPageLife)
      let answer = await acquirer.openPage(request)
      logger.info(
        "fresh page asked for again", metadata: ["link": "\(link.id)", "page": "\(payment.ordinal)", "answer": "\(answer.word)"])
      _ = try await store.perform(
        onStanding: RecordFreshPage(
          merchant: link.merchant, link: link.id, ordinal: payment.ordinal, answer: answer, now: clock.now()))
    }
  }
}

/// Counts one more opening of the same page before it is made, or gives it up.
struct ClaimFreshAgain: UnitOfWork {
  enum Outcome: Sendable {
    /// Not yet, or not any more.
    case wait
    case open(PaymentLink, Payment)
    case givenUp
  }

  let link: PaymentLink
  let now: Timestamp
  let callLimit: Duration
  let timing: Timing

  var scope: Scope { Scope(merchant: link.merchant, link: link.id) }

  func decide(_ snapshot: Snapshot) -> Decision<Outcome> {
    guard var link = snapshot.links.first, let opening = link.freshOpening else { return Decision(.wait) }
    // Each opening so far is given its call's limit and the wait after it.
    guard now >= opening.createdAt + (callLimit + timing.reopenAfter) * link.openings else { return Decision(.wait) }
    var changes = Changes()
    if link.openings >= timing.openingsAtMost || link.status != .active || now >= link.expiresAt {
      giveUp(&link, opening)
      changes.updated = [link]
      return Decision(.givenUp, changes)
    }
    link.openings += 1
    changes.updated = [link]
    return Decision(.open(link, opening), changes)
  }

  /// The link stands as before the opening: a payer may ask for another page, which is another call.
  private func giveUp(_ link: inout PaymentLink, _ opening: Payment) {
    guard let place = link.payments.firstIndex(where: { $0.ordinal == opening.ordinal }) else { return }
    link.payments[place].status = .failed
    link.payments[place].failure = Failure(code: Payment.notRecovered, message: "the acquirer never said what became of the page")
    link.payments[place].changedAt = now
    link.sequence += 1
    link.scheduleLook(after: now)
  }
}
