package import Logging

/// Asks the acquirer about a link now, and settles what it says.
package struct SyncLink: Sendable {
  let store: any Store
  let merchants: Merchants
  let settle: SettlePayment
  let clock: any WallClock
  let timing: Timing
  let logger: Logger

  package init(
    store: any Store, merchants: Merchants, settle: SettlePayment, clock: any WallClock, timing: Timing = .init(), logger: Logger
  ) {
    self.store = store
    self.merchants = merchants
    self.settle = settle
    self.clock = clock
    self.timing = timing
    self.logger = logger
  }

  /// Asks on the payer's return: at most once per link in `timing.returnSyncEvery`, for at most `timing.returnSyncWait`.
  /// - Returns: the link as it stands afterwards, asked about or not.
  package func onReturn(_ link: PaymentLink) async throws(StoreError) -> PaymentLink {
    let claim = ClaimAsking(link: link, now: clock.now(), every: timing.returnSyncEvery)
    guard let claimed = try await store.perform(claim) else { return try await store.link(link.id) ?? link }
    return try await callAsFunction(claimed, within: timing.returnSyncWait)
  }

  /// Asks about every payment of the link that is not final.
  package func callAsFunction(_ link: PaymentLink, within limit: Duration) async throws(StoreError) -> PaymentLink {
    guard let merchant = merchants[link.merchant] else { return link }
    var latest = link
    for payment in link.payments where payment.id != nil && (!payment.status.isFinal || link.hasOpenOperation(payment)) {
      guard let id = payment.id else { continue }
      let answer = await merchant.acquirer.status(.payment(id, link.order), within: limit)
      switch answer {
      case .report(let report):
        if let settled = try await settle(report).link { latest = settled }
      case .notFound, .refundRecord:
        logger.warning("status not found", metadata: ["link": "\(link.id)", "payment": "\(id)"])
      case .unknown(let why):
        logger.warning("status unknown", metadata: ["link": "\(link.id)", "payment": "\(id)", "why": "\(why)"])
      }
    }
    return latest
  }
}

extension PaymentStatus {
  /// Whether the acquirer need not be asked any more by itself.
  var isFinal: Bool {
    switch self {
    case .paid, .partiallyRefunded, .refunded, .canceled: true
    case .pending, .authorized, .failed, .unknown: false
    }
  }
}
