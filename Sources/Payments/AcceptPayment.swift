package import Logging

/// A person accepts the money of a link in review: it completes.
package struct AcceptPayment: Sendable {
  package enum Outcome: Sendable {
    case accepted(PaymentLink)
    case refused(Refusal)
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

  package func callAsFunction(_ link: LinkID, of merchant: MerchantName) async throws(StoreError) -> Outcome {
    let outcome = try await store.perform(DecideAccept(merchant: merchant, link: link, now: clock.now()))
    if case .accepted = outcome { logger.info("money accepted", metadata: ["link": "\(link)"]) }
    return outcome
  }
}
