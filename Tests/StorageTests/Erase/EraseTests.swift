import Foundation
import GRDB
import Payments
import PostgresTesting
import Testing

@testable import Storage

/// One payer's data taken out of the books.
@Suite("Erase") struct EraseTests {
  private static let phone = "+998901234567"
  private static let email = "payer@example.uz"
  /// Everything that must be nowhere afterwards.
  private static let traces = ["998901234567", email, "10.11.12.13", "customer-77", "4177-49XX-XXXX-2827", "loyal-9", "changed his mind"]
  private static let neighbour = ["998907654321", "4400-43XX-XXXX-0001"]

  private static func link(_ order: String, phone: String, pan: String, number: Int64) -> PaymentLink {
    let isOurs = phone == Self.phone
    var terms = LinkTerms(
      amount: .exactly(Sample.money(900)), description: "Order \(order)",
      customer: isOurs ? Customer(id: "customer-77", phone: phone, email: email, ip: "10.11.12.13") : Customer(phone: phone),
      metadata: ["cart": order])
    if isOurs { terms.options = AcquirerOptions(["loyalty": .group(["id": .text("loyal-9")]), "receipt": .list([.text("tea")])]) }
    var payment = Sample.attempt(.paid, number: number, amount: 900, captured: 900)
    payment.card = Card(maskedNumber: pan, brand: "VI")
    var refund = Sample.operation(100, status: .unknown)
    if isOurs { refund.reason = "changed his mind" }
    return PaymentLink(
      id: LinkID(at: Sample.start), merchant: Sample.shop, order: Sample.order(order), terms: terms, tokens: .init(),
      createdAt: Sample.start, expiresAt: Sample.at(600), status: .completed, sequence: 2, page: nil, payments: [payment],
      operations: [refund], seenAt: nil, acceptedAt: nil, canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: nil)
  }

  private func write(_ store: any BookStore, _ link: PaymentLink, event: Event, _ messages: [MessageRecord]) async throws {
    try await store.insert(link, events: [event])
    for message in messages {
      try await store.perform(
        Work(Scope(merchant: link.merchant, link: link.id)) { _ in
          var changes = Changes()
          changes.message = message
          return Decision((), changes)
        })
    }
  }

  private static func message(_ text: String, link: LinkID?, payment: Int64?, digest: String) -> MessageRecord {
    MessageRecord(
      at: Sample.start, merchant: Sample.shop, source: .result, paymentID: payment.map(Sample.payment), order: nil, link: link,
      reading: .applied, verdict: .accept, isRemembered: true, evidence: Evidence(message: text, digest: digest))
  }

  /// Two payers: one to erase, one to leave. A message came before anybody knew its link, and one is of no link at all.
  private func fill(_ store: any BookStore) async throws -> (ours: PaymentLink, theirs: PaymentLink) {
    let ours = Self.link("A", phone: Self.phone, pan: "4177-49XX-XXXX-2827", number: 5)
    let theirs = Self.link("B", phone: "+998907654321", pan: "4400-43XX-XXXX-0001", number: 6)
    for (link, number, phone) in [(ours, Int64(5), "998901234567"), (theirs, 6, "998907654321")] {
      try await write(
        store, link, event: Event(kind: .paymentPaid, at: Sample.start, merchant: link.merchant, link: link),
        [
          Self.message("{\"pg_user_phone\":\"\(phone)\"}", link: link.id, payment: number, digest: "a\(number)"),
          Self.message("{\"pg_card\":\"\(link.payments[0].card?.maskedNumber ?? "")\"}", link: nil, payment: number, digest: "b\(number)"),
          Self.message("{\"pg_user_phone\":\"\(phone)\"}", link: nil, payment: 1000 + number, digest: "c\(number)"),
        ])
    }
    return (ours, theirs)
  }

