import Payments
import PostgresTesting
import Testing

@testable import Storage

/// PostgreSQL's partitions by month.
@Suite("Partitions") struct PartitionTests {
  private static func month(_ text: String) throws -> PostgresPartitions.Month {
    try #require(PostgresPartitions.months(from: try Timestamp(rfc3339: text), count: 1).first)
  }

  private func keep(_ store: any BookStore, at time: Timestamp, _ digest: String, isRemembered: Bool = false) async throws {
    let record = MessageRecord(
      at: time, merchant: Sample.shop, source: .result, paymentID: nil, order: nil, link: nil, reading: .applied, verdict: .accept,
      isRemembered: isRemembered, evidence: Evidence(message: "{}", digest: digest))
    try await store.perform(
      Work(Scope(merchant: Sample.shop)) { _ in
        var changes = Changes()
        changes.message = record
        return Decision((), changes)
      })
  }

  private static func texts(_ db: PostgresConnection, _ question: String) throws -> [String] {
    try db.all(SQLStatement(question), []) { try $0.string(0) }
  }

  private static let places = "SELECT CAST(tableoid AS regclass) || ' ' || digest FROM message ORDER BY at, number"
  private static let names = """
    SELECT CAST(relname AS TEXT) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = CAST('message' AS regclass) ORDER BY relname
    """

