package import Logging

/// Stops offering a link. The acquirer's page stays open: a check for it is refused, money that comes is late money (design §4.3).
package struct CancelLink: Sendable {
  package enum Outcome: Sendable {
    case canceled(PaymentLink)
    case replayed(PaymentLink)
    case refused(Refusal, isReplay: Bool)
    case keyReused
    case notFound
  }

  let store: any Store
  let clock: any WallClock
  let logger: Logger

  package init(store: any Store, clock: any WallClock, logger: Logger) {
    self.store = store
    self.clock = clock
    self.logger = logger
  }

  /// - Parameter merchant: the link's merchant, which the caller's key serves.
  package func callAsFunction(
    _ link: LinkID, of merchant: MerchantName, idempotency: IdempotencyReference
  ) async throws(StoreError) -> Outcome {
    let outcome = try await store.perform(DecideCancel(merchant: merchant, link: link, idempotency: idempotency, now: clock.now()))
    if case .canceled = outcome { logger.info("link canceled", metadata: ["link": "\(link)"]) }
    return outcome
  }
}
