import GRDB
import Payments
import Testing

@testable import Storage

/// Orphans, and the oldest of what is not finished.
@Suite("Open business") struct OpenBusinessTests {
  private func note(
    _ number: Int64, _ merchant: MerchantName = Sample.shop, order: String? = "A1", amount: Int64? = 100, status: PaymentStatus = .paid,
    at seconds: Int, in store: any Store
  ) async throws {
    let orphan = Orphan(
      merchant: merchant, payment: Sample.payment(number), order: order.map(Sample.order), status: status, amount: amount.map(Sample.money),
      firstAt: Sample.at(seconds), lastAt: Sample.at(seconds), messages: 1)
    try await store.perform(
      Work(Scope(merchant: merchant)) { _ in
        var changes = Changes()
        changes.orphan = orphan
        return Decision((), changes)
      })
  }

  @Test("an orphan's messages are counted, the newest counts, and what it does not say stays", arguments: Engine.all)
  func counted(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await note(7, status: .pending, at: 1, in: store)
      try await note(7, order: nil, amount: nil, status: .paid, at: 2, in: store)
      let orphan = try #require(try await store.orphan(Sample.payment(7), of: Sample.shop))
      #expect(orphan.messages == 2)
      #expect(orphan.firstAt == Sample.at(1))
      #expect(orphan.lastAt == Sample.at(2))
      #expect(orphan.order == Sample.order("A1"))
      #expect(orphan.amount == Sample.money(100))
      #expect(orphan.status == .paid)
    }
  }

  @Test("orphans are confined to merchants, paged by number, and gone once a link has the payment", arguments: Engine.all)
  func listed(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let other = Sample.merchant("other")
      for number in 1...5 { try await note(Int64(number), at: number, in: store) }
      try await note(9, other, at: 9, in: store)
      try await store.insert(Sample.link("A1", payments: [Sample.attempt(number: 3)]))
      let first = try await store.orphans(OrphanQuery(merchants: [Sample.shop], limit: 3))
      #expect(first.orphans.map(\.payment.number) == [5, 4, 2])
      #expect(first.hasMore)
      let rest = try await store.orphans(OrphanQuery(merchants: [Sample.shop], limit: 3, before: Sample.payment(2)))
      #expect(rest.orphans.map(\.payment.number) == [1])
      #expect(!rest.hasMore)
      #expect(try await store.orphans(OrphanQuery(merchants: [Sample.shop, other])).orphans.map(\.payment.number) == [9, 5, 4, 2, 1])
      #expect(try await store.orphan(Sample.payment(3), of: Sample.shop) == nil)
      #expect(try await store.orphan(Sample.payment(9), of: Sample.shop) == nil)
      // Another merchant's payment of the same number adopts nothing.
      try await store.insert(Sample.link("B1", merchant: other, payments: [Sample.attempt(number: 5)]))
      #expect(try await store.orphan(Sample.payment(5), of: Sample.shop) != nil)
    }
  }

  @Test("the oldest of each status is told, and nothing where there is none", arguments: Engine.all)
  func oldest(_ engine: Engine) async throws {
    try await engine.withStore { store in
      #expect(try await store.oldest().allSatisfy { $0.since == nil })
      #expect(try await store.oldest().count == Unfinished.watched.count)
      var unknown = Sample.attempt(.unknown, number: 1)
      unknown.changedAt = Sample.at(40)
      var held = Sample.attempt(.authorized, ordinal: 2, number: 2, amount: 100)
      held.changedAt = Sample.at(50)
      try await store.insert(Sample.link("A", at: Sample.at(10), status: .review, payments: [unknown, held]))
      try await store.insert(Sample.link("B", at: Sample.at(20), status: .review))
      try await store.insert(
        Sample.link(
          "C", at: Sample.at(30), status: .completed, payments: [Sample.attempt(.paid, number: 3, amount: 100, captured: 100)],
          operations: [Sample.operation(10, status: .sent)]))
      let told = Dictionary(uniqueKeysWithValues: try await store.oldest().map { ("\($0.kind) \($0.status)", $0.since) })
      #expect(told["link review"] == Sample.at(10))
      #expect(told["link creating"] == .some(nil))
      #expect(told["payment unknown"] == Sample.at(40))
      #expect(told["payment authorized"] == Sample.at(50))
      #expect(told["operation sent"] == Sample.start)
    }
  }

  @Test("books of version 1 are brought along: what was an orphan's message is an orphan now")
  func fromVersion1() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let old = try DatabaseQueue(path: path)
      try await old.write { db in
        try db.execute(sql: Schema.version1(.sqlite))
        try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
        try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY); INSERT INTO grdb_migrations VALUES ('1')")
        for (payment, reading, at) in [(7, "orphan", 10), (7, "repeated", 15), (7, "orphan", 20), (8, "applied", 30)] {
          try db.execute(
            sql: """
              INSERT INTO message (at, merchant, source, payment, order_id, reading, is_remembered, digest, message)
              VALUES (?, 'main', 'result', ?, 'A1', ?, 0, 'd', '{}')
              """, arguments: [at, payment, reading])
        }
      }
      try old.close()
      #expect(try SQLiteStore.migrate(path: path) == .init(from: 1, to: Schema.version))
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      let orphans = try await store.orphans(OrphanQuery(merchants: [Sample.shop])).orphans
      #expect(orphans.map(\.payment.number) == [7])
      #expect(orphans.first?.messages == 2)
      #expect(orphans.first?.lastAt.milliseconds == 20)
      await store.close()
    }
  }
}
