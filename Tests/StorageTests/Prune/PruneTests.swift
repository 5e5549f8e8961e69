import Payments
import Testing

@testable import Storage

/// Taking away what is past its time, whatever engine is behind it.
@Suite("Prune") struct PruneTests {
  private static let crm = OutboxTests.endpoint("crm")
  private static let ours = LeaseTerms(holder: "ours", time: .seconds(30))
  /// A year and a half after everything that the tests write at `Sample.start`.
  private static let now = Sample.start + .days(550)

  private static func counts(_ pruned: [Pruned]) -> [Retention.Kind: Int] {
    Dictionary(uniqueKeysWithValues: pruned.map { ($0.kind, $0.count) })
  }

  private static let rows = SQLStatement(
    """
    SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM attempt), (SELECT count(*) FROM answer),
      (SELECT count(*) FROM idempotency), (SELECT count(*) FROM event), (SELECT count(*) FROM orphan)
    """)

  /// How many rows of each kind stand in the books.
  private static func rows(_ store: any BookStore) async throws -> [Retention.Kind: Int] {
    let counts = try await store.read("counting") { reader in
      try reader.db.first(rows, []) { row in try (0..<6).map { Int(try row.number($0)) } } ?? []
    }
    return Dictionary(uniqueKeysWithValues: zip(Retention.Kind.allCases, counts))
  }

  /// A message with its answer, a key with its request, and an orphan, all of one time.
  private func happen(_ store: any BookStore, _ name: String, at time: Timestamp, link: PaymentLink) async throws {
    let report = MessageRecord(
      at: time, merchant: Sample.shop, source: .result, paymentID: Sample.payment(77), order: link.order, link: link.id, reading: .applied,
      verdict: .accept, isRemembered: true, evidence: Evidence(message: "{}", digest: "digest \(name)"))
    let reference = IdempotencyReference(caller: "shop", key: name, fingerprint: "f")
    try await store.perform(
      Work(Scope(merchant: Sample.shop, link: link.id)) { _ in
        var changes = Changes()
        changes.message = report
        changes.idempotency = IdempotencyRecord(reference: reference, at: time, link: link.id)
        return Decision((), changes)
      })
  }

  private func orphan(_ store: any BookStore, _ number: Int64, _ status: PaymentStatus, at time: Timestamp) async throws {
    let orphan = Orphan(
      merchant: Sample.shop, payment: Sample.payment(number), order: nil, status: status, amount: Sample.money(5), firstAt: time,
      lastAt: time, messages: 1)
    try await store.perform(
      Work(Scope(merchant: Sample.shop)) { _ in
        var changes = Changes()
        changes.orphan = orphan
        return Decision((), changes)
      })
  }

  @discardableResult
  private func event(_ store: any BookStore, _ order: String, _ status: LinkStatus = .completed, at time: Timestamp = Sample.start)
    async throws -> (link: PaymentLink, event: Event)
  {
    let link = Sample.link(order, at: time, status: status)
    let event = Event(kind: .linkActive, at: time, merchant: link.merchant, link: link)
    try await store.insert(link, events: [event])
    return (link, event)
  }

