import Foundation
import GRDB
import Payments
import Testing

@testable import Storage

/// What other hands and broken files do to SQLite (docs/decisions/0014); full, read only and killed stand in `DurabilityTests`.
@Suite("SQLite's faults") struct SQLiteFaultTests {
  @Test("refuses while another has locked the file for too long, still reads, and goes on when it lets go")
  func locked() async throws {
    var limits = StorageLimits()
    limits.busyTimeout = .milliseconds(100)
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), limits: limits, logger: .quiet)
      let link = Sample.link("A")
      try await store.insert(link)
      var hand = Configuration()
      hand.allowsUnsafeTransactions = true
      let other = try DatabaseQueue(path: folder.file("books.db"), configuration: hand)
      try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
      let error = await #expect(throws: StoreError.self) { try await store.insert(Sample.link("B")) }
      #expect(error?.code == .unavailable)
      #expect(error?.detail.contains("SQLite 5,") == true)
      #expect(await !store.health())
      #expect(try await store.link(link.id) == link)
      try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
      try await store.insert(Sample.link("B"))
      #expect(await store.health())
      await store.close()
    }
  }

  /// What a crash leaves of a log: its last frames half written, or never, or with bytes of something else.
  enum Tear: CaseIterable, Sendable {
    case garbageBehind, halfFrame, garbledFrame
  }

  @Test("opens with a torn log, has every commit before the tear, and writes on", arguments: Tear.allCases)
  func torn(_ tear: Tear) async throws {
    var limits = StorageLimits()
    limits.checkpointPages = 1_000_000
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), limits: limits, logger: .quiet)
      let links = (0..<20).map { Sample.link("A\($0)") }
      for link in links { try await store.insert(link) }
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: folder.file("books.db\(suffix)"), toPath: folder.file("torn.db\(suffix)"))
      }
      await store.close()
      try Self.tear(folder.file("torn.db-wal"), tear)

      let torn = try SQLiteStore.open(path: folder.file("torn.db"), limits: limits, logger: .quiet)
      let kept = tear == .garbageBehind ? links[...] : links.dropLast()
      for link in kept { #expect(try await torn.link(link.id) == link) }
      // The commit that the tear went through is gone as a whole.
      if tear != .garbageBehind { #expect(try await torn.link(links[19].id) == nil) }
      let judgement = try await torn.pool.read { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") }
      #expect(judgement == ["ok"])
      try await torn.insert(Sample.link("after"))
      await torn.close()
      let again = try SQLiteStore.open(path: folder.file("torn.db"), logger: .quiet)
      #expect(try await again.links(LinkQuery(merchants: [Sample.shop], limit: 100)).links.count == kept.count + 1)
      await again.close()
    }
  }

  private static func tear(_ path: String, _ tear: Tear) throws {
    var bytes = try Data(contentsOf: URL(filePath: path))
    // A frame is 24 bytes and a page of 4096.
    switch tear {
    case .garbageBehind: bytes += Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    case .halfFrame: bytes = bytes.dropLast(2000)
    case .garbledFrame: for place in bytes.count - 3000..<bytes.count - 2900 { bytes[place] ^= 0x5A }
    }
    try bytes.write(to: URL(filePath: path))
  }
}
