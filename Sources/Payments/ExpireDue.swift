package import Logging

/// Ends the links whose time is over. Run on a schedule.
package struct ExpireDue: Sendable {
  let store: any Store
  let clock: any WallClock
  let logger: Logger

  package init(store: any Store, clock: any WallClock, logger: Logger) {
    self.store = store
    self.clock = clock
    self.logger = logger
  }

  /// - Returns: how many ended.
  @discardableResult
  package func callAsFunction(atMost limit: Int = 256) async throws(StoreError) -> Int {
    let now = clock.now()
    let due = try await store.linksToExpire(before: now, limit: limit)
    var count = 0
    for link in due where try await store.perform(ExpireLink(link: link, now: now)) { count += 1 }
    if count > 0 { logger.info("links expired", metadata: ["count": "\(count)"]) }
    return count
  }
}
