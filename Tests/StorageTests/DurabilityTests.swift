import FoundationEssentials
import GRDB
import Glibc
import Payments
import Testing

@testable import Storage

/// What is acknowledged stays; what is refused leaves nothing.
@Suite("Durability") struct DurabilityTests {
  @Test("opens with synchronous FULL in WAL mode, with foreign keys")
  func pragmas() async throws {
    try await withStore { store in
      let settings = ["synchronous", "journal_mode", "foreign_keys", "busy_timeout"]
      let values = try await store.pool.writeWithoutTransaction { db in
        try settings.map { try Row.fetchOne(db, sql: "PRAGMA \($0)")?[0] as DatabaseValue? }
      }
      #expect(values == [2.databaseValue, "wal".databaseValue, 1.databaseValue, 5000.databaseValue])
    }
  }

  @Test("finds every acknowledged unit after kill -9 in the middle of writing")
  func killed() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.path
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
        try await writeUntilKilled(in: TemporaryFolder(path: path))
      }
      let acknowledged = try acknowledgedOrders(folder)
      #expect(acknowledged.count >= 300)
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      for order in acknowledged {
        #expect(try await store.read(Scope(merchant: Sample.shop, order: Sample.order(order))).links.count == 1, "\(order)")
      }
      await store.close()
    }
  }

  /// A copy of the files while the writer runs is what a killed process leaves in the kernel's hands. Checkpoints are out of the way, so the
  /// file itself stands still and any prefix of the log is a moment that was. It proves that an answer never comes before its bytes are in
  /// the files; that they are on the disk is `synchronous = FULL`.
  @Test("finds in a copy of its files, taken while it writes, all that was acknowledged before")
  func crashImage() async throws {
    var limits = StorageLimits()
    limits.checkpointPages = 1_000_000
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), limits: limits, logger: .quiet)
      let acknowledged = Acknowledged()
      let writers = Task {
        await withTaskGroup(of: Void.self) { group in
          for writer in 0..<8 {
            group.addTask {
              for index in 0... {
                guard !Task.isCancelled else { return }
                guard (try? await store.insert(Sample.link("W\(writer)-\(index)"))) != nil else { return }
                await acknowledged.add("W\(writer)-\(index)")
              }
            }
          }
        }
      }
      for image in 1...3 {
        let target = await acknowledged.orders.count + 50
        try await reachedAsync { await acknowledged.orders.count >= target }
        let orders = await acknowledged.orders
        for suffix in ["", "-wal"] {
          try FileManager.default.copyItem(atPath: folder.file("books.db\(suffix)"), toPath: folder.file("image\(image).db\(suffix)"))
        }
        let copy = try SQLiteStore.open(path: folder.file("image\(image).db"), logger: .quiet)
        for order in orders {
          #expect(try await copy.read(Scope(merchant: Sample.shop, order: Sample.order(order))).links.count == 1, "\(order)")
        }
        await copy.close()
      }
      writers.cancel()
      await writers.value
      await store.close()
    }
  }

  @Test("refuses with unavailable when the database is full, writes nothing, and goes on when there is room")
  func full() async throws {
    try await withStore { store in
      let first = Sample.link("first")
      try await store.insert(first)
      try await store.pool.writeWithoutTransaction { db in
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        try db.execute(sql: "PRAGMA max_page_count = \(pages)")
      }
      let refused = try await firstRefusal { try await store.insert(Sample.link("full-\($0)")) }
      #expect(refused.error.code == .unavailable)
      #expect(refused.error.detail.contains("13"))
      #expect(try await store.link(first.id) == first)
      try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA max_page_count = 1000000") }
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop], limit: 100)).links.count == 1 + refused.written)
      try await store.insert(Sample.link("after"))
      #expect(await store.health())
    }
  }

  @Test("fails a whole group with its fullest unit, and none of it is written")
  func fullGroup() async throws {
    try await withStore { store in
      try await store.pool.writeWithoutTransaction { db in
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        try db.execute(sql: "PRAGMA max_page_count = \(pages)")
      }
      let outcomes = Outcomes()
      try await held(store) { tasks in
        for index in 0..<100 { tasks.append(Task { await outcomes.add("\(index)") { try await store.insert(Sample.link("O\(index)")) } }) }
      }
      #expect(await outcomes.failed.mapValues(\.code) == Dictionary(uniqueKeysWithValues: (0..<100).map { ("\($0)", .unavailable) }))
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop], limit: 1)).links.isEmpty)
    }
  }

  /// The engine ends the transaction by itself when a disk is full, but not at this.
  @Test("takes a whole group back when the engine refuses a statement, and goes on")
  func refusedStatement() async throws {
    try await withStore { store in
      try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "ALTER TABLE idempotency RENAME TO gone") }
      let reference = IdempotencyReference(caller: "c", key: "k", fingerprint: "f")
      let outcomes = Outcomes()
      try await held(store) { tasks in
        tasks.append(Task { await outcomes.add("good") { try await store.insert(Sample.link("A")) } })
        try await reached { store.waitingUnits == 1 }
        tasks.append(Task { await outcomes.add("bad") { _ = try await store.read(Scope(merchant: Sample.shop, idempotency: reference)) } })
      }
      #expect(await outcomes.failed.mapValues(\.code) == ["good": .unavailable, "bad": .unavailable])
      let isInside = try await store.pool.writeWithoutTransaction { db in db.isInsideTransaction }
      #expect(!isInside)
      try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "ALTER TABLE gone RENAME TO idempotency") }
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop])).links.isEmpty)
      try await store.insert(Sample.link("A"))
    }
  }

  /// A real full disk as the kernel tells it: a bound on the size of files, in a process of its own.
  @Test("survives a disk that takes no more bytes")
  func fileSizeBound() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.path
      await #expect(processExitsWith: .success) { [path = path as String] in
        try await writeToTheBound(TemporaryFolder(path: path))
      }
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      #expect(try await store.read(Scope(merchant: Sample.shop, order: Sample.order("after"))).links.count == 1)
      await store.close()
    }
  }

  @Test("refuses with unavailable while the database is read only, still reads, and goes on afterwards")
  func readOnly() async throws {
    try await withStore { store in
      let link = Sample.link("A")
      try await store.insert(link)
      try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA query_only = ON") }
      let error = await #expect(throws: StoreError.self) { try await store.insert(Sample.link("B")) }
      #expect(error?.code == .unavailable)
      #expect(await !store.health())
      #expect(try await store.link(link.id) == link)
      try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA query_only = OFF") }
      try await store.insert(Sample.link("B"))
      #expect(await store.health())
    }
  }

  @Test("tells a commit that broke off from one that was refused")
  func failedCommits() {
    #expect(StoreError(failedCommit: DatabaseError(resultCode: .SQLITE_IOERR_FSYNC)).code == .outcomeUnknown)
    #expect(StoreError(failedCommit: DatabaseError(resultCode: .SQLITE_IOERR_WRITE)).code == .outcomeUnknown)
    #expect(StoreError(failedCommit: DatabaseError(resultCode: .SQLITE_FULL)).code == .unavailable)
    #expect(StoreError(failedCommit: DatabaseError(resultCode: .SQLITE_BUSY)).code == .unavailable)
    #expect(StoreError(DatabaseError(resultCode: .SQLITE_IOERR_WRITE), while: "x").code == .unavailable)
  }
}

