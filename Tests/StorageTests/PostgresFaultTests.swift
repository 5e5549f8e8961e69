import Foundation
import Payments
import PostgresTesting
import Testing

@testable import Storage

/// What a server can do to us in the middle of our work, each fault by a real one (docs/decisions/0014).
@Suite("PostgreSQL's faults", .serialized) struct PostgresFaultTests {
  @Test(
    "does not know the end of a commit whose answer is cut off, whether it was made or not; the same again finds what is true",
    arguments: [CuttingProxy.Moment.beforeCommit, .afterCommit])
  func cutCommit(_ moment: CuttingProxy.Moment) async throws {
    let cluster = try PostgresCluster.shared.get()
    let proxy = try CuttingProxy(to: cluster)
    let location = try PostgresLocation(proxy.address(await cluster.newDatabase()))
    let store = try PostgresStore.open(location, password: nil, logger: .quiet)
    try await store.insert(Sample.link("before"))

    let (reserve, link) = Self.reservation()
    proxy.cut(moment, with: "INSERT INTO link (")
    let error = await #expect(throws: StoreError.self) { try await store.perform(reserve) }
    #expect(error?.code == .outcomeUnknown)
    #expect(proxy.count == 1)
    #expect(try await store.perform(reserve) == (moment == .beforeCommit ? .written : .found(link.id)))
    #expect(try await store.read(Scope(merchant: Sample.shop, order: link.order)).links.map(\.id) == [link.id])
    await store.close()
  }