  @Test("takes away what is past its time and nothing else, and says how much", arguments: Engine.all)
  func ages(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = try await event(store, "old").link
      try await event(store, "young", at: Self.now)
      for number in 0..<3 {
        try await happen(store, "old-\(number)", at: Sample.at(number), link: link)
        try await orphan(store, Int64(100 + number), .failed, at: Sample.at(number))
      }
      try await happen(store, "young", at: Self.now, link: link)
      try await orphan(store, 200, .failed, at: Self.now)
      let expected: [Retention.Kind: Int] = [.messages: 3, .attempts: 0, .answers: 3, .idempotencyKeys: 3, .events: 1, .orphans: 3]

      #expect(Self.counts(try await store.prunable(Retention(), at: Self.now)) == expected)
      #expect(try await Self.rows(store) == [.messages: 4, .attempts: 0, .answers: 4, .idempotencyKeys: 4, .events: 2, .orphans: 4])
      let pruned = try await store.prune(Retention(), at: Self.now)
      #expect(Self.counts(pruned) == expected)
      #expect(pruned.allSatisfy { !$0.hasMore })
      #expect(try await Self.rows(store) == [.messages: 1, .attempts: 0, .answers: 1, .idempotencyKeys: 1, .events: 1, .orphans: 1])
      #expect(Self.counts(try await store.prune(Retention(), at: Self.now)).values.allSatisfy { $0 == 0 })
      #expect(try await store.link(link.id) == link)
    }
  }

  @Test("draws each kind's line where the settings say, to the millisecond", arguments: Engine.all)
  func lines(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = try await event(store, "A").link
      var retention = Retention()
      for kind in Retention.Kind.allCases { retention[kind] = nil }
      retention[.idempotencyKeys] = .days(10)
      try await happen(store, "kept", at: Self.now - .days(10), link: link)
      try await happen(store, "gone", at: Self.now - .days(10) - .milliseconds(1), link: link)
      let pruned = try await store.prune(retention, at: Self.now)
      #expect(Self.counts(pruned)[.idempotencyKeys] == 1)
      #expect(pruned.filter { $0.before == nil }.count == 5)
      #expect(try await Self.rows(store) == [.messages: 2, .attempts: 0, .answers: 2, .idempotencyKeys: 1, .events: 1, .orphans: 0])
    }
  }

  @Test("keeps events and keys of what has no end yet, and orphans with money that nobody adopted", arguments: Engine.all)
  func needed(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let creating = try await event(store, "creating", .creating).link
      try await event(store, "review", .review)
      let watched = try await event(store, "watched").link
      try await store.change(watched) { $0.nextLookAt = Self.now }
      let asked = try await event(store, "asked").link
      try await store.change(asked) { link in
        link.payments = [Sample.attempt(.paid, number: 5, amount: 9, captured: 9)]
        link.operations = [Sample.operation(4, status: .unknown)]
      }
      try await event(store, "ended")
      try await happen(store, "creating", at: Sample.start, link: creating)
      try await orphan(store, 300, .paid, at: Sample.start)
      try await orphan(store, 5, .paid, at: Sample.start)
      #expect(Self.counts(try await store.prunable(Retention(), at: Self.now))[.events] == 1)
      let pruned = Self.counts(try await store.prune(Retention(), at: Self.now))
      #expect(pruned[.events] == 1)
      #expect(pruned[.idempotencyKeys] == 0)
      // Payment 5 is under a link: adopted.
      #expect(pruned[.orphans] == 1)
      #expect(try await store.orphan(Sample.payment(300), of: Sample.shop) != nil)
      #expect(try await store.events(of: creating.id).count == 1)
    }
  }

  @Test("keeps an event until every endpoint was told of it, with what was tried before", arguments: Engine.all)
  func undelivered(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      try await event(store, "A")
      try await event(store, "B")
      // Not even looked at.
      #expect(Self.counts(try await store.prune(Retention(), at: Self.now))[.events] == 0)
      let taken = try await store.take(for: Self.crm, under: Self.ours, at: Sample.start, limit: 8)
      #expect(taken.count == 2)
      #expect(Self.counts(try await store.prune(Retention(), at: Self.now))[.events] == 0)
      let attempt = DeliveryAttempt(at: Self.now, duration: .milliseconds(1), end: .answered(status: 200))
      _ = try await store.record(
        DeliveryRecord(
          endpoint: Self.crm.name, place: taken[0].place, attempt: attempt, next: .delivered, at: Self.now, holder: Self.ours.holder))
      #expect(Self.counts(try await store.prune(Retention(), at: Self.now))[.events] == 1)
      #expect(try await Self.rows(store)[.attempts] == 0)
      let left = try await store.deliveries(DeliveryQuery(merchants: [Sample.shop]))
      #expect(left.deliveries.map(\.event.id) == [taken[1].event.id])
      // Places are never given again.
      let page = try await store.feed(FeedQuery(merchants: [Sample.shop]))
      let next = try await event(store, "C").event
      #expect(try await store.feed(FeedQuery(merchants: [Sample.shop], after: page.last)).events.map(\.id) == [next.id])
    }
  }

  @Test("goes in batches, ends a run at its bound, and goes on in the next", arguments: [1, 3])
  func batches(_ bound: Int) async throws {
    var limits = StorageLimits()
    limits.pruneBatch = 4
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), limits: limits, logger: .quiet)
      let link = try await event(store, "A", .active).link
      for number in 0..<20 {
        try await happen(store, "\(number)", at: Sample.at(number), link: link)
        try await event(store, "E\(number)")
      }
      let commits = store.commits
      let first = try await store.prune(Retention(), at: Self.now, batches: bound)
      #expect(Self.counts(first)[.messages] == 4 * bound)
      // The first event is of a link that is offered: it stays, and takes a place in the walk.
      #expect(Self.counts(first)[.events] == 4 * bound - 1)
      #expect(first.filter(\.hasMore).count == 4)
      #expect(store.commits - commits >= 4 * bound)
      let rest = try await store.prune(Retention(), at: Self.now)
      #expect(Self.counts(rest)[.messages] == 20 - 4 * bound)
      #expect(Self.counts(rest)[.events] == 21 - 4 * bound)
      #expect(Self.counts(try await store.prune(Retention(), at: Self.now, while: { false })).values.allSatisfy { $0 == 0 })
      await store.close()
    }
  }
}