/// In a process of its own: eight writers, each noting what was acknowledged, until the process is killed among them.
private func writeUntilKilled(in folder: TemporaryFolder) async throws {
  let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
  let notes = unsafe open(folder.file("acknowledged"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
  let count = Counter()
  try await withThrowingTaskGroup(of: Void.self) { group in
    for writer in 0..<8 {
      group.addTask {
        for index in 0... {
          let order = "W\(writer)-\(index)"
          try await store.insert(Sample.link(order))
          // One call of the kernel each: a line is there whole or not at all.
          let line = "\(order)\n"
          _ = unsafe write(notes, line, line.utf8.count)
          if count.next() == 300 { kill(getpid(), SIGKILL) }
        }
      }
    }
    try await group.waitForAll()
  }
}

private func acknowledgedOrders(_ folder: TemporaryFolder) throws -> [String] {
  String(decoding: try Data(contentsOf: URL(filePath: folder.file("acknowledged"))), as: UTF8.self).split(separator: "\n").map(String.init)
}

/// In a process of its own, since the bound is the process's.
private func writeToTheBound(_ folder: TemporaryFolder) async throws {
  let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
  try await store.insert(Sample.link("before"))
  signal(SIGXFSZ, SIG_IGN)
  setFileSizeLimit(400 << 10)
  let refused = try await firstRefusal { try await store.insert(Sample.link("O\($0)")) }
  #expect([.unavailable, .outcomeUnknown].contains(refused.error.code))
  // The trial write is small: it may find room a few times more.
  try await reachedAsync { await !store.health() }
  #expect(try await store.read(Scope(merchant: Sample.shop, order: Sample.order("O\(refused.written)"))).links.isEmpty)
  setFileSizeLimit(1 << 30)
  try await store.insert(Sample.link("after"))
  #expect(await store.health())
  for index in 0..<refused.written {
    #expect(try await store.read(Scope(merchant: Sample.shop, order: Sample.order("O\(index)"))).links.count == 1)
  }
  await store.close()
}

private func setFileSizeLimit(_ bytes: UInt) {
  // The kernel reads and fills the structure during the calls alone.
  var limit = rlimit()
  unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  limit.rlim_cur = bytes
  let result = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  precondition(result == 0, "a soft limit below the hard one may be set")
}

/// Writes one after the other until one is refused.
private func firstRefusal(_ write: (Int) async throws -> Void) async throws -> (written: Int, error: StoreError) {
  for index in 0..<10_000 {
    do { try await write(index) } catch let error as StoreError { return (index, error) }
  }
  throw StoreError(.corrupt, "nothing was refused")
}

private actor Acknowledged {
  private(set) var orders: [String] = []

  func add(_ order: String) { orders.append(order) }
}

private func reachedAsync(_ condition: () async -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while await !condition() {
    try #require(ContinuousClock.now < deadline, "what was waited for did not come")
    try await Task.sleep(for: .milliseconds(1))
  }
}
