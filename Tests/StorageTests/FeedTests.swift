import Payments
import Testing

@testable import Storage

/// `EventFeed` whatever engine is behind it (design §4.5).
@Suite("The feed") struct FeedTests {
  private static let other = Sample.merchant("other")

  /// A link with an event of its own; the event's id.
  private func happen(_ store: any BookStore, _ order: String, _ merchant: MerchantName = Sample.shop, at time: Timestamp = Sample.start)
    async throws
    -> EventID
  {
    let link = Sample.link(order, merchant: merchant)
    let event = Event(kind: .linkActive, at: time, merchant: merchant, link: link)
    try await store.insert(link, events: [event])
    return event.id
  }

  @Test("gives events of the asked merchants in the order of their commits, whatever time they carry", arguments: Engine.all)
  func order(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let ids = [
        try await happen(store, "A", at: Sample.at(9)), try await happen(store, "B", Self.other, at: Sample.at(1)),
        try await happen(store, "C", at: Sample.at(5)),
      ]
      let both = try await store.feed(FeedQuery(merchants: [Sample.shop, Self.other]))
      #expect(both.events.map(\.id) == ids)
      #expect(!both.hasMore)
      let own = try await store.feed(FeedQuery(merchants: [Sample.shop], limit: 1))
      #expect(own.events.map(\.id) == [ids[0]])
      #expect(own.hasMore)
      let rest = try await store.feed(FeedQuery(merchants: [Sample.shop], after: own.last, limit: 1))
      #expect(rest.events.map(\.id) == [ids[2]])
      #expect(!rest.hasMore)
      let end = try await store.feed(FeedQuery(merchants: [Sample.shop], after: rest.last))
      #expect(end.events.isEmpty)
      #expect(end.last == rest.last)
      #expect(try await store.feed(FeedQuery(merchants: [Sample.shop], from: Sample.at(6))).events.map(\.id) == [ids[0]])
    }
  }

  @Test("begins at a time, wherever it lies, though clocks are minutes apart", arguments: Engine.all)
  func from(_ engine: Engine) async throws {
    try await engine.withStore { store in
      var times: [Timestamp] = []
      for number in 0..<60 {
        // Ten minutes from one to the next, and up to four minutes off.
        let time = Sample.start + .minutes(10 * number + [0, 4, -4, 2][number % 4])
        times.append(time)
        _ = try await happen(store, "A\(number)", number % 3 == 0 ? Self.other : Sample.shop, at: time)
      }
      let all = try await store.feed(FeedQuery(merchants: [Sample.shop, Self.other], limit: 100)).events
      #expect(all.map(\.at) == times)
      for from in times + times.map({ $0 + .milliseconds(1) }) + [Sample.start - .days(1), Sample.start + .days(9)] {
        for merchants in [[Sample.shop, Self.other], [Sample.shop]] {
          let wanted = all.filter { $0.at >= from && merchants.contains($0.merchant) }.map(\.id)
          let page = try await store.feed(FeedQuery(merchants: merchants, from: from, limit: 100))
          #expect(page.events.map(\.id) == wanted)
          let first = try await store.feed(FeedQuery(merchants: merchants, from: from, limit: 2))
          let rest = try await store.feed(FeedQuery(merchants: merchants, from: from, after: first.last, limit: 100))
          #expect((first.events + rest.events).map(\.id) == wanted)
        }
      }
    }
  }

  @Test("shows a link as it stood at the event, and an orphan's event without one", arguments: Engine.all)
  func states(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = Sample.link("A")
      let then = Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link)
      try await store.insert(link, events: [then, Event(kind: .paymentOrphaned, at: Sample.start, merchant: link.merchant, link: nil)])
      try await store.change(link) { $0.status = .canceled }
      let page = try await store.feed(FeedQuery(merchants: [link.merchant]))
      #expect(page.events.map(\.link?.status) == [.active, nil])
      #expect(try await store.event(then.id) == then)
      #expect(try await store.event(EventID(at: Sample.start)) == nil)
    }
  }

  @Test("A reader who follows the feed while many write misses nothing and sees nothing twice", arguments: Engine.all)
  func following(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let writers = 8
      let each = 25
      let seen = try await withThrowingTaskGroup(of: [EventID].self) { group in
        for writer in 0..<writers {
          group.addTask {
            for number in 0..<each { _ = try await happen(store, "W\(writer)-\(number)", number % 2 == 0 ? Sample.shop : Self.other) }
            return []
          }
        }
        group.addTask {
          var seen: [EventID] = []
          var place: Int64 = 0
          while seen.count < writers * each {
            let page = try await store.feed(FeedQuery(merchants: [Sample.shop, Self.other], after: place, limit: 7))
            seen += page.events.map(\.id)
            place = page.last
          }
          return seen
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(Set(seen).count == writers * each)
      let again = try await store.feed(FeedQuery(merchants: [Sample.shop, Self.other], limit: writers * each))
      #expect(again.events.map(\.id) == seen)
    }
  }
}
