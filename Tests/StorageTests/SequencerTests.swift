import Payments
import PostgresTesting
import Testing

@testable import Storage

/// Places in the feed, given after the commit: transactions that write at the same moment are committed in any order.
@Suite("Sequencer") struct SequencerTests {
  private static let query = FeedQuery(merchants: [Sample.shop], limit: 100)

  /// A hand of its own in the database: an event whose transaction stays open until it is told to end.
  private func openEvent(_ beside: PostgresConnection, _ link: PaymentLink) throws -> EventID {
    let event = Event(kind: .linkCompleted, at: Sample.start, merchant: Sample.shop, link: link)
    try beside.execute("BEGIN")
    try beside.run(BookStatements.insertEvent, try EventColumn.allCases.map { try $0.value(of: event) })
    return event.id
  }

  private func happen(_ store: any BookStore, _ order: String) async throws -> EventID {
    let link = Sample.link(order)
    let event = Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link)
    try await store.insert(link, events: [event])
    return event.id
  }

  /// Without waiting for the place.
  private func write(_ link: PaymentLink, _ event: Event, _ store: any BookStore) async throws {
    try await store.perform(
      Work(Scope(merchant: link.merchant)) { _ in
        var changes = Changes()
        changes.inserted = link
        changes.events = [event]
        return Decision((), changes)
      })
  }

  @Test("gives an event that was written first and committed last a place behind what a reader has seen")
  func outOfOrder() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      let link = Sample.link("shared")
      try await store.insert(link)
      let beside = try cluster.connection(location)
      let first = try openEvent(beside, link)
      // Nobody waits for it: what is committed meanwhile has its place at once.
      let second = try await happen(store, "B")
      let third = try await happen(store, "C")
      let seen = try await store.feed(Self.query)
      #expect(seen.events.map(\.id) == [second, third])
      #expect(try await store.event(first) == nil)

      try beside.execute("COMMIT")
      await store.settled()
      var query = Self.query
      query.after = seen.last
      #expect(try await store.feed(query).events.map(\.id) == [first])
      #expect(try await store.feed(Self.query).events.map(\.id) == [second, third, first])
    }
  }

  @Test("places, by another process, the events of one that did not live to ask for it, within a look's time")
  func orphaned() async throws {
    let cluster = try PostgresCluster.shared.get()
    var limits = StorageLimits()
    limits.placeEvery = .milliseconds(20)
    try await cluster.withStore(limits) { store, location in
      let link = Sample.link("shared")
      try await store.insert(link)
      let beside = try cluster.connection(location)
      let event = try openEvent(beside, link)
      try beside.execute("COMMIT")
      // A link's own history has it at once; the feed has it as soon as it has a place.
      #expect(try await store.events(of: link.id).map(\.id) == [event])
      let deadline = ContinuousClock.now + .seconds(20)
      while try await store.feed(Self.query).events.map(\.id) != [event] {
        try #require(ContinuousClock.now < deadline, "nobody places it")
        try await Task.sleep(for: .milliseconds(5))
      }
    }
  }

  @Test("whoever stops in the middle of a pass keeps the others from it only until its connection ends")
  func paused() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      try await store.insert(Sample.link("A"))
      let beside = try cluster.connection(location)
      try beside.execute("BEGIN")
      try beside.run(SequencerStatements.lock, [])
      let link = Sample.link("B")
      let event = Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link)
      // The writer waits for no place.
      try await write(link, event, store)
      let before = try await store.feed(Self.query)
      #expect(before.events.count == 0)
      let third = try cluster.connection(location)
      try third.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'")
      await store.settled()
      let after = try await store.feed(Self.query)
      #expect(after.events.map(\.id) == [event.id])
    }
  }

  @Test("two processes that write and place at the same time show two readers one order, without a gap in what they saw")
  func twoProcesses() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { first, location in
      let second = try PostgresStore.open(location, password: nil, logger: .quiet)
      let seen = try await follow([first, second], writers: 6, each: 20)
      await second.close()
      #expect(seen.count == 2)
      #expect(Set(seen[0]).count == 120)
      #expect(seen[0] == seen[1])
    }
  }

  /// Writes through all stores at the same time, while a reader of each follows the feed to its end.
  private func follow(_ stores: [PostgresStore], writers: Int, each: Int) async throws -> [[EventID]] {
    try await withThrowingTaskGroup(of: [EventID].self, returning: [[EventID]].self) { group in
      for writer in 0..<writers {
        group.addTask {
          for number in 0..<each {
            let link = Sample.link("W\(writer)-\(number)")
            let event = Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link)
            try await self.write(link, event, stores[writer % stores.count])
          }
          return []
        }
      }
      for store in stores { group.addTask { try await self.read(writers * each, store) } }
      var seen: [[EventID]] = []
      for try await ids in group where !ids.isEmpty { seen.append(ids) }
      return seen
    }
  }

  private func read(_ count: Int, _ store: PostgresStore) async throws -> [EventID] {
    var seen: [EventID] = []
    var query = FeedQuery(merchants: [Sample.shop], limit: 7)
    while seen.count < count {
      let page = try await store.feed(query)
      seen += page.events.map(\.id)
      query.after = page.last
    }
    return seen
  }
}
