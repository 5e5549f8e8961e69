/// Notes that somebody opened a link, so that Reconcile asks about it sooner (design §6). Written once per link.
package struct MarkSeen: Sendable {
  let store: any Store
  let clock: any WallClock

  package init(store: any Store, clock: any WallClock) {
    self.store = store
    self.clock = clock
  }

  package func callAsFunction(_ link: PaymentLink) async throws(StoreError) {
    guard link.seenAt == nil else { return }
    try await store.perform(NoteSeen(merchant: link.merchant, link: link.id, now: clock.now()))
  }
}
