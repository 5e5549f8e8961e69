package import Logging

/// Makes a link and opens its page: reserve, ask the acquirer, activate (design §3). Nothing is sent before it is stored, and from the
/// reservation on every end is stored too; what stays unclear is left to Reconcile.
package struct CreateLink: Sendable {
  package enum Outcome: Sendable {
    case created(PaymentLink)
    /// The outcome is not known yet: 202.
    case pending(PaymentLink)
    /// The same request came before; the object as it stands now, which may still be `creating`.
    case replayed(PaymentLink)
    case refused(Refusal, isReplay: Bool)
    /// The key was used for another body.
    case keyReused
    /// The first request with this key is under way.
    case inProgress(retryAfter: Duration)
    /// Nothing was sent; the key is free again.
    case notSent(NotSent)
  }

  let store: any Store
  let merchants: Merchants
  let clock: any WallClock
  let timing: Timing
  let logger: Logger

  package init(store: any Store, merchants: Merchants, clock: any WallClock, timing: Timing = .init(), logger: Logger) {
    self.store = store
    self.merchants = merchants
    self.clock = clock
    self.timing = timing
    self.logger = logger
  }

  /// - Parameter new: a link whose terms the merchant's acquirer found no fault with.
  /// - Throws: `StoreError` when nothing was reserved, so that nothing was sent.
  package func callAsFunction(_ new: NewLink, idempotency: IdempotencyReference) async throws(StoreError) -> Outcome {
    guard let merchant = merchants[new.merchant] else { preconditionFailure("a handler passes only merchants that are configured") }
    let now = clock.now()
    let reserve = ReserveLink(
      new: new, isTest: merchant.isTesting, idempotency: idempotency, now: now, callLimit: merchant.acquirer.callLimit, timing: timing)
    switch try await store.perform(reserve) {
    case .reserved(let link): return await open(link, merchant, idempotency)
    case .replayed(let link): return .replayed(link)
    case .refused(let refusal, let isReplay): return .refused(refusal, isReplay: isReplay)
    case .keyReused: return .keyReused
    case .inProgress(let retryAfter): return .inProgress(retryAfter: retryAfter)
    }
  }

  /// The page is asked for once. What comes back is stored before it is told; where it cannot be stored, the link stays `creating`.
  private func open(_ link: PaymentLink, _ merchant: Merchant, _ idempotency: IdempotencyReference) async -> Outcome {
    let answer = await merchant.acquirer.openPage(link.pageRequest(now: clock.now(), longest: merchant.acquirer.longestPageLife))
    let record = RecordOpening(
      merchant: link.merchant, link: link.id, order: link.order, answer: answer, idempotency: idempotency, now: clock.now(), timing: timing)
    log(answer, link)
    do {
      let stored = try await store.perform(onStanding: record)
      switch answer {
      case .opened where stored.page == nil: return .pending(stored)
      case .opened: return .created(stored)
      case .unknown: return .pending(stored)
      case .refused(let refusal): return .refused(.init(refusal), isReplay: false)
      case .notSent(let why): return .notSent(why)
      }
    } catch {
      logger.error("the acquirer's answer could not be stored", metadata: ["link": "\(link.id)", "error": "\(error.code.rawValue)"])
      return .pending(link)
    }
  }

  private func log(_ answer: PageAnswer, _ link: PaymentLink) {
    let metadata: Logger.Metadata = ["link": "\(link.id)", "merchant": "\(link.merchant)"]
    switch answer {
    case .opened(let payment, _):
      logger.info("page opened", metadata: metadata.merging(["payment": "\(payment)"]) { $1 })
    case .refused(let refusal):
      logger.warning("page refused", metadata: metadata.merging(["code": "\(refusal.code)", "kind": "\(refusal.kind.rawValue)"]) { $1 })
    case .unknown(let why):
      logger.warning("page unknown", metadata: metadata.merging(["why": "\(why)"]) { $1 })
    case .notSent(let why):
      logger.warning("page not asked for", metadata: metadata.merging(["why": "\(why)"]) { $1 })
    }
  }
}

extension Refusal {
  /// What the acquirer's "no" means to the caller: trouble of the acquirer's own counts as a refusal of this order.
  init(_ refusal: AcquirerRefusal) {
    switch refusal.kind {
    case .misconfigured: self = .acquirerMisconfigured(refusal)
    case .refused, .temporary: self = .acquirerRefused(refusal)
    }
  }
}
