import Payments
import PostgresTesting
import Synchronization
import Testing

@testable import Storage

/// What only PostgreSQL does: several stores on one database, and a server that goes and comes back.
@Suite("PostgreSQL", .serialized) struct PostgresTests {
  @Test("lets one of two instances win an order, a key and a digest, and loses no change of either")
  func twoInstances() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { first, location in
      let second = try PostgresStore.open(location, password: nil, logger: .quiet)
      let shared = Sample.link("shared")
      try await first.insert(shared)
      let reserved = Counter()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          let store = number % 2 == 0 ? first : second
          group.addTask {
            try await store.change(shared) { $0.openings += 1 }
            let reference = IdempotencyReference(caller: "c", key: "K\(number / 4)", fingerprint: "f")
            let link = Sample.link("O\(number)")
            try await store.perform(
              Work(Scope(merchant: Sample.shop, order: link.order, idempotency: reference)) { snapshot in
                guard snapshot.idempotency == nil else { return Decision((), Changes()) }
                var changes = Changes()
                changes.inserted = link
                changes.idempotency = IdempotencyRecord(reference: reference, at: Sample.start, link: link.id)
                return Decision((), changes)
              })
          }
        }
        try await group.waitForAll()
      }
      reserved.add(try await first.links(LinkQuery(merchants: [Sample.shop], limit: 100)).links.count - 1)
      // A key's four creates made one link; forty changes of one link all stand.
      #expect(reserved.value == 10)
      #expect(try await second.link(shared.id)?.openings == 41)
      await second.close()
    }
  }

  @Test("refuses while the server is down, keeps what it acknowledged over a crash, and comes back by itself")
  func crash() async throws {
    let cluster = try PostgresCluster()
    try await cluster.withStore { store, _ in
      let link = Sample.link("A")
      try await store.insert(link)
      try await cluster.order("immediate")
      let error = await #expect(throws: StoreError.self) { try await store.insert(Sample.link("B")) }
      #expect(error?.code == .unavailable)
      #expect(await !store.health())
      await #expect(throws: StoreError.self) { _ = try await store.link(link.id) }
      try await cluster.order("start")
      let deadline = ContinuousClock.now + .seconds(20)
      while await !store.health() {
        try #require(ContinuousClock.now < deadline, "it does not come back")
        try await Task.sleep(for: .milliseconds(20))
      }
      try await store.insert(Sample.link("B"))
      #expect(try await store.link(link.id) == link)
    }
  }

  @Test("is there before its server is, and well when it comes; a database that does not exist is refused at once")
  func downAtStart() async throws {
    let cluster = try PostgresCluster()
    let location = try cluster.database()
    try await cluster.order("fast")
    let store = try PostgresStore.open(location, password: nil, logger: .quiet)
    #expect(await !store.health())
    try await cluster.order("start")
    let deadline = ContinuousClock.now + .seconds(20)
    while await !store.health() {
      try #require(ContinuousClock.now < deadline, "it does not come")
      try await Task.sleep(for: .milliseconds(20))
    }
    await store.close()
    let error = #expect(throws: StoreError.self) { try PostgresStore.open(cluster.location("nowhere"), password: nil, logger: .quiet) }
    #expect(error?.detail.contains("nowhere") == true)
  }

  @Test("goes on when its connections are cut between two requests")
  func cut() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      try await store.insert(Sample.link("A"))
      let beside = try cluster.connection(location)
      try beside.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
      try await store.insert(Sample.link("B"))
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop])).links.count == 2)
    }
  }

  @Test("goes on writing and reading while a newer program brings the books to its version beside it")
  func sideBySide() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { older, location in
      let shared = Sample.link("shared", payments: [Sample.attempt(.pending, number: 5)])
      try await older.insert(shared)
      let isDone = Flagged()
      let work = Task {
        var number = 0
        // Statements are prepared by now; at least fifty more of them run on the new shape.
        while true {
          let last = isDone.isSet
          for _ in 0..<10 {
            number += 1
            try await older.insert(Sample.link("O\(number)", metadata: ["k": "v"]), events: [])
            try await older.change(shared) { $0.openings += 1 }
            _ = try await older.links(LinkQuery(merchants: [Sample.shop]))
          }
          if last { return number }
        }
      }
      let newer = try cluster.connection(location)
      try newer.execute("BEGIN")
      try newer.execute("ALTER TABLE link ADD COLUMN later TEXT")
      try newer.execute("ALTER TABLE payment ADD COLUMN later BIGINT NOT NULL DEFAULT 7")
      try newer.execute("CREATE TABLE newer (x TEXT)")
      try newer.execute("UPDATE paylink_schema SET version = \(Schema.version + 1)")
      try newer.execute("COMMIT")
      try newer.execute("UPDATE link SET later = 'kept'")
      isDone.set()
      let written = try await work.value
      #expect(try await older.link(shared.id)?.openings == written + 1)
      // An older program that starts only now, too.
      let another = try PostgresStore.open(location, password: nil, logger: .quiet)
      try await another.change(shared) { $0.openings = 1 }
      await another.close()
      #expect(try await cluster.sql("SELECT openings, later FROM link WHERE order_id = 'shared'", in: location.name) == "1|kept")
    }
  }

  @Test("refuses books of a newer program, unless that left them readable to this one")
  func newer() async throws {
    let cluster = try PostgresCluster.shared.get()
    let location = try cluster.database()
    #expect(try #require(try PostgresStore.migrate(location, password: nil)) == (0, Schema.version))
    #expect(try #require(try PostgresStore.migrate(location, password: nil)) == (Schema.version, Schema.version))
    let beside = try cluster.connection(location)
    try beside.execute("ALTER TABLE link ADD COLUMN later TEXT")
    try beside.execute("UPDATE paylink_schema SET version = \(Schema.version + 1)")
    let store = try PostgresStore.open(location, password: nil, logger: .quiet)
    let link = Sample.link("A")
    try await store.insert(link)
    try await store.change(link) { $0.sequence += 1 }
    #expect(try await store.link(link.id)?.sequence == 2)
    await store.close()
    try beside.execute("UPDATE paylink_schema SET readable_from = \(Schema.version + 1)")
    let error = #expect(throws: StoreError.self) { try PostgresStore.open(location, password: nil, logger: .quiet) }
    #expect(error?.detail.contains("newer version") == true)
  }
}

/// Set once.
private final class Flagged: Sendable {
  private let value = Atomic<Bool>(false)

  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
