import Glibc
import Payments
import Synchronization
import Testing

@testable import Storage

/// What waiting readers need of the books.
@Suite("Followed links") struct FollowedLinkTests {
  @Test("say how far they are, many at once, and what is not there is left out", arguments: Engine.all)
  func sequences(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let links = (1...300).map { Sample.link("A\($0)") }
      for link in links { try await store.insert(link) }
      try await store.change(links[7]) { $0.sequence = 12 }
      var expected = Dictionary(uniqueKeysWithValues: links.map { ($0.id, Int64(1)) })
      expected[links[7].id] = 12
      #expect(try await store.sequences(of: links.map(\.id) + [LinkID(at: Sample.start)]) == expected)
      #expect(try await store.sequences(of: []) == [:])
    }
  }

  @Test("give their events above a sequence, in order and so many", arguments: Engine.all)
  func events(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = Sample.link("A")
      let other = Sample.link("B")
      func event(_ sequence: Int64, _ link: PaymentLink) -> Event {
        var link = link
        link.sequence = sequence
        return Event(kind: .paymentPaid, at: Sample.start, merchant: link.merchant, link: link)
      }
      let events = [2, 3, 3, 5].map { event($0, link) }
      try await store.insert(link, events: events)
      try await store.insert(other, events: [event(9, other)])
      #expect(try await store.events(of: link.id, after: 0, limit: 100) == events)
      #expect(try await store.events(of: link.id, after: 2, limit: 100) == Array(events[1...]))
      #expect(try await store.events(of: link.id, after: 2, limit: 2) == Array(events[1...2]))
      #expect(try await store.events(of: link.id, after: 5, limit: 100) == [])
    }
  }

  /// What was told, in order.
  private final class Told: Sendable {
    private let kept = Mutex<[[LinkID: Int64]]>([])
    var all: [[LinkID: Int64]] { kept.withLock { $0 } }
    func tell(_ sequences: [LinkID: Int64]) { kept.withLock { $0.append(sequences) } }
  }

  @Test("are told of with every commit that changed them, and of nothing else")
  func told() async throws {
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      let told = Told()
      store.onChange { told.tell($0) }
      let link = Sample.link("A")
      try await store.insert(link)
      try await store.change(link) { $0.sequence = 4 }
      // A unit that only reads, one that cannot be written, and a trial write tell nothing.
      _ = try await store.read(Scope(merchant: link.merchant, link: link.id))
      await #expect(throws: StoreError.self) { try await store.change(link) { $0.payments = [Sample.attempt(captured: 9)] } }
      #expect(await store.health())
      await store.close()
      #expect(told.all == [[link.id: 1], [link.id: 4]])
    }
  }

  @Test("are told of at the same depth of the stack, however many commits there were")
  func depth() async throws {
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      let places = Mutex<[pthread_t: [UInt]]>([:])
      store.onChange { _ in
        var local = 0
        // SAFETY: the address is only compared.
        let place = unsafe withUnsafePointer(to: &local) { UInt(bitPattern: $0) }
        places.withLock { $0[pthread_self(), default: []].append(place) }
      }
      let link = Sample.link("A")
      try await store.insert(link)
      for sequence in 2...200 { try await store.change(link) { $0.sequence = Int64(sequence) } }
      await store.close()
      let seen = places.withLock { Array($0.values) }
      #expect(seen.reduce(0) { $0 + $1.count } == 200)
      // A frame or two of difference, by way of the first and of later commits; not one for each commit.
      for places in seen { #expect(places.max()! - places.min()! < 2048) }
    }
  }

  @Test("that another process changed are seen through our own connections")
  func otherProcess() async throws {
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      let second = try SQLiteStore.open(
        path: folder.file("books.db"), lock: try DatabaseLock(beside: folder.file("elsewhere")), logger: .quiet)
      let link = Sample.link("A")
      try await store.insert(link)
      let watch = LinkWatch(store: store, every: .milliseconds(5), logger: .quiet)
      try await second.change(link) { $0.sequence = 2 }
      await withCheckedContinuation { continuation in watch.add(watch.watcher(of: link.id, after: 1)) { continuation.resume() } }
      #expect(try await store.sequences(of: [link.id]) == [link.id: 2])
      await second.close()
      await store.close()
    }
  }
}
