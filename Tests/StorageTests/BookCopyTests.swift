import Foundation
import GRDB
import Payments
import PostgresTesting
import Testing

@testable import Storage

/// `paylink migrate --copy`: the books of one database in another, of either engine.
@Suite("Copying books", .serialized) struct BookCopyTests {
  @Test("knows every table of the schema, on both engines")
  func tables() async throws {
    let wanted = Set(CopiedTable.all.map(\.name)).union(CopiedTable.own)
    try await withStore { store in
      let standing = try await store.pool.read { db in
        try String.fetchSet(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
      }
      #expect(standing == wanted.subtracting(["feed_end"]))
    }
    try await PostgresCluster.shared.get().withStore { store, location in
      let text = try await PostgresCluster.shared.get().sql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
        in: location.name)
      #expect(Set(text.split(separator: "\n").map(String.init)) == wanted.subtracting(["grdb_migrations"]))
    }
  }

  @Test("copies every row of every table to PostgreSQL and back, and leaves places in the feed as they were")
  func thereAndBack() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await TemporaryFolder.with { folder in
      let link = try await Self.fill(folder.file("a.db"))
      let before = try Self.rows(folder.file("a.db"))
      for table in CopiedTable.all { #expect(before[table.name]?.isEmpty == false, "\(table.name) is not tried") }

      let location = try cluster.database()
      let there = try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(location, password: nil))
      #expect(there.sums.counts.map(\.rows) == CopiedTable.all.map { Int64(before[$0.name]?.count ?? 0) })
      #expect(there.sums.sums.contains { $0.description.hasPrefix("payments of main in UZS, paid: ") })

      // The feed goes on behind the last place that was ever given, and numbers do not meet.
      let store = try PostgresStore.open(location, password: nil, logger: .quiet)
      let seen = try await store.feed(FeedQuery(merchants: [Sample.shop, Sample.merchant("shop-2")], limit: 100))
      #expect(seen.last == before["event"]?.compactMap { Int64($0["feed"] ?? "") }.max())
      let later = Sample.link("later")
      try await store.insert(later, events: [Sample.active(later)])
      await store.settled()
      #expect(try await store.feed(FeedQuery(merchants: [Sample.shop], after: seen.last)).events.map(\.link?.id) == [later.id])
      #expect(try await store.feed(FeedQuery(merchants: [Sample.shop], after: seen.last)).last > Self.lostPlace)
      // A change is an insert that meets its row, and takes a number of the engine's each time.
      for _ in 0..<3 {
        try await store.change(link) {
          $0.openings += 1
          $0.operations[0].looks += 1
        }
      }
      await store.close()

      let back = try BookCopy.run(from: .postgres(location, password: nil), to: Self.file(folder.file("b.db")))
      #expect(back.sums.counts.first?.rows == there.sums.counts.first.map { $0.rows + 1 })
      let after = try Self.rows(folder.file("b.db"))
      for table in CopiedTable.all {
        let ours = after[table.name]?.filter { $0["id"] != later.id.text && $0["link"] != later.id.text }
        let theirs = before[table.name]?.map { row in
          var row = row
          if table.name == "link", row["id"] == link.id.text { row["openings"] = "\(link.openings + 3)" }
          if table.name == "operation", row["link"] == link.id.text { row["looks"] = "\(link.operations[0].looks + 3)" }
          return row
        }
        #expect(ours == theirs, "\(table.name)")
      }
      let again = try SQLiteStore.open(path: folder.file("b.db"), logger: .quiet)
      let last = Sample.link("last")
      try await again.insert(last, events: [Sample.active(last)])
      #expect(try await again.feed(FeedQuery(merchants: [Sample.shop], after: seen.last)).events.map(\.link?.id) == [later.id, last.id])
      await again.close()
    }
  }

  @Test("may count and wait as long as it takes, on both sides")
  func unhurried() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await TemporaryFolder.with { folder in
      _ = try await Self.fill(folder.file("a.db"))
      let bounds = SQLStatement("SELECT current_setting('statement_timeout') || current_setting('idle_in_transaction_session_timeout')")
      let location = try cluster.database()
      var settings: [String] = []
      _ = try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(location, password: nil)) { target in
        settings += try target.all(bounds, []) { try $0.string(0) }
      }
      #expect(settings == ["00"])
    }
  }

  @Test("copies nothing where a gateway came to the source, or to the target, before the commit")
  func meanwhile() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await TemporaryFolder.with { folder in
      _ = try await Self.fill(folder.file("a.db"))
      let location = try cluster.database()
      var gateway: PostgresConnection?
      let comes = { (_: any SQLConnection) in gateway = try cluster.connection(location) }
      let there = { try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(location, password: nil), spoil: $0) }
      #expect(throws: BookCopy.Failure.self) { try there(comes) }
      gateway = nil
      _ = try there { _ in }
      let back = { try BookCopy.run(from: .postgres(location, password: nil), to: Self.file(folder.file("b.db")), spoil: $0) }
      let failure = #expect(throws: BookCopy.Failure.self) { try back(comes) }
      #expect(failure?.code == .taken)
      withExtendedLifetime(gateway) {}
      gateway = nil
      _ = try back { _ in }
    }
  }

  struct Spoiled: Sendable, CustomTestStringConvertible {
    let statement: String
    let says: String

    var testDescription: String { statement }
  }

  @Test(
    "refuses a copy that is not the same, says what is not, and leaves the target empty",
    arguments: [
      Spoiled(statement: "DELETE FROM attempt", says: "table attempt has 1 rows there and 0 in the copy"),
      Spoiled(
        statement: "UPDATE payment SET captured = captured - 1 WHERE captured > refunded + refunding",
        says: "payments of main in UZS, paid"),
      Spoiled(statement: "UPDATE payment SET status = 'failed' WHERE status = 'pending'", says: "payments of"),
      Spoiled(statement: "UPDATE feed_end SET last = 1", says: "the numbers of table event"),
    ])
  func different(_ spoiled: Spoiled) async throws {
    let cluster = try PostgresCluster.shared.get()
    try await TemporaryFolder.with { folder in
      _ = try await Self.fill(folder.file("a.db"))
      let location = try cluster.database()
      let failure = #expect(throws: BookCopy.Failure.self) {
        try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(location, password: nil)) { target in
          try target.run(SQLStatement(spoiled.statement), [])
        }
      }
      #expect(failure?.code == .different)
      #expect(failure?.detail.contains(spoiled.says) == true, "\(failure?.detail ?? "-")")
      // So it can be copied again.
      _ = try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(location, password: nil))
    }
  }

  @Test("refuses a target that holds anything, and a source of another version, and changes neither")
  func unfit() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await TemporaryFolder.with { folder in
      _ = try await Self.fill(folder.file("a.db"))
      let location = try cluster.database()
      let store = try PostgresStore.open(location, password: nil, logger: .quiet)
      try await store.insert(Sample.link("theirs"))
      let busy = #expect(throws: BookCopy.Failure.self) {
        try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(location, password: nil))
      }
      #expect(busy?.code == .taken)
      await store.close()
      let full = #expect(throws: BookCopy.Failure.self) {
        try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(location, password: nil))
      }
      #expect(full?.code == .unfit)
      #expect(full?.detail.contains("link") == true)
      #expect(try await cluster.sql("SELECT count(*) FROM link", in: location.name) == "1")

      try await DatabaseQueue(path: folder.file("a.db")).write { db in
        try db.execute(sql: "UPDATE paylink_schema SET version = version - 1")
      }
      let old = #expect(throws: BookCopy.Failure.self) {
        try BookCopy.run(from: Self.file(folder.file("a.db")), to: .postgres(cluster.database(), password: nil))
      }
      #expect(old?.code == .unfit)
      #expect(old?.detail.contains("run paylink migrate") == true)
      let missing = #expect(throws: BookCopy.Failure.self) {
        try BookCopy.run(from: Self.file(folder.file("nothing.db")), to: .postgres(cluster.database(), password: nil))
      }
      #expect(missing?.code == .unavailable)
      #expect(!FileManager.default.fileExists(atPath: folder.file("nothing.db")))
    }
  }

  private static func file(_ path: String) throws -> CopyEnd { .sqlite(path: path, lock: try DatabaseLock(beside: path)) }

  /// A place in the feed that was given, and whose event is gone.
  private static let lostPlace: Int64 = 5000

  /// Rows of every kind, more than one page of links.
  /// - Returns: one of the links.
  private static func fill(_ path: String) async throws -> PaymentLink {
    let store = try SQLiteStore.open(path: path, logger: .quiet)
    let endpoint = OutboxTests.endpoint("crm")
    try await store.register([endpoint], at: Sample.start)
    let full = Sample.full
    try await store.insert(full, events: [Sample.active(full)])
    let paid = Sample.attempt(.paid, number: 5, amount: 900, captured: 900)
    let link = Sample.link("A", payments: [paid], operations: [Sample.operation(100)])
    try await store.insert(link, events: [Sample.active(link)])
    for number in 0..<1200 { try await store.insert(Sample.link("N\(number)", payments: [Sample.attempt()])) }
    let reference = IdempotencyReference(caller: "shop", key: "k", fingerprint: "f")
    let record = MessageRecord(
      at: Sample.start, merchant: Sample.shop, source: .result, paymentID: Sample.payment(1), order: nil, link: nil, reading: .orphan,
      verdict: .accept, isRemembered: true, evidence: Evidence(message: "{}", digest: "d"))
    try await store.perform(
      Work(Scope(merchant: Sample.shop)) { _ in
        var changes = Changes()
        changes.idempotency = IdempotencyRecord(reference: reference, at: Sample.start, link: link.id)
        changes.message = record
        changes.orphan = Orphan(
          merchant: Sample.shop, payment: Sample.payment(77), order: nil, status: .paid, amount: Sample.money(50), firstAt: Sample.start,
          lastAt: Sample.start, messages: 1)
        return Decision((), changes)
      })
    let terms = LeaseTerms(holder: "ours")
    let delivery = try #require(try await store.take(for: endpoint, under: terms, at: Sample.start, limit: 1).first)
    let attempt = DeliveryAttempt(at: Sample.start, duration: .milliseconds(12), end: .answered(status: 200))
    _ = try await store.record(
      DeliveryRecord(
        endpoint: delivery.endpoint, place: delivery.place, attempt: attempt, next: .delivered, at: Sample.start,
        holder: terms.holder))
    try await store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "UPDATE sqlite_sequence SET seq = \(lostPlace) WHERE name = 'event'")
    }
    await store.close()
    return link
  }

  /// All rows by table, each as texts by column.
  private static func rows(_ path: String) throws -> [String: [[String: String]]] {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.read { db in
      var all: [String: [[String: String]]] = [:]
      for table in CopiedTable.all {
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(table.name) ORDER BY \(table.key.joined(separator: ", "))")
        all[table.name] = rows.map { row in
          Dictionary(uniqueKeysWithValues: row.map { ($0, String.fromDatabaseValue($1) ?? "\($1)") })
        }
      }
      return all
    }
  }
}
