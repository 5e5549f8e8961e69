import Synchronization

/// Lets readers follow a link: wait for its next change, and read what happened since. How many wait is bounded, and so is how many of them read at once:
/// a link that thousands wait for wakes them all in the same moment.
package struct FollowLink: Sendable {
  private let store: any Store
  package let watch: LinkWatch
  private let places: Places
  private let reading: Turnstile

  /// Woken readers that read at once: enough for every reader of the books, and nobody else's read waits behind thousands.
  private static let readsAtOnce = 16
  /// Events read at once.
  package static let batch = 100

  /// - Parameter readers: how many may wait.
  package init(store: any Store, watch: LinkWatch, readers: Int) {
    self.store = store
    self.watch = watch
    places = Places(readers)
    reading = Turnstile(Self.readsAtOnce)
  }

  /// A reader's place: its own until nobody holds this any more.
  package final class Place: Sendable {
    private let places: Places

    fileprivate init?(_ places: Places) {
      guard places.take() else { return nil }
      self.places = places
    }

    deinit { places.giveBack() }
  }

  /// A place to wait at; nil where all are taken.
  package func place() -> Place? { Place(places) }

  /// Readers that have a place.
  package var readers: Int { places.taken }

  package func link(_ id: LinkID) async throws(StoreError) -> PaymentLink? {
    try await reading.pass { () throws(StoreError) in try await store.link(id) }
  }

  /// What a reader has not seen yet.
  package struct News: Sendable {
    /// The next of them, in the order of their sequence. Those of one sequence come together.
    package var events: [Event]
    /// How far the link was just before they were read: it may be further than its last event, since not every change has one.
    package var seen: Int64
  }

  package func news(of id: LinkID, after sequence: Int64) async throws(StoreError) -> News {
    try await reading.pass { () throws(StoreError) in
      let seen = try await store.sequences(of: [id])[id] ?? sequence
      return News(events: Self.whole(try await store.events(of: id, after: sequence, limit: Self.batch)), seen: max(seen, sequence))
    }
  }

  /// A full batch without its last sequence, of which more may follow.
  private static func whole(_ events: [Event]) -> [Event] {
    guard events.count == batch, let last = events.last, let end = events.lastIndex(where: { $0.sequence != last.sequence }) else {
      return events
    }
    return Array(events[...end])
  }
}

/// How many readers wait.
private final class Places: Sendable {
  private let count: Int
  private let used = Atomic<Int>(0)

  init(_ count: Int) { self.count = count }

  var taken: Int { used.load(ordering: .relaxed) }

  func take() -> Bool {
    if used.add(1, ordering: .relaxed).newValue <= count { return true }
    giveBack()
    return false
  }

  func giveBack() { used.subtract(1, ordering: .relaxed) }
}
