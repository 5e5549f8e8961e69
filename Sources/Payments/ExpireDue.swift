package import Logging

/// Ends the links whose time is over. Run on a schedule.
package struct ExpireDue: Sendable {
  let store: any Store
  let clock: any WallClock
  let terms: LeaseTerms
  let logger: Logger
  /// Told of what was taken over from a program whose lease lapsed.
  let takenOver: @Sendable (SharedWork) -> Void

  package init(
    store: any Store, clock: any WallClock, terms: LeaseTerms = LeaseTerms(), logger: Logger,
    takenOver: @escaping @Sendable (SharedWork) -> Void = { _ in }
  ) {
    self.store = store
    self.clock = clock
    self.terms = terms
    self.logger = logger
    self.takenOver = takenOver
  }

  /// - Returns: how many ended.
  /// - Throws: the first failure, after every link had its turn. The lease of what failed is left to lapse, so that it does not come first again at once.
  @discardableResult
  package func callAsFunction(atMost limit: Int = 256) async throws(StoreError) -> Int {
    let now = clock.now()
    let due = try await store.take(.expiry, under: terms, at: now, limit: limit)
    guard !due.isEmpty else { return 0 }
    for leased in due {
      guard let before = leased.lapsedHolder else { continue }
      takenOver(.expiry)
      logger.notice("expiry taken over", metadata: ["link": "\(leased.link.id)", "holder": "\(terms.holder)", "from": "\(before)"])
    }
    // Where these commits take longer than the lease, another does them too: whoever comes second finds it done.
    var (count, done, failure): (Int, [LinkID], StoreError?) = (0, [], nil)
    for leased in due {
      do throws(StoreError) {
        if try await store.perform(ExpireLink(link: leased.link, now: now)) { count += 1 }
        done.append(leased.link.id)
      } catch {
        failure = failure ?? error
      }
    }
    if count > 0 { logger.info("links expired", metadata: ["count": "\(count)"]) }
    try await store.finish(.expiry, of: done, under: terms)
    if let failure { throw failure }
    return count
  }
}
