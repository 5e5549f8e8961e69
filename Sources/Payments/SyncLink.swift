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

  /// Asks when a link is read whose money is in doubt: at most once per link in `timing.readSyncEvery`, for at most `timing.readSyncWait`.
  /// - Returns: the link as it stands afterwards, asked about or not.
  package func onRead(_ link: PaymentLink) async throws(StoreError) -> PaymentLink {
    guard link.isInDoubt, link.askedAt.map({ clock.now() - $0 >= timing.readSyncEvery }) ?? true else { return link }
    let claim = ClaimAsking(link: link, now: clock.now(), every: timing.readSyncEvery)
    guard let claimed = try await store.perform(claim) else { return try await store.link(link.id) ?? link }
    return try await callAsFunction(claimed, within: timing.readSyncWait)
  }

  /// Asks about every payment of the link that an answer could still change.
  package func callAsFunction(_ link: PaymentLink, within limit: Duration) async throws(StoreError) -> PaymentLink {
    let now = clock.now()
    return try await ask(about: link.payments.filter { $0.needsAsking(at: now) || link.hasOpenOperation($0) }, of: link, within: limit)
  }

  /// Asks about every payment of the link that the acquirer knows, settled ones too: what was given back in its cabinet is found so.
  package func everything(of link: PaymentLink, within limit: Duration) async throws(StoreError) -> PaymentLink {
    try await ask(about: link.payments, of: link, within: limit)
  }

  private func ask(about payments: [Payment], of link: PaymentLink, within limit: Duration) async throws(StoreError) -> PaymentLink {
    guard let merchant = merchants[link.merchant] else { return link }
    var latest = link
    for id in payments.compactMap(\.id) {
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

extension PaymentLink {
  /// Whether a reader would be told something that may be over: a check without its result, or an end that nobody knows. A link in creation has
  /// its own way (`RecoverLink`).
  var isInDoubt: Bool {
    status != .creating && payments.contains { $0.status == .unknown || $0.checkedAt != nil }
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
