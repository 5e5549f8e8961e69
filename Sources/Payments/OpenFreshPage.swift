package import Logging

/// Opens a fresh page for a link whose last one is over (design §4.4): claimed in the books before the acquirer is called, so that of several payers who ask at the
/// same moment one opens it and the others wait for it.
package struct OpenFreshPage: Sendable {
  package enum Outcome: Sendable {
    /// The page, which may be one that another payer opened just before.
    case open(PaymentLink, String)
    /// Another call is under way, or its end is not known yet: look again soon.
    case opening(PaymentLink)
    /// As the link stands no page may be opened.
    case shut(PaymentLink)
    /// The acquirer said no.
    case refused(PaymentLink)
    case notSent(PaymentLink)
  }

  let store: any Store
  let merchants: Merchants
  let sync: SyncLink
  let clock: any WallClock
  let timing: Timing
  let logger: Logger

  package init(
    store: any Store, merchants: Merchants, sync: SyncLink, clock: any WallClock, timing: Timing = .init(), logger: Logger
  ) {
    self.store = store
    self.merchants = merchants
    self.sync = sync
    self.clock = clock
    self.timing = timing
    self.logger = logger
  }

  /// What the link's short address leads to now.
  package func door(of link: PaymentLink) -> PaymentLink.Door {
    guard let merchant = merchants[link.merchant] else { return .shut }
    return link.door(at: clock.now(), timing: timing, shortest: merchant.acquirer.shortestPageLife)
  }

  /// - Throws: when the claim could not be stored, so that nothing was sent.
  package func callAsFunction(_ link: PaymentLink) async throws(StoreError) -> Outcome {
    guard let merchant = merchants[link.merchant] else { return .shut(link) }
    // Money whose result was lost would be found too late: the acquirer is asked about the old page first, as on a payer's return.
    let current = door(of: link) == .renewable ? try await sync.onReturn(link) : link
    let acquirer = merchant.acquirer
    let claim = ClaimFreshPage(
      merchant: current.merchant, link: current.id, order: current.order, now: clock.now(), timing: timing,
      shortest: acquirer.shortestPageLife)
    switch try await store.perform(onStanding: claim) {
    case .notNow(let link, .open(let url)): return .open(link, url)
    case .notNow(let link, .opening): return .opening(link)
    case .notNow(let link, _): return .shut(link)
    case .claimed(let link, let payment): return await open(link, payment, acquirer)
    }
  }

  /// From the claim on every end is stored; where it cannot be, Reconcile finds it.
  private func open(_ link: PaymentLink, _ payment: Payment, _ acquirer: any Acquirer) async -> Outcome {
    let request = link.freshPageRequest(
      for: payment, now: clock.now(), longest: acquirer.longestPageLife, shortest: acquirer.shortestPageLife)
    let answer = await acquirer.openPage(request)
    logger.info(
      "fresh page asked for", metadata: ["link": "\(link.id)", "page": "\(payment.ordinal)", "answer": "\(answer.word)"])
    let record = RecordFreshPage(
      merchant: link.merchant, link: link.id, ordinal: payment.ordinal, answer: answer, now: clock.now())
    do {
      let stored = try await store.perform(onStanding: record)
      switch (answer, door(of: stored)) {
      case (_, .open(let url)): return .open(stored, url)
      case (.refused, _): return .refused(stored)
      case (.notSent, _): return .notSent(stored)
      case (.opened, .shut), (.opened, .paying): return .shut(stored)
      default: return .opening(stored)
      }
    } catch {
      logger.error("the acquirer's answer could not be stored", metadata: ["link": "\(link.id)", "error": "\(error.code.rawValue)"])
      return .opening(link)
    }
  }
}

extension PageAnswer {
  /// For logs.
  var word: String {
    switch self {
    case .opened(let payment, _): "opened \(payment)"
    case .refused(let refusal): "refused \(refusal.code)"
    case .unknown(let why): "unknown: \(why)"
    case .notSent(let why): "not sent: \(why)"
    }
  }
}

/// Takes the right to open a fresh page, once: whoever comes second finds it taken.
struct ClaimFreshPage: UnitOfWork {
  enum Answer: Sendable {
    case claimed(PaymentLink, Payment)
    case notNow(PaymentLink, PaymentLink.Door)
  }

  let merchant: MerchantName
  let link: LinkID
  let order: OrderID
  let now: Timestamp
  let timing: Timing
  let shortest: Duration

  /// All links of the order: money of another one must not be doubled either.
  var scope: Scope { Scope(merchant: merchant, link: link, order: order) }

  /// - Returns: nil where the books lost the link.
  func decide(_ snapshot: Snapshot) -> Decision<Answer?> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }) else { return Decision(nil) }
    let door = link.door(at: now, timing: timing, shortest: shortest)
    guard door == .renewable else { return Decision(.notNow(link, door)) }
    let others = snapshot.links.filter { $0.id != link.id && $0.order == link.order }.flatMap(\.payments)
    let isBusy = others.contains { payment in
      payment.status.moneyStands || payment.checkedAt.map { now - $0 < timing.checkHold } ?? false
    }
    if isBusy { return Decision(.notNow(link, .paying)) }
    let payment = link.beginFreshPage(at: now)
    var changes = Changes()
    changes.updated = [link]
    return Decision(.claimed(link, payment), changes)
  }
}