  @Test("knows that nothing was written where a connection is cut before the commit")
  func cutBefore() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      let link = Sample.link("A")
      // Somebody holds the events, so that ours waits behind its other writes and before its COMMIT.
      let beside = try cluster.connection(location)
      try beside.execute("BEGIN")
      try beside.execute("LOCK TABLE event IN EXCLUSIVE MODE")
      let writing = Task { try await store.insert(link, events: [Sample.active(link)]) }
      try await cluster.waiting(in: location.name)
      try await cluster.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '\(location.name)' AND wait_event_type = 'Lock'")
      let error = await #expect(throws: StoreError.self) { try await writing.value }
      #expect(error?.code == .unavailable)
      try beside.execute("ROLLBACK")
      #expect(try await store.link(link.id) == nil)
      try await well(store)
      try await store.insert(link, events: [Sample.active(link)])
    }
  }

  @Test("knows that a commit stands whose server was told to end while it made it, also for those that share it", arguments: [1, 20])
  func endedInCommit(_ units: Int) async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      // A commit takes a tenth of a second, so that it can be met.
      for setting in ["commit_delay = 100000", "commit_siblings = 0"] {
        try await cluster.sql("ALTER DATABASE \(location.name) SET \(setting)")
      }
      try await cluster.cut(location.name)
      try await well(store)
      let beside = try cluster.connection(location)
      let links = (0..<units).map { Sample.link("A\($0)") }
      let writing = Task {
        try await withThrowingTaskGroup { group in
          for link in links { group.addTask { try await store.insert(link, events: [Sample.active(link)]) } }
          try await group.waitForAll()
        }
      }
      let end = SQLStatement(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND query = 'COMMIT' AND pid <> pg_backend_pid()
        """)
      let deadline = ContinuousClock.now + .seconds(20)
      while try beside.first(end, [], { try $0.number(0) }) == 0 { try #require(ContinuousClock.now < deadline, "nothing is committed") }
      try await writing.value
      for link in links { #expect(try await store.link(link.id) == link) }
      try await well(store)
      try await store.insert(Sample.link("B"))
    }
  }

  @Test("gives a statement up that others hold for too long, writes nothing, and goes on when they let go")
  func held() async throws {
    let cluster = try PostgresCluster.shared.get()
    var limits = StorageLimits()
    limits.statementTimeout = .milliseconds(300)
    try await cluster.withStore(limits) { store, location in
      let link = Sample.link("A")
      try await store.insert(link)
      let beside = try cluster.connection(location)
      try beside.execute("BEGIN")
      try beside.execute("SELECT 1 FROM link FOR UPDATE")
      let error = await #expect(throws: StoreError.self) { try await store.change(link) { $0.openings = 9 } }
      #expect(error?.code == .unavailable)
      #expect(["55P03", "57014"].contains { error?.detail.contains($0) == true })
      // Reads wait for nobody.
      #expect(try await store.link(link.id) == link)
      try beside.execute("ROLLBACK")
      try await store.change(link) { $0.openings = 9 }
      #expect(try await store.link(link.id)?.openings == 9)
    }
  }

  @Test("runs again what stood in another's way, a bounded number of times", arguments: ["40001", "40P01"])
  func order(_ state: String) async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      let beside = try cluster.connection(location)
      // A sequence keeps its place when a transaction is taken back.
      try beside.execute("CREATE SEQUENCE tries")
      try beside.execute("CREATE TABLE bound (least BIGINT)")
      try beside.execute("INSERT INTO bound VALUES (\(store.limits.orderRuns))")
      try beside.execute(
        """
        CREATE FUNCTION stand_in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF nextval('tries') < (SELECT least FROM bound) THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '\(state)'; END IF;
          RETURN NEW;
        END $$
        """)
      for table in ["link", "endpoint"] {
        try beside.execute("CREATE TRIGGER way BEFORE INSERT ON \(table) FOR EACH ROW EXECUTE FUNCTION stand_in_the_way()")
      }
      let endpoint = Endpoint(name: try EndpointName("crm"), merchants: [Sample.shop], patterns: [], address: "d")
      let works: [(@Sendable () async throws -> Void)] = [
        { try await store.insert(Sample.link("A")) }, { try await store.register([endpoint], at: Sample.start) },
      ]
      for work in works {
        // The last run that is made comes through.
        try beside.execute("ALTER SEQUENCE tries RESTART")
        try beside.execute("UPDATE bound SET least = \(store.limits.orderRuns)")
        try await work()
        #expect(try await cluster.sql("SELECT last_value FROM tries", in: location.name) == "\(store.limits.orderRuns)")
      }
      try beside.execute("UPDATE bound SET least = 1000")
      try beside.execute("DELETE FROM endpoint")
      for work in [{ try await store.insert(Sample.link("B")) }, works[1]] {
        try beside.execute("ALTER SEQUENCE tries RESTART")
        let error = await #expect(throws: StoreError.self) { try await work() }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains(state) == true)
        #expect(try await cluster.sql("SELECT last_value FROM tries", in: location.name) == "\(store.limits.orderRuns)")
      }
    }
  }

  @Test("comes out of a real deadlock with somebody else")
  func deadlock() async throws {
    let cluster = try PostgresCluster.shared.get()
    try await cluster.withStore { store, location in
      let link = Sample.link("A", payments: [Sample.attempt(.pending, number: 5)])
      try await store.insert(link)
      let beside = try cluster.connection(location)
      try beside.execute("BEGIN")
      // Ours has the link, then wants the events; theirs has the events, then wants the link. Ours looks for a ring sooner, so ours is told.
      try beside.execute("LOCK TABLE event IN EXCLUSIVE MODE")
      try beside.execute("SET LOCAL deadlock_timeout = '60s'")
      let changing = Task {
        try await store.perform(
          Work(Scope(merchant: Sample.shop, link: link.id)) { snapshot in
            var changes = Changes()
            changes.updated = snapshot.links.map { link in
              var link = link
              link.openings += 1
              return link
            }
            changes.events = changes.updated.map(Sample.active)
            return Decision((), changes)
          })
      }
      try await cluster.waiting(in: location.name)
      // It waits until ours has been told, and gives back what it has at once.
      try beside.execute("SELECT 1 FROM link FOR UPDATE")
      try beside.execute("COMMIT")
      try await changing.value
      #expect(try await store.link(link.id)?.openings == 2)
      let log = try String(contentsOfFile: "\(cluster.folder)/server.log", encoding: .utf8)
      #expect(log.contains("deadlock detected"))
    }
  }

  @Test("waits where every connection is taken, at start and later, and goes on when there is one")
  func drained() async throws {
    let cluster = try PostgresCluster.shared.get()
    let name = try await cluster.newDatabase()
    let role = "r\(name.dropFirst())"
    try await cluster.sql("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 0")
    try await cluster.sql("ALTER DATABASE \(name) OWNER TO \(role)")
    try await cluster.sql("ALTER SCHEMA public OWNER TO \(role)", in: name)
    let store = try PostgresStore.open(PostgresLocation(cluster.address(name, user: role)), password: nil, logger: .quiet)
    let error = await #expect(throws: StoreError.self) { try await store.insert(Sample.link("A")) }
    #expect(error?.code == .unavailable)
    try await cluster.sql("ALTER ROLE \(role) CONNECTION LIMIT 50")
    try await well(store)
    let link = Sample.link("B")
    try await store.insert(link)

    try await cluster.sql("ALTER ROLE \(role) CONNECTION LIMIT 0")
    try await cluster.cut(name)
    let later = await #expect(throws: StoreError.self) { try await store.insert(Sample.link("C")) }
    #expect(later?.code == .unavailable)
    #expect(later?.detail.contains("53300") == true)
    await #expect(throws: StoreError.self) { try await store.link(link.id) }
    try await cluster.sql("ALTER ROLE \(role) CONNECTION LIMIT 50")
    try await well(store)
    try await Self.readable(link, store)
    await store.close()
  }

  @Test("refuses while the server may only read, its connections as they are; reads go on, and writes again by itself")
  func readOnly() async throws {
    let cluster = try PostgresCluster()
    try await cluster.withStore { store, _ in
      let link = Sample.link("A")
      try await store.insert(link)
      #expect(try await store.link(link.id) == link)
      try await cluster.sql("ALTER SYSTEM SET default_transaction_read_only = on")
      try await cluster.sql("SELECT pg_reload_conf()")
      var refusal: StoreError?
      for number in 0..<1000 where refusal == nil {
        do { try await store.insert(Sample.link("B\(number)")) } catch { refusal = error as? StoreError }
      }
      #expect(refusal?.code == .unavailable)
      #expect(await !store.health())
      #expect(try await store.link(link.id) == link)
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop])).links.contains(link))
      try await cluster.sql("ALTER SYSTEM RESET default_transaction_read_only")
      try await cluster.sql("SELECT pg_reload_conf()")
      try await well(store)
      try await store.insert(Sample.link("C"))
    }
  }

  @Test("follows a fail-over: the copy that only read takes the writes, and nothing acknowledged is missing")
  func failOver() async throws {
    let cluster = try PostgresCluster()
    let name = try await cluster.newDatabase()
    // What was acknowledged must be on the copy too, or a fail-over loses it: that is the operator's setting.
    try await cluster.order("standby")
    let location = try PostgresLocation(cluster.address(name, withStandby: true))
    let store = try PostgresStore.open(location, password: nil, logger: .quiet)
    try await cluster.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    try await cluster.sql("SELECT pg_reload_conf()")
    try await well(store)
    @Sendable func reader() throws -> PostgresConnection {
      try PostgresConnection.open(location, password: nil, limits: StorageLimits(), for: .reading)
    }
    // What a copy has may be old: it is read only while there is nothing else, though it comes first in the list.
    #expect(try !reader().isStandby)
    var acknowledged: [PaymentLink] = []
    for number in 0..<20 {
      let link = Sample.link("A\(number)")
      try await store.insert(link)
      acknowledged.append(link)
    }
    try await cluster.order("immediate")
    let error = await #expect(throws: StoreError.self) { try await store.insert(Sample.link("B")) }
    #expect([.unavailable, .outcomeUnknown].contains(error?.code))
    // The copy answers reads all the while.
    try await Self.readable(acknowledged[0], store)
    #expect(try reader().isStandby)
    var limits = StorageLimits()
    limits.standbyPatience = .zero
    let line = PostgresLine(limits: limits) { try reader() }
    let old = try line.open()
    #expect(old.isStandby)
    try await cluster.order("promote")
    // The next use looks again, and finds the one that takes writes by now.
    let new = try line.open()
    #expect(new !== old && !new.isStandby)
    #expect(try line.open() === new)
    try await well(store)
    try await store.insert(Sample.link("C"))
    for link in acknowledged { #expect(try await store.link(link.id) == link) }
    await store.close()
  }

  @Test("refuses what the server has no room for, writes nothing of it, and goes on when there is room", arguments: ["base", "pg_wal"])
  func full(_ part: String) async throws {
    let disk = try FullDisk()
    let cluster = try PostgresCluster(disk: disk)
    try await cluster.withStore { store, location in
      let link = Sample.link("before")
      try await store.insert(link)
      try disk.refuse(.full, under: "\(cluster.folder)/data/\(part)")
      var (written, refused, refusal): ([PaymentLink], PaymentLink?, StoreError?) = ([], nil, nil)
      for number in 0..<5000 where refusal == nil {
        let next = Sample.link("O\(number)", metadata: ["k": String(repeating: "x", count: 400)])
        do {
          try await store.insert(next)
          written.append(next)
        } catch { (refused, refusal) = (next, error as? StoreError) }
      }
      // A log that cannot be written takes the server down, and mostly a COMMIT's answer with it.
      let expected: [StoreError.Code] = part == "base" ? [.unavailable] : [.unavailable, .outcomeUnknown]
      #expect(refusal.map { expected.contains($0.code) } == true, "\(refusal?.detail ?? "nothing was refused")")
      if part == "base" {
        #expect(refusal?.detail.contains("53100") == true)
        #expect(try await store.link(link.id) == link)
      }
      try disk.allow()
      if part == "pg_wal" { _ = try? await cluster.order("start") }
      try await well(store)
      for link in written + [link] { #expect(try await store.link(link.id) == link) }
      if refusal?.code == .unavailable, let refused { #expect(try await store.link(refused.id) == nil) }
      try await store.insert(Sample.link("after"))
    }
  }

  @Test("takes a server's last word in a COMMIT's place for no answer, whatever it says")
  func lastWord() {
    #expect(PostgresError(state: "53100", message: "", isLastWord: true).isLost)
    #expect(!PostgresError(state: "53100", message: "").isLost)
    #expect(PostgresError(state: "57P01", message: "").isLost)
    #expect(!PostgresError(state: "40001", message: "").isLost)
  }

  @Test("takes only what was answered for made: an error before all of it, or in its own place, says nothing of that kind")
  func behind() {
    func isBehind(_ place: Int) -> Bool { PostgresError(message: "", place: place).cameBehind(1) }
    #expect(!isBehind(PostgresError.beforeAll) && !isBehind(0) && isBehind(1))
  }

  private enum Reserved: Equatable, Sendable {
    case written, found(LinkID)
  }

  /// A create's first step: a link and its key, or what the key stands for.
  private static func reservation() -> (Work<Reserved>, PaymentLink) {
    let link = Sample.link("A")
    let reference = IdempotencyReference(caller: "shop", key: "k", fingerprint: "f")
    let work = Work<Reserved>(Scope(merchant: Sample.shop, order: link.order, idempotency: reference)) { snapshot in
      if let record = snapshot.idempotency { return Decision(.found(record.link)) }
      var changes = Changes()
      changes.inserted = link
      changes.idempotency = IdempotencyRecord(reference: reference, at: Sample.start, link: link.id)
      changes.events = [Sample.active(link)]
      return Decision(.written, changes)
    }
    return (work, link)
  }

  /// Readers come back within their own waits.
  private static func readable(_ link: PaymentLink, _ store: PostgresStore) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      if let found = try? await store.link(link.id) {
        #expect(found == link)
        return
      }
      try #require(ContinuousClock.now < deadline, "it cannot be read")
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

/// Waits until the store takes writes by itself again.
func well(_ store: any BookStore) async throws {
  let deadline = ContinuousClock.now + .seconds(30)
  while await !store.health() {
    try #require(ContinuousClock.now < deadline, "it does not come back")
    try await Task.sleep(for: .milliseconds(20))
  }
}

extension PostgresCluster {
  /// Returns when somebody waits for another's lock.
  fileprivate func waiting(in database: String) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    let question = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database)' AND wait_event_type = 'Lock'"
    while try await sql(question) == "0" { try #require(ContinuousClock.now < deadline, "nobody waits") }
  }
}
