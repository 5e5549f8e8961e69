package import Logging

/// Captures or refunds for the shop: asked for in one transaction with its idempotency key, then sent once.
package struct OperateLink: Sendable {
  package enum Outcome: Sendable {
    case operated(PaymentLink, OperationID)
    case replayed(PaymentLink, OperationID)
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

  /// - Throws: when nothing was stored. Once the operation is stored, its end is found out, whatever happens here.
  package func callAsFunction(
    _ new: NewOperation, on link: LinkID, of merchant: MerchantName, idempotency: IdempotencyReference
  ) async throws(StoreError) -> Outcome {
    let request = RequestOperation(merchant: merchant, link: link, new: new, idempotency: idempotency, now: clock.now())
    switch try await store.perform(request) {
    case .requested(let stored, let id):
      logger.info("operation requested", metadata: ["link": "\(link)", "operation": "\(id)", "kind": "\(new.kind.rawValue)"])
      return .operated(await run.followed(stored, id), id)
    case .replayed(let stored, let id): return .replayed(stored, id)
    case .refused(let refusal, let isReplay): return .refused(refusal, isReplay: isReplay)
    case .keyReused: return .keyReused
    case .notFound: return .notFound
    }
  }
}
