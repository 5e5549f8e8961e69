package import Logging

/// Goes and asks for reports that did not come (design §6), and sends what waits to be sent: one link per merchant and run, the most urgent first. Programs on one
/// database share the links, and one pace per merchant.
package struct ReconcileDue: Sendable {
  let store: any Store
  let merchants: Merchants
  let sync: SyncLink
  let recover: RecoverLink
  let run: RunOperation
  let clock: any WallClock
  let terms: LeaseTerms
  let logger: Logger
  /// Told of what was taken over from a program whose lease lapsed.
  let takenOver: @Sendable (SharedWork) -> Void

  package init(
    store: any Store, merchants: Merchants, sync: SyncLink, recover: RecoverLink, run: RunOperation, clock: any WallClock,
    terms: LeaseTerms = LeaseTerms(), logger: Logger, takenOver: @escaping @Sendable (SharedWork) -> Void = { _ in }
  ) {
    self.store = store
    self.merchants = merchants
    self.sync = sync
    self.recover = recover
    self.run = run
    self.clock = clock
    self.terms = terms
    self.logger = logger
    self.takenOver = takenOver
  }

  /// Run every `timing.askEvery`.
  /// - Returns: how many links were looked at.
  /// - Throws: the first failure, after every merchant had its turn: one's trouble never costs another's questions.
  @discardableResult
  package func callAsFunction() async throws(StoreError) -> Int {
    var count = 0
    var failure: StoreError?
    for merchant in merchants.all {
      do throws(StoreError) {
        if try await look(of: merchant) { count += 1 }
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return count
  }

  /// - Returns: whether a link of this merchant was due.
  private func look(of merchant: Merchant) async throws(StoreError) -> Bool {
    let work = SharedWork.looks(merchant.name, pace: sync.timing.askEvery)
    guard let leased = try await store.take(work, under: terms, at: clock.now(), limit: 1).first else { return false }
    let id = leased.link.id
    if let before = leased.lapsedHolder {
      takenOver(work)
      logger.notice("look taken over", metadata: ["link": "\(id)", "holder": "\(terms.holder)", "from": "\(before)"])
    }
    let keeper = LeaseKeeper(terms: terms, logger: logger) { () throws(StoreError) in
      try await store.renew(work, of: [id], under: terms, at: clock.now()) == 1
    }
    // Where it fails, the lease is left to lapse: others have their turn until then, and somebody takes it up again.
    try await keeper.during { () throws(StoreError) in
      try await look(at: leased.link, isTakenOver: leased.lapsedHolder != nil, of: merchant)
    }
    try await store.finish(work, of: [id], under: terms)
    return true
  }

  private func look(at link: PaymentLink, isTakenOver: Bool, of merchant: Merchant) async throws(StoreError) {
    // The next look is set before the question, so that a question that never ends cannot be asked for ever.
    let claim = ClaimLook(link: link, now: clock.now(), recoveryEvery: merchant.acquirer.callLimit, isTakenOver: isTakenOver)
    guard let claimed = try await store.perform(claim) else { return }
    if claimed.status == .creating {
      try await recover(claimed, of: merchant)
    } else {
      if claimed.freshOpening != nil { try await recover.freshPage(of: claimed, merchant) }
      let synced = try await sync(claimed, within: merchant.acquirer.callLimit)
      for operation in synced.operations where operation.status == .requested { _ = try await run(synced, operation.id) }
    }
  }
}
