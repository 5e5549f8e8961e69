import Dispatch
import Payments
import Synchronization
import Testing

@testable import Storage

/// Commits in groups (design §2).
@Suite("Group commits") struct GroupCommitTests {
  @Test("shares commits among a thousand units, all of them durable")
  func thousandUnits() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      let ids = try await withThrowingTaskGroup(of: LinkID.self) { group in
        for index in 0..<1000 {
          group.addTask {
            let link = Sample.link("O\(index)", payments: [Sample.attempt(number: Int64(index) + 1)])
            try await store.insert(link)
            return link.id
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(store.commits < 1000)
      #expect(store.commits >= 1000 / 256)
      await store.close()
      let again = try SQLiteStore.open(path: path, logger: .quiet)
      for id in ids { #expect(try await again.link(id) != nil) }
      await again.close()
    }
  }

  @Test("puts units that wait at the same moment into one commit, in groups of a bounded size")
  func oneCommit() async throws {
    var limits = StorageLimits()
    limits.groupSize = 10
    try await withStore(limits) { store in
      let before = store.commits
      try await held(store) { tasks in
        for index in 0..<25 { tasks.append(Task { try await store.insert(Sample.link("O\(index)")) }) }
      }
      // The unit that held the writer wrote nothing; then 10, 10 and 5.
      #expect(store.commits - before == 3)
    }
  }

  @Test("leaves the neighbours of a bad unit unharmed")
  func badNeighbour() async throws {
    try await withStore { store in
      let bad = Sample.link("bad", payments: [Sample.attempt(.paid, amount: 1, captured: 2)])
      let before = store.commits
      let outcomes = Outcomes()
      try await held(store) { tasks in
        for index in 0..<9 {
          let link = index == 4 ? bad : Sample.link("good-\(index)")
          tasks.append(Task { await outcomes.add(link.order.text) { try await store.insert(link) } })
        }
      }
      // The bad one had written when it failed, so that the group was taken back and each ran again alone.
      #expect(store.commits - before == 8)
      let failed = await outcomes.failed
      #expect(failed.map(\.key) == ["bad"])
      #expect(failed["bad"]?.code == .corrupt)
      #expect(failed["bad"]?.detail.contains("payment_captured") == true)
      #expect(try await store.links(LinkQuery(merchants: [Sample.shop], limit: 100)).links.count == 8)
    }
  }

  @Test("refuses what is over the queue's bound, and keeps a part for the acquirer's calls")
  func overload() async throws {
    var limits = StorageLimits()
    limits.waitingUnits = 20
    try await withStore(limits) { store in
      let outcomes = Outcomes()
      @Sendable func add(_ name: String, _ share: QueueShare) async {
        await outcomes.add(name) { try await store.perform(Work(Scope(merchant: Sample.shop), share: share) { _ in Decision(()) }) }
      }
      try await held(store) { tasks in
        for index in 0..<18 { tasks.append(Task { await add("ordinary \(index)", .ordinary) }) }
        try await reached { store.waitingUnits == 18 }
        await add("the 19th", .ordinary)
        for index in 0..<2 { tasks.append(Task { await add("callback \(index)", .callback) }) }
        try await reached { store.waitingUnits == 20 }
        await add("the third callback", .callback)
      }
      let failed = await outcomes.failed
      #expect(failed.mapValues(\.code) == ["the 19th": .overloaded, "the third callback": .overloaded])
    }
  }

  @Test("says that the books are not well while the writer is stuck")
  func stuckWriter() async throws {
    var limits = StorageLimits()
    limits.healthTimeout = .milliseconds(50)
    try await withStore(limits) { store in
      try await held(store) { _ in #expect(await !store.health()) }
      #expect(await store.health())
    }
  }

  @Test("answers what waits before it closes, and refuses what comes after")
  func closing() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      let link = Sample.link("A")
      let closing = Mutex<Task<Void, Never>?>(nil)
      try await held(store) { tasks in
        tasks.append(Task { try await store.insert(link) })
        try await reached { store.waitingUnits == 1 }
        closing.withLock { $0 = Task { await store.close() } }
      }
      await closing.withLock { $0 }?.value
      await #expect(throws: StoreError.self) { try await store.insert(Sample.link("B")) }
      await #expect(throws: StoreError.self) { _ = try await store.link(link.id) }
      #expect(await !store.health())
      let again = try SQLiteStore.open(path: path, logger: .quiet)
      #expect(try await again.link(link.id) == link)
      await again.close()
    }
  }
}

/// A store in a folder of its own.
func withStore(_ limits: StorageLimits = StorageLimits(), _ body: (SQLiteStore) async throws -> Void) async throws {
  try await TemporaryFolder.with { folder in
    let store = try SQLiteStore.open(path: folder.file("books.db"), limits: limits, logger: .quiet)
    do { try await body(store) } catch {
      await store.close()
      throw error
    }
    await store.close()
  }
}

/// Stops the writer inside a unit until the body's tasks all wait, so that they go into the next group together.
func held(_ store: SQLiteStore, _ body: (inout [Task<Void, any Error>]) async throws -> Void) async throws {
  let entered = DispatchSemaphore(value: 0)
  let release = DispatchSemaphore(value: 0)
  let holder = Task {
    try await store.perform(
      Work(Scope(merchant: Sample.shop)) { _ in
        entered.signal()
        return blocked(release)
      })
  }
  try await reached { entered.wait(timeout: .now()) == .success }
  var tasks: [Task<Void, any Error>] = []
  do {
    try await body(&tasks)
    try await reached { store.waitingUnits >= tasks.count }
  } catch {
    release.signal()
    throw error
  }
  release.signal()
  try await holder.value
  for task in tasks { try await task.value }
}

/// On the writer's own queue, where waiting harms nobody else.
func blocked(_ release: DispatchSemaphore) -> Decision<Void> {
  _ = release.wait(timeout: .now() + 10)
  return Decision(())
}

/// Waits until it is so, at most 10 s.
func reached(_ condition: () -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while !condition() {
    try #require(ContinuousClock.now < deadline, "what was waited for did not come")
    try await Task.sleep(for: .milliseconds(1))
  }
}

/// What failed, by name.
actor Outcomes {
  private(set) var failed: [String: StoreError] = [:]

  func add(_ name: String, _ work: @Sendable () async throws -> Void) async {
    do { try await work() } catch {
      failed[name] = error as? StoreError ?? StoreError(.corrupt, "another kind of error")
    }
  }
}
