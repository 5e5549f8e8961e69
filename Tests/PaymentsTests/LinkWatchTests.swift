import Logging
import PaymentsTesting
import Synchronization
import Testing

@testable import Payments

@Suite("Following a link") struct LinkWatchTests {
  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  final class Rung: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func ring(_ name: String) -> @Sendable () -> Void { { self.names.withLock { $0.append(name) } } }
  }

  static func link(_ sequence: Int64) -> PaymentLink {
    var link = Example.link()
    link.sequence = sequence
    return link
  }

  @Test("Who waits below the new sequence is woken once; who has seen it waits on") func woken() {
    let watch = LinkWatch(store: MemoryBooks(), every: .seconds(3600), logger: Self.logger)
    let rung = Rung()
    let (link, other) = (Self.link(1), Self.link(1))
    for (name, id, after) in [("a", link.id, 1), ("b", link.id, 2), ("c", link.id, 3), ("d", other.id, 0)] as [(String, LinkID, Int64)] {
      watch.add(watch.watcher(of: id, after: after), rung.ring(name))
    }
    let gone = watch.watcher(of: link.id, after: 0)
    watch.add(gone, rung.ring("gone"))
    watch.remove(gone)
    watch.remove(gone)
    #expect(watch.watchers == 4)
    watch.note([link.id: 3])
    #expect(rung.all.sorted() == ["a", "b"])
    watch.note([link.id: 3, other.id: 0])
    #expect(rung.all.count == 2)
    watch.note([link.id: 4, other.id: 1])
    #expect(rung.all.sorted() == ["a", "b", "c", "d"])
    #expect(watch.watchers == 0)
  }

  @Test("What another process wrote is found by asking the books, and nobody asks while nobody waits") func polled() async throws {
    let books = CountingBooks()
    let watch = LinkWatch(store: books, every: .milliseconds(1), logger: Self.logger)
    #expect(books.questions == 0)
    for turn in 1...2 {
      let link = Self.link(1)
      books.memory.put(link)
      await withCheckedContinuation { continuation in
        watch.add(watch.watcher(of: link.id, after: 1)) { continuation.resume() }
        var changed = link
        changed.sequence = 2
        books.memory.put(changed)
      }
      // The poller ends by itself; one more question may be on its way.
      var last = -1
      while books.questions != last {
        last = books.questions
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(last >= turn)
    }
  }

  @Test("Where others' commits are told, a new wait is looked at once, and all of them again when something may have been missed")
  func told() async throws {
    let books = CountingBooks()
    let watch = LinkWatch(store: books, every: .milliseconds(1), whenTold: .seconds(3600), logger: Self.logger) { true }
    let rung = Rung()
    let (link, other) = (Self.link(1), Self.link(1))
    for link in [link, other] { books.memory.put(link) }
    watch.add(watch.watcher(of: link.id, after: 1), rung.ring("a"))
    try await settled(books, at: 1)
    // Told of to nobody: the next look is an hour away, and the new wait's look is at its own link alone.
    for link in [link, other] {
      var changed = link
      changed.sequence = 2
      books.memory.put(changed)
    }
    watch.add(watch.watcher(of: other.id, after: 1), rung.ring("b"))
    try await settled(books, at: 2)
    #expect(rung.all == ["b"])
    watch.lookAgain()
    // Whoever is woken is no watcher any more a moment before.
    while rung.all.count < 2 { await Task.yield() }
    #expect(rung.all == ["b", "a"])
    #expect(watch.watchers == 0)
  }

  /// Waits until the books were asked so often, and sees that it stays so.
  private func settled(_ books: CountingBooks, at questions: Int) async throws {
    while books.questions < questions { await Task.yield() }
    try await Task.sleep(for: .milliseconds(30))
    #expect(books.questions == questions)
  }

  @Test("Books that cannot be read end no wait: they are asked again") func failing() async throws {
    let books = CountingBooks()
    let link = Self.link(1)
    var changed = link
    changed.sequence = 2
    books.memory.put(changed)
    books.memory.fail(StoreError(.unavailable, "gone"))
    let watch = LinkWatch(store: books, every: .milliseconds(1), logger: Self.logger)
    await withCheckedContinuation { continuation in
      watch.add(watch.watcher(of: link.id, after: 1)) { continuation.resume() }
      Task {
        while books.questions < 3 { await Task.yield() }
        books.memory.fail(nil)
      }
    }
    #expect(books.questions >= 3)
  }

  @Test("There are so many places to wait at, and one is free again when its reader is gone") func places() {
    let books = MemoryBooks()
    let follow = FollowLink(store: books, watch: LinkWatch(store: books, logger: Self.logger), readers: 2)
    let first = follow.place()
    do {
      let second = follow.place()
      #expect(first != nil && second != nil)
      #expect(follow.place() == nil)
      #expect(follow.readers == 2)
    }
    #expect(follow.readers == 1)
    #expect(follow.place() != nil)
  }

  @Test("Events come in batches that never cut through one sequence") func batches() async throws {
    let books = MemoryBooks()
    let link = Self.link(1)
    // Two of them share sequence 99, where the first batch would end.
    let sequences = (1...99).map { Int64($0) } + [99] + (100...130).map { Int64($0) }
    try await books.perform(Writing(link: link, sequences: sequences))
    let follow = FollowLink(store: books, watch: LinkWatch(store: books, logger: Self.logger), readers: 1)
    let first = try await follow.news(of: link.id, after: 0).events
    #expect(first.map(\.sequence) == (1...98).map { Int64($0) })
    let second = try await follow.news(of: link.id, after: 98).events
    #expect(second.map(\.sequence) == [99, 99] + (100...130).map { Int64($0) })
    #expect(try await follow.news(of: link.id, after: 130).events.isEmpty)
  }

  @Test("A reader waits for more than it has seen of the link, not of its events: a change without an event wakes it once")
  func seen() async throws {
    let books = MemoryBooks()
    let link = Self.link(5)
    try await books.perform(Writing(link: link, sequences: [2, 3]))
    let follow = FollowLink(store: books, watch: LinkWatch(store: books, logger: Self.logger), readers: 1)
    let news = try await follow.news(of: link.id, after: 3)
    #expect(news.events.isEmpty)
    #expect(news.seen == 5)
    #expect(try await follow.news(of: link.id, after: 7).seen == 7)
  }

  @Test("A turnstile lets so many through at once, the others in the order of coming") func turnstile() async throws {
    let turnstile = Turnstile(2)
    let inside = Inside()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await turnstile.pass { () throws(StoreError) in
            inside.enter()
            for _ in 0..<5 { await Task.yield() }
            inside.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(inside.most == 2)
    #expect(inside.now == 0)
  }

  /// How many are inside, and how many ever were.
  private final class Inside: Sendable {
    private let counts = Mutex((now: 0, most: 0))
    var now: Int { counts.withLock { $0.now } }
    var most: Int { counts.withLock { $0.most } }
    func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func leave() { counts.withLock { $0.now -= 1 } }
  }

  private struct Writing: UnitOfWork {
    let link: PaymentLink
    let sequences: [Int64]
    var scope: Scope { Scope(merchant: link.merchant) }

    func decide(_ snapshot: Snapshot) -> Decision<Void> {
      var changes = Changes()
      changes.inserted = link
      changes.events = sequences.map { sequence in
        var link = link
        link.sequence = sequence
        return Event(kind: .paymentAnomaly, at: link.createdAt, merchant: link.merchant, link: link)
      }
      return Decision((), changes)
    }
  }
}

/// Books in memory that count how often they are asked how far links are.
private final class CountingBooks: PartialStore {
  let memory = MemoryBooks()
  private let asked = Atomic<Int>(0)

  var questions: Int { asked.load(ordering: .relaxed) }

  func sequences(of links: [LinkID]) async throws(StoreError) -> [LinkID: Int64] {
    asked.add(1, ordering: .relaxed)
    var sequences: [LinkID: Int64] = [:]
    for id in links { sequences[id] = try await memory.link(id)?.sequence }
    return sequences
  }
}
