package import Logging

/// Stops offering a link, or gives its hold back. The acquirer's page stays open: a check for it is refused, money that comes is late money
/// (design §4.3).
package struct CancelLink: Sendable {
  package enum Outcome: Sendable {
    case canceled(PaymentLink)
    /// Its hold was asked back; how far that came stands in the operation.
    case releasing(PaymentLink, OperationID)
    /// The same request came before; with the operation, where a hold was asked back.
    case replayed(PaymentLink, OperationID?)
    case refused(Refusal, isReplay: Bool)
    case keyReused
    case notFound
  }

  let store: any Store
  let run: RunOperation
  let clock: any WallClock
  let logger: Logger

  package init(store: any Store, run: RunOperation, clock: any WallClock, logger: Logger) {
    self.store = store
    self.run = run
    self.clock = clock
    self.logger = logger
  }

  /// - Parameters:
  ///   - merchant: the link's merchant, which the caller's key serves.
  ///   - options: what only the acquirer understands, for the release of a hold.
  /// - Throws: when nothing was stored.
  package func callAsFunction(
    _ link: LinkID, of merchant: MerchantName, options: AcquirerOptions = .init(), idempotency: IdempotencyReference
  ) async throws(StoreError) -> Outcome {
    let outcome = try await store.perform(
      DecideCancel(merchant: merchant, link: link, options: options, idempotency: idempotency, now: clock.now()))
    switch outcome {
    case .canceled: logger.info("link canceled", metadata: ["link": "\(link)"])
    case .releasing(let stored, let id):
      logger.info("operation requested", metadata: ["link": "\(link)", "operation": "\(id)", "kind": "cancel"])
      return .releasing(await run.followed(stored, id), id)
    case .replayed, .refused, .keyReused, .notFound: break
    }
    return outcome
  }
}