  @Test("leaves no trace of the payer and all of the money, finds nothing a second time, and touches nobody else", arguments: Engine.all)
  func erases(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let (ours, theirs) = try await fill(store)
      let whole = Erased(links: 1, payments: 1, operations: 1, events: 1, messages: 3)
      #expect(try await store.erase(.phone(Self.phone), metadata: false, isDryRun: true) == whole)
      #expect(try await store.link(ours.id) == ours)
      #expect(try await store.erase(.phone(Self.phone), metadata: false) == whole)
      let link = try #require(try await store.link(ours.id))
      #expect(link.terms.customer == Customer())
      #expect(link.terms.options.values.keys.sorted() == ["receipt"])
      #expect(link.terms.metadata == ours.terms.metadata)
      #expect(link.payments[0].card == nil && link.operations[0].reason == nil)
      #expect(link.payments[0].captured == 900 && link.operations[0].amount == ours.operations[0].amount && link.sequence == ours.sequence)
      #expect(try await store.events(of: ours.id).map(\.link?.payments[0].card) == [nil])
      #expect(try await store.erase(.phone(Self.phone), metadata: false) == Erased())
      #expect(try await store.link(theirs.id) == theirs)
      #expect(try await store.events(of: theirs.id).map(\.link?.payments[0].card) == [theirs.payments[0].card])
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let payer: Payer
    let messages: Int
  }

  @Test(
    "finds a payer by any of their names, and metadata goes where it is asked to",
    arguments: [
      Case(testDescription: "customer", payer: .customer("customer-77"), messages: 2),
      Case(testDescription: "email", payer: .email(email), messages: 2), Case(testDescription: "phone", payer: .phone(phone), messages: 3),
    ], Engine.all)
  func names(_ test: Case, _ engine: Engine) async throws {
    try await engine.withStore { store in
      let (ours, theirs) = try await fill(store)
      let erased = try await store.erase(test.payer, metadata: true)
      #expect(erased == Erased(links: 1, payments: 1, operations: 1, events: 1, messages: test.messages, metadata: 1))
      let pair = MetadataPair(key: "cart", value: "A")
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop], metadata: pair)).links.isEmpty)
      #expect(try await store.link(ours.id)?.terms.metadata == [:])
      let one = try await store.erase(.link(theirs.id), metadata: false)
      #expect(one == Erased(links: 1, payments: 1, operations: 0, events: 1, messages: 2))
      // A part of a number, or another's, finds nobody.
      for payer in [Payer.phone("+99890123456"), .customer("7"), .email("example.uz")] {
        #expect(try await store.erase(payer, metadata: true).links == 0)
      }
    }
  }

  @Test("of SQLite leaves no trace in a byte of the file or its log")
  func bytes() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      // As a SQLite that was not built to overwrite what it gives free.
      try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA secure_delete = OFF") }
      _ = try await fill(store)
      _ = try await store.erase(.phone(Self.phone), metadata: true)
      for name in [path, "\(path)-wal"] where FileManager.default.fileExists(atPath: name) {
        let bytes = try Data(contentsOf: URL(filePath: name))
        for trace in Self.traces { #expect(bytes.range(of: Data(trace.utf8)) == nil, "\(trace) in \(name)") }
      }
      await store.close()
      let bytes = try Data(contentsOf: URL(filePath: path))
      for trace in Self.traces { #expect(bytes.range(of: Data(trace.utf8)) == nil, "\(trace)") }
      for trace in Self.neighbour { #expect(bytes.range(of: Data(trace.utf8)) != nil, "\(trace) is somebody else's") }
    }
  }

  @Test("of PostgreSQL leaves no trace in any column of any table")
  func columns() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      _ = try await fill(store)
      _ = try await store.erase(.phone(Self.phone), metadata: true)
      let db = try cluster.connection(location)
      let tables = try db.all(SQLStatement("SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'"), []) {
        try $0.string(0)
      }
      #expect(tables.count > 12)
      var all = ""
      for table in tables {
        let rows = SQLStatement("SELECT coalesce(string_agg(CAST(held AS TEXT), ' '), '') FROM \(table) held")
        all += try db.first(rows, []) { try $0.string(0) } ?? ""
      }
      for trace in Self.traces { #expect(!all.contains(trace), "\(trace)") }
      for trace in Self.neighbour { #expect(all.contains(trace), "\(trace) is somebody else's") }
    }
  }
}
