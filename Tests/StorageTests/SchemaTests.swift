import FoundationEssentials
import GRDB
import Logging
import Payments
import Synchronization
import Testing

@testable import Storage

@Suite("Schema") struct SchemaTests {
  @Test("brings a new file to this version once")
  func migrates() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      #expect(try SQLiteStore.migrate(path: path) == .init(from: 0, to: Schema.version))
      #expect(try SQLiteStore.migrate(path: path) == .init(from: Schema.version, to: Schema.version))
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      #expect(await store.health())
      await store.close()
    }
  }

  @Test("refuses a file that a newer program wrote, and changes nothing in it")
  func newer() async throws {
    // One that says nothing more, and one that says who may still read it.
    for word in ["DROP TABLE paylink_schema", "UPDATE paylink_schema SET version = version + 1, readable_from = version + 1"] {
      try await refused(detail: "newer version of this program (it is at version \(Schema.version + 1), this one knows version") { db in
        try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('999'); \(word)")
      }
    }
  }

  @Test("works on what a newer program left readable to it, and leaves its version as it is")
  func readable() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let link = Sample.link("A")
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      try await store.insert(link)
      await store.close()
      let newer = try DatabaseQueue(path: path)
      try await newer.writeWithoutTransaction { db in
        try db.execute(
          sql: """
            ALTER TABLE link ADD COLUMN later TEXT; UPDATE link SET later = 'kept';
            INSERT INTO grdb_migrations (identifier) VALUES ('999'); UPDATE paylink_schema SET version = version + 1
            """)
      }
      try newer.close()
      for _ in 0..<2 {
        let store = try SQLiteStore.open(path: path, logger: .quiet)
        try await store.change(link) { $0.openings += 1 }
        try await store.insert(Sample.link("B\(LinkID(at: Sample.start).text.suffix(6))"))
        await store.close()
      }
      #expect(try SQLiteStore.migrate(path: path) == .init(from: Schema.version + 1, to: Schema.version + 1))
      let row = try DatabaseQueue(path: path).read { db in
        try Row.fetchOne(db, sql: "SELECT openings, later, (SELECT count(*) FROM link) AS links FROM link WHERE later IS NOT NULL")
      }
      #expect(row == ["openings": 3, "later": "kept", "links": 3])
    }
  }

  @Test("writes rows without a table for every list of statuses, in a file of before too, and judges them as it did")
  func statusLists() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let before = try DatabaseQueue(path: path)
      try await before.writeWithoutTransaction { db in
        for version in Schema.versions.dropLast() { try db.execute(sql: version.sql(.sqlite)) }
        try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
        try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        for version in Schema.versions.dropLast() {
          try db.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [version.name])
        }
      }
      #expect(try await before.read { try Self.tablesMade(LinkStatements.update, $0) } == 3)
      try before.close()
      #expect(try SQLiteStore.migrate(path: path) == .init(from: Schema.version - 1, to: Schema.version))

      let store = try SQLiteStore.open(path: path, logger: .quiet)
      let link = Sample.link("A", payments: [Sample.attempt(.pending, number: 5)])
      try await store.insert(link)
      try await store.pool.writeWithoutTransaction { db in
        #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
        // What is left stands behind the words that fit, for a link that is not open.
        #expect(
          try [LinkStatements.insert, LinkStatements.update, LinkStatements.savePayment].map { try Self.tablesMade($0, db) } == [1, 2, 0])
        for table in ["link", "payment"] {
          #expect(throws: DatabaseError.self) { try db.execute(sql: "UPDATE \(table) SET status = 'other'") }
        }
        for status in LinkStatus.allCases {
          try db.execute(sql: "UPDATE link SET status = ?", arguments: [status.rawValue])
          let isOpen = [.creating, .active, .review].contains(status)
          let found = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM link INDEXED BY link_open WHERE status = ? AND status IN ('creating', 'active', 'review')",
            arguments: [status.rawValue])
          #expect(found == (isOpen ? 1 : 0))
        }
        for status in PaymentStatus.allCases { try db.execute(sql: "UPDATE payment SET status = ?", arguments: [status.rawValue]) }
        #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
      }
      await store.close()
    }
  }

  /// How many tables of its own a statement may build.
  private static func tablesMade(_ statement: SQLStatement, _ db: Database) throws -> Int {
    try Row.fetchAll(
      db, sql: "EXPLAIN \(statement.text(.sqlite))", arguments: StatementArguments(statement.parameters.map { _ in Int?.none })
    ).filter { $0["opcode"] == "OpenEphemeral" }.count
  }

  @Test("says who may read a file that an older program made, once it is opened")
  func readableNoted() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      _ = try SQLiteStore.migrate(path: path)
      try await DatabaseQueue(path: path).writeWithoutTransaction { db in try db.execute(sql: "DROP TABLE paylink_schema") }
      #expect(try SQLiteStore.migrate(path: path) == .init(from: Schema.version, to: Schema.version))
      let noted = try DatabaseQueue(path: path).read { db in
        try Row.fetchOne(db, sql: "SELECT version, readable_from FROM paylink_schema")
      }
      #expect(noted == ["version": Schema.version, "readable_from": Schema.readableFrom])
    }
  }

  @Test("refuses a file of another program")
  func foreign() async throws {
    try await refused(detail: "another program") { db in try db.execute(sql: "PRAGMA application_id = 7") }
    try await refused(detail: "another program", made: false) { db in try db.execute(sql: "CREATE TABLE theirs (x)") }
  }

  @Test(
    "names the row that cannot be read, and nothing of its content",
    arguments: [
      ("UPDATE link SET terms = '{\"secret\": 1}'", "terms"),
      ("UPDATE link SET status = 'secret'", "status"),
      ("UPDATE link SET merchant = 'SECRET'", "merchant"),
      ("UPDATE link SET order_id = 'secret secret'", "order_id"),
      ("UPDATE link SET client_token = 'secret'", "client_token"),
      ("UPDATE payment SET captured = 999999", "captured"),
      ("UPDATE payment SET refunded = 999999", "refunded"),
      ("UPDATE payment SET amount = -5", "amount"),
      ("UPDATE payment SET currency = 'SECRET'", "currency"),
      ("UPDATE payment SET flags = 4096", "flags"),
      ("UPDATE payment SET number = -5", "number"),
      ("UPDATE payment SET status = 'secret'", "status"),
      ("UPDATE operation SET options = '{\"secret\": 1}'", "options"),
      ("UPDATE operation SET status = 'secret'", "status"),
      ("UPDATE operation SET baseline = '[-1]'", "baseline"),
      ("UPDATE operation SET reference = -5", "reference"),
      ("UPDATE operation SET failure_code = 'secret'", "failure_message"),
      ("DROP TRIGGER operation_fixed; UPDATE operation SET amount = 0", "amount"),
      ("DROP TRIGGER operation_fixed; UPDATE operation SET amount = -1", "amount"),
      ("DROP TRIGGER operation_fixed; UPDATE operation SET currency = 'SECRET'", "currency"),
      ("DROP TRIGGER operation_fixed; UPDATE operation SET kind = 'secret'", "kind"),
      ("DROP TRIGGER operation_fixed; UPDATE operation SET origin = 'secret'", "origin"),
      ("DROP TRIGGER operation_fixed; UPDATE operation SET id = '" + String(repeating: "S", count: 29) + "'", "id"),
      ("DROP TRIGGER operation_fixed; UPDATE operation SET ordinal = 2", "ordinal"),
    ])
  func corrupt(_ statement: String, _ column: String) async throws {
    try await withStore { store in
      let link = Sample.link("A", payments: [Sample.attempt(.paid, number: 5, amount: 9, captured: 9)], operations: [Sample.operation(1)])
      let neighbour = Sample.link("B")
      try await store.insert(link)
      try await store.insert(neighbour)
      try await store.pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
        try db.execute(sql: "\(statement) WHERE \(statement.contains("UPDATE link") ? "id" : "link") = ?", arguments: [link.id.text])
      }
      let read = await #expect(throws: StoreError.self) { try await store.link(link.id) }
      #expect(read?.code == .corrupt)
      #expect(read?.detail.contains(link.id.text) == true)
      #expect(read?.detail.contains(column) == true)
      #expect(read?.detail.lowercased().contains("secret") == false)
      // A unit that reads it fails alone.
      let unit = await #expect(throws: StoreError.self) { try await store.change(link) { $0.sequence += 1 } }
      #expect(unit?.code == .corrupt)
      #expect(try await store.change(neighbour) { $0.sequence += 1 } != nil)
    }
  }

  @Test("says loudly what cannot be read among what is due, and hands on the rest", arguments: ["link", "payment"])
  func corruptAmongDue(_ table: String) async throws {
    let log = LoudLines()
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: Logger(label: "test") { _ in log })
      let bad = Sample.link("A", expires: Sample.at(0), payments: [Sample.attempt(.pending, number: 5)], look: Sample.at(0))
      let good = Sample.link("B", expires: Sample.at(1), look: Sample.at(1))
      try await store.insert(bad)
      try await store.insert(good)
      try await store.pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
        try db.execute(
          sql: table == "link" ? "UPDATE link SET terms = '{' WHERE id = ?" : "UPDATE payment SET status = '?' WHERE link = ?",
          arguments: [bad.id.text])
      }
      let until = Sample.at(60)
      #expect(try await store.linksToLookAt(merchant: Sample.shop, before: until, limit: 1).map(\.id) == [good.id])
      #expect(try await store.linksToExpire(before: until, limit: 1).map(\.id) == [good.id])
      #expect(log.texts.count == 2)
      #expect(log.texts.allSatisfy { $0.contains(bad.id.text) })
      await store.close()
    }
  }

  /// Files that were written stay readable only while this text does: who changes it must write a migration.
  @Test("writes terms and states as it always did")
  func golden() throws {
    var terms = LinkTerms(
      amount: .between(Sample.money(100), Sample.money(900), suggested: nil), description: "D", lifetime: .seconds(300), capture: .manual,
      metadata: ["k": "v"])
    terms.options = AcquirerOptions(["params": .list([.text("a")]), "loyalty": .group([:])])
    #expect(
      try StoredJSON.text(terms) == """
        {"addresses":{},"amount":{"between":{"_0":{"currency":"UZS","minorUnits":100},"_1":{"currency":"UZS","minorUnits":900}}},\
        "capture":"manual","customer":{},"description":"D","isTest":false,"lifetime":[16,4852094820647174144],"metadata":{"k":"v"},\
        "options":{"values":{"loyalty":{"group":{"_0":{}}},"params":{"list":{"_0":[{"text":{"_0":"a"}}]}}}},"wantsQR":false}
        """)
    var asked = Sample.link("A", payments: [Sample.attempt(.paid, number: 5, amount: 9, captured: 9, flags: [.late])])
    asked.operations = [
      Operation(
        id: try OperationID("re_01d0000000000000000000000a"), kind: .refund, payment: 1, amount: Sample.money(4), requestedAt: Sample.start,
        options: AcquirerOptions(["k": .text("v")]), status: .sent, baseline: [Sample.payment(7)], reference: Sample.payment(8),
        failure: Failure(code: "c", message: "m"))
    ]
    #expect(
      try StoredJSON.text(LinkState(asked))
        == """
        {"openings":1,"operations":[{"amount":{"currency":"UZS","minorUnits":4},"baseline":[7],"failure":{"code":"c","message":"m"},\
        "id":"re_01d0000000000000000000000a","kind":"refund","looks":0,"options":{"values":{"k":{"text":{"_0":"v"}}}},\
        "origin":"api","payment":1,"reference":8,"requestedAt":1795000000000,"status":"sent"}],"payments":[{"amount":{"currency":"UZS","minorUnits":9},"captured":9,"changedAt":1795000000000,\
        "createdAt":1795000000000,"flags":["late"],"id":5,"ordinal":1,"refunded":0,"status":"paid"}],"sequence":1,"status":"active"}
        """)
    #expect(try StoredJSON.text(Verdict.reject(reason: "r")) == #"{"reject":{"reason":"r"}}"#)
    #expect(
      try StoredJSON.text(Refusal.acquirerRefused(.init(kind: .refused, code: "1", description: "d")))
        == #"{"acquirerRefused":{"_0":{"code":"1","description":"d","kind":"refused"}}}"#)
  }

  @Test("tells which merchants have links here")
  func merchants() async throws {
    try await withStore { store in
      #expect(try await store.merchants() == [])
      for name in ["b", "a", "b", "c"] {
        try await store.insert(Sample.link("O-\(LinkID(at: Sample.start).text.suffix(8))", merchant: Sample.merchant(name)))
      }
      #expect(try await store.merchants().map(\.text) == ["a", "b", "c"])
    }
  }

  private func refused(detail: String, made: Bool = true, _ spoil: (Database) throws -> Void) async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      if made { _ = try SQLiteStore.migrate(path: path) }
      let queue = try DatabaseQueue(path: path)
      try queue.writeWithoutTransaction(spoil)
      let before = try queue.read { db in try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL") }
      try queue.close()
      let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: path, logger: .quiet) }
      #expect(error?.code == .unavailable)
      #expect(error?.detail.contains(detail) == true)
      let after = try DatabaseQueue(path: path).read { db in
        try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
      }
      #expect(after == before)
    }
  }
}

/// Keeps the details of what was logged as an error.
private final class LoudLines: LogHandler {
  private let kept = Mutex<[String]>([])
  var texts: [String] { kept.withLock { $0 } }

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .error }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { kept.withLock { $0.append("\(event.metadata?["detail"] ?? "-")") } }
}
