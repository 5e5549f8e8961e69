/// Reads what happened: one link's history, or the feed of certain merchants.
package struct ReadEvents: Sendable {
  let store: any Store
  let feed: any EventFeed

  package init(store: any Store, feed: any EventFeed) {
    self.store = store
    self.feed = feed
  }

  /// In the order of their sequence.
  package func callAsFunction(of link: LinkID) async throws(StoreError) -> [Event] {
    try await store.events(of: link)
  }

  package func callAsFunction(_ query: FeedQuery) async throws(StoreError) -> FeedPage {
    precondition(!query.merchants.isEmpty, "a feed is confined to the merchants of its reader")
    return try await feed.feed(query)
  }

  /// Another merchant's event is not found.
  package func callAsFunction(_ id: EventID, of merchants: Set<MerchantName>) async throws(StoreError) -> Event? {
    guard let event = try await feed.event(id), merchants.contains(event.merchant) else { return nil }
    return event
  }
}