  private static func now(_ db: PostgresConnection) throws -> Timestamp {
    Timestamp(milliseconds: try #require(try db.first(PartitionStatements.now, []) { try $0.number(0) }))
  }

  @Test("a month begins at midnight of its first day in UTC and ends where the next begins")
  func months() throws {
    let months = PostgresPartitions.months(from: try Timestamp(rfc3339: "2026-11-30T23:59:59.999Z"), count: 3)
    #expect(months.map(\.name) == ["2026_11", "2026_12", "2027_01"])
    #expect(try months[0].start == Timestamp(rfc3339: "2026-11-01T00:00:00Z"))
    #expect(try months[2].end == Timestamp(rfc3339: "2027-02-01T00:00:00Z"))
    #expect(months[0].end == months[1].start && months[1].end == months[2].start)
    #expect(try Self.month("2028-02-29T00:00:00Z").end == Timestamp(rfc3339: "2028-03-01T00:00:00Z"))
  }

  @Test("this month and two more are there from the beginning; a row of another time has a place too")
  func ahead() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      try await store.insert(Sample.link("A"))
      let beside = try cluster.connection(location)
      let now = try Self.now(beside)
      let months = PostgresPartitions.months(from: now, count: 3)
      #expect(try Self.texts(beside, Self.names) == months.map { "message_\($0.name)" } + ["message_default"])
      try await keep(store, at: now, "now")
      try await keep(store, at: months[1].start - .milliseconds(1), "last")
      try await keep(store, at: months[1].start, "next")
      try await keep(store, at: now + .days(3650), "far")
      #expect(
        try Self.texts(beside, Self.places) == [
          "message_\(months[0].name) now", "message_\(months[0].name) last", "message_\(months[1].name) next", "message_default far",
        ])
      // Again and again, also where a row of a month came before the month was there.
      try beside.execute("DROP TABLE message_\(months[2].name)")
      try await keep(store, at: months[2].start, "stray")
      try await store.makePartitions()
      try await store.makePartitions()
      #expect(try Self.texts(beside, Self.names) == months.prefix(2).map { "message_\($0.name)" } + ["message_default"])
      #expect(try Self.texts(beside, Self.places).contains("message_default stray"))
    }
  }

  @Test("a month goes as a whole once all of it is past its time, and strays row by row")
  func drops() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      try await store.insert(Sample.link("A"))
      let beside = try cluster.connection(location)
      let months = PostgresPartitions.months(from: try Self.now(beside), count: 3)
      for (place, time) in [months[0].start, months[0].end - .milliseconds(1), months[1].start].enumerated() {
        try await keep(store, at: time, "\(place)")
      }
      try await keep(store, at: months[0].start - .days(40), "stray")
      var retention = Retention()
      retention[.messages] = .days(30)
      let end = months[0].end + .days(30)
      // A millisecond before its end is past its time, the month stays whole.
      let early = try await store.prune(retention, at: end - .milliseconds(1))
      #expect(early.first { $0.kind == .messages }?.count == 1)
      #expect(try Self.texts(beside, Self.places).count == 3)
      let counted = try await store.prunable(retention, at: end)
      #expect(counted.first { $0.kind == .messages }?.count == 2)
      #expect(try Self.texts(beside, Self.places).count == 3)
      let pruned = try await store.prune(retention, at: end)
      #expect(pruned.first { $0.kind == .messages }?.count == 2)
      #expect(try Self.texts(beside, Self.places) == ["message_\(months[1].name) 2"])
      #expect(try !Self.texts(beside, Self.names).contains("message_\(months[0].name)"))
    }
  }

  @Test("a month that somebody holds costs other kinds nothing, is told, and goes the next time")
  func heldMonth() async throws {
    let cluster = try PostgresCluster.shared.get()
    var limits = StorageLimits()
    limits.statementTimeout = .milliseconds(300)
    try await cluster.withStore(limits) { store, location in
      try await store.insert(Sample.link("A"))
      let beside = try cluster.connection(location)
      let now = try Self.now(beside)
      try await keep(store, at: now, "old", isRemembered: true)
      var retention = Retention()
      retention[.messages] = .days(30)
      retention[.answers] = .days(30)
      try beside.execute("BEGIN")
      try beside.execute("SELECT 1 FROM message")
      let error = await #expect(throws: StoreError.self) { try await store.prune(retention, at: now + .days(100)) }
      #expect(error?.code == .unavailable)
      #expect(try Self.texts(beside, "SELECT digest FROM answer").isEmpty)
      try beside.execute("ROLLBACK")
      _ = try await store.prune(retention, at: now + .days(100))
      #expect(try Self.texts(beside, Self.places).isEmpty)
    }
  }

  @Test("books of before version 6 keep every row, every place in the feed and every number")
  func migration() async throws {
    let cluster = try PostgresCluster.shared.get()
    let location = try cluster.database()
    let beside = try cluster.connection(location)
    try PostgresSchema.migrate(beside, upTo: 5)
    let link = Sample.link("A")
    let values = try LinkColumn.allCases.map { try $0.value(of: link) }
    try beside.execute("BEGIN")
    try beside.run(LinkStatements.insert, values)
    try beside.execute("COMMIT")
    let events = (0..<3).map { _ in Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link) }
    for event in events { try beside.run(BookStatements.insertEvent, try EventColumn.allCases.map { try $0.value(of: event) }) }
    let followed = [Sample.shop.text.sql, Int64(0).sql, Int64.min.sql, 10.sql]
    #expect(try beside.all(BookStatements.feed, followed) { try $0.string(0) } == events.map(\.id.text))
    // A place that was lost with its transaction stays a gap.
    try beside.execute("DELETE FROM event WHERE id = '\(events[1].id.text)'")
    try beside.execute(
      """
      INSERT INTO message (at, merchant, source, reading, is_remembered, digest, message)
      SELECT \(Sample.start.milliseconds) + n::bigint * 1000000000, 'main', 'result', 'applied', 0, CAST(n AS TEXT), '{}' FROM generate_series(0, 9) n
      """)
    try beside.execute(
      """
      INSERT INTO endpoint (name, address, created_at, place, failures) VALUES ('crm', 'a', 0, 3, 0)
      """)
    try beside.execute("INSERT INTO delivery (endpoint, event, merchant, status, tries) VALUES ('crm', 1, 'main', 'delivered', 1)")
    try beside.execute("INSERT INTO attempt (endpoint, event, at, milliseconds, http_status) VALUES ('crm', 1, 5, 7, 200)")

    let store = try PostgresStore.open(location, password: nil, logger: .quiet)
    let page = try await store.feed(FeedQuery(merchants: [link.merchant]))
    #expect(page.events.map(\.id) == [events[0].id, events[2].id])
    #expect(page.last == 3)
    #expect(try Self.texts(beside, "SELECT digest FROM message ORDER BY number") == (0..<10).map { "\($0)" })
    let deliveries = try await store.deliveries(DeliveryQuery(merchants: [link.merchant])).deliveries
    #expect(deliveries.map(\.attempts.count) == [1])
    // What comes now comes behind all that.
    let next = Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: Sample.link("B"))
    try await store.insert(try #require(next.link), events: [next])
    var query = FeedQuery(merchants: [link.merchant], after: page.last)
    query.limit = 5
    let rest = try await store.feed(query)
    #expect(rest.events.map(\.id) == [next.id] && rest.last == 4)
    // The program of before is still there, with the statements that it prepared: what it writes gets a place, what it reads has one.
    let late = Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link)
    try beside.run(BookStatements.insertEvent, try EventColumn.allCases.map { try $0.value(of: late) })
    await store.settled()
    #expect(try beside.all(BookStatements.feed, followed) { try $0.string(0) } == [events[0], events[2], next, late].map(\.id.text))
    try await keep(store, at: Sample.start, "new")
    #expect(
      try Self.texts(beside, "SELECT digest FROM message ORDER BY number").last == "new")
    await store.close()
  }
}
