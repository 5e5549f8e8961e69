import FoundationEssentials
import Logging
import Payments
import PostgresTesting
import Testing

@testable import Storage

/// A database that the behaviour suite runs on: it opens an empty store for each test.
struct Engine: Sendable, CustomTestStringConvertible {
  let name: String
  let withStore: @Sendable (_ body: (any BookStore) async throws -> Void) async throws -> Void

  var testDescription: String { name }

  static let all = [sqlite, postgres]

  static let sqlite = Engine(name: "SQLite") { body in
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      do { try await body(store) } catch {
        await store.close()
        throw error
      }
      await store.close()
    }
  }
}

extension Engine {
  static let postgres = Engine(name: "PostgreSQL") { body in
    try await PostgresCluster.shared.get().withStore { store, _ in try await body(store) }
  }
}

extension Engine {
  /// A store with other bounds.
  func withStore(_ limits: StorageLimits, _ body: (any BookStore) async throws -> Void) async throws {
    guard name == Engine.sqlite.name else {
      return try await PostgresCluster.shared.get().withStore(limits) { store, _ in try await body(store) }
    }
    try await StorageTests.withStore(limits) { store in try await body(store) }
  }

  /// Two stores on one database, as two programs have them.
  func withTwo(_ body: (_ one: any BookStore, _ other: any BookStore) async throws -> Void) async throws {
    switch name {
    case Engine.sqlite.name:
      try await TemporaryFolder.with { folder in
        let one = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
        // The lock is what keeps a second program away: here it is to be there.
        let other = try SQLiteStore.open(
          path: folder.file("books.db"), lock: try DatabaseLock(beside: folder.file("elsewhere")), logger: .quiet)
        try await Self.closing(one, other, body)
      }
    default:
      let cluster = try PostgresCluster.shared.get()
      let location = try cluster.database()
      let stores = try (0..<2).map { _ in try PostgresStore.open(location, password: nil, logger: .quiet) }
      try await Self.closing(stores[0], stores[1], body)
    }
  }

  private static func closing(
    _ one: any BookStore, _ other: any BookStore, _ body: (any BookStore, any BookStore) async throws -> Void
  ) async throws {
    do { try await body(one, other) } catch {
      await one.close()
      await other.close()
      throw error
    }
    await one.close()
    await other.close()
  }
}

/// A folder that is gone after the test.
struct TemporaryFolder: Sendable {
  let path: String

  func file(_ name: String) -> String { "\(path)/\(name)" }

  static func with<Value>(_ body: (TemporaryFolder) async throws -> Value) async throws -> Value {
    let folder = TemporaryFolder(path: "/tmp/paylink-storage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    return try await body(folder)
  }
}

extension Logger {
  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// A unit that is written where it is used.
struct Work<Outcome: Sendable>: UnitOfWork {
  var scope: Scope
  var share = QueueShare.ordinary
  let decision: @Sendable (Snapshot) -> Decision<Outcome>

  init(_ scope: Scope, share: QueueShare = .ordinary, _ decision: @escaping @Sendable (Snapshot) -> Decision<Outcome>) {
    self.scope = scope
    self.share = share
    self.decision = decision
  }

  func decide(_ snapshot: Snapshot) -> Decision<Outcome> { decision(snapshot) }
}

extension Store {
  func insert(_ link: PaymentLink, events: [Event] = []) async throws {
    try await perform(
      Work(Scope(merchant: link.merchant)) { _ in
        var changes = Changes()
        changes.inserted = link
        changes.events = events
        return Decision((), changes)
      })
    // So that a test can go on with what it wrote.
    await (self as? PostgresStore)?.sequencer.settle()
  }

  /// Reads a link, changes it, and writes it.
  @discardableResult
  func change(_ link: PaymentLink, _ body: @escaping @Sendable (inout PaymentLink) -> Void) async throws -> PaymentLink? {
    try await perform(
      Work(Scope(merchant: link.merchant, link: link.id)) { snapshot in
        guard var link = snapshot.links.first else { return Decision(nil) }
        body(&link)
        var changes = Changes()
        changes.updated = [link]
        return Decision(link, changes)
      })
  }

  func read(_ scope: Scope) async throws -> Snapshot {
    try await perform(Work(scope) { Decision($0) })
  }
}

extension BookStore {
  /// Returns when every event that is committed has its place in the feed.
  func settled() async { await (self as? PostgresStore)?.sequencer.settle() }

  /// Another hand in the books.
  func spoil(_ statement: SQLStatement, _ values: [SQLValue] = []) async throws {
    let result: Result<Int, StoreError> = await withCheckedContinuation { continuation in
      enqueue(WaitingUnit(steps: { try $0.run(statement, values) }) { continuation.resume(returning: $0) })
    }
    _ = try result.get()
  }
}

extension BookStore {
  /// What is due, taken and given back at once.
  func due(_ work: SharedWork, at now: Timestamp, limit: Int) async throws -> [PaymentLink] {
    let terms = LeaseTerms()
    let links = try await take(work, under: terms, at: now, limit: limit).map(\.link)
    try await finish(work, of: links.map(\.id), under: terms)
    return links
  }
}
