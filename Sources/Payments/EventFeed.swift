/// All that happened, in the one order in which it was committed. A place in it is never given twice and never given to an event that comes to be seen after a
/// later one: whoever has read up to a place has read all before it.
package protocol EventFeed: Sendable {
  func feed(_ query: FeedQuery) async throws(StoreError) -> FeedPage
  func event(_ id: EventID) async throws(StoreError) -> Event?
}

/// A page of the feed, oldest first.
package struct FeedQuery: Hashable, Sendable {
  /// Confined to these; never empty.
  package var merchants: [MerchantName]
  /// Only what happened then or later.
  package var from: Timestamp?
  /// Events behind this place; 0 is the beginning.
  package var after: Int64
  package var limit: Int

  package init(merchants: [MerchantName], from: Timestamp? = nil, after: Int64 = 0, limit: Int = 20) {
    self.merchants = merchants
    self.from = from
    self.after = after
    self.limit = limit
  }
}

package struct FeedPage: Sendable {
  package var events: [Event]
  /// The place of the last event; where there is none, the place that was asked from.
  package var last: Int64
  package var hasMore: Bool

  package init(events: [Event], last: Int64, hasMore: Bool) {
    self.events = events
    self.last = last
    self.hasMore = hasMore
  }
}
