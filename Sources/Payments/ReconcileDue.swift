package import Logging

/// Goes and asks for reports that did not come (design §6): one question per merchant and run, the most urgent first.
package struct ReconcileDue: Sendable {
  let store: any Store
  let merchants: Merchants
  let sync: SyncLink
  let recover: RecoverLink
  let run: RunOperation
  let clock: any WallClock
  let logger: Logger

  package init(
    store: any Store, merchants: Merchants, sync: SyncLink, recover: RecoverLink, run: RunOperation, clock: any WallClock, logger: Logger
  ) {
    self.store = store
    self.merchants = merchants
    self.sync = sync
    self.recover = recover
    self.run = run
    self.clock = clock
    self.logger = logger
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
    guard let link = try await store.linksToLookAt(merchant: merchant.name, before: clock.now(), limit: 1).first else { return false }
    // The next look is set before the question, so that a question that never ends cannot be asked for ever.
    let claim = ClaimLook(link: link, now: clock.now(), recoveryEvery: merchant.acquirer.callLimit)
    guard let claimed = try await store.perform(claim) else { return true }
    if claimed.status == .creating {
      try await recover(claimed, of: merchant)
    } else {
      if claimed.freshOpening != nil { try await recover.freshPage(of: claimed, merchant) }
      let synced = try await sync(claimed, within: merchant.acquirer.callLimit)
      for operation in synced.operations where operation.status == .requested { _ = try await run(synced, operation.id) }
    }
    return true
  }
}
