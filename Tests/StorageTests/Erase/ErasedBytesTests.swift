import Foundation
import GRDB
import GRDBSQLite
import Payments
import Synchronization
import Testing

@testable import Storage

/// SQLite's file and log hold no byte of an erased payer, and writing the file anew needs little memory.
@Suite("Erase: SQLite's bytes") struct ErasedBytesTests {
  @Test("leaves no trace in a byte of the file or its log")
  func bytes() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      // As a SQLite that was not built to overwrite what it gives free.
      try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA secure_delete = OFF") }
      try await store.insertWithMessages(PayerBooks.theirs("A", number: 5))
      try await store.insertWithMessages(PayerBooks.others("B", number: 6))
      // Longer than a page: what it leaves is whole pages that nothing writes over.
      let fields = [("pg_param1", String(repeating: "long ", count: 5000)), ("pg_user_phone", "998901234567")]
      try await store.insert(PayerBooks.message(fields, of: nil, payment: 5))
      _ = try await store.pool.writeWithoutTransaction { db in try db.checkpoint(.full) }
      #expect(try Self.traces(in: [path]) == PayerBooks.traces, "all of it stands in the file before")

      _ = try await store.erase(.phone(PayerBooks.phone), metadata: true)
      #expect(try Self.traces(in: [path, "\(path)-wal"]) == [])
      await store.close()
      #expect(try Self.traces(in: [path, "\(path)-wal"]) == [])
      let bytes = try Data(contentsOf: URL(filePath: path))
      for trace in PayerBooks.neighbour { #expect(bytes.range(of: Data(trace.utf8)) != nil, "\(trace) is somebody else's") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("books.db") } == [])
    }
  }

  private static func traces(in paths: [String]) throws -> [String] {
    let bytes = try paths.filter { FileManager.default.fileExists(atPath: $0) }.map { try Data(contentsOf: URL(filePath: $0)) }
    return PayerBooks.traces.filter { trace in bytes.contains { $0.range(of: Data(trace.utf8)) != nil } }
  }

  @Test("writes the copy into the file's own folder, not into memory: private, without a name, and gone afterwards")
  func copy() async throws {
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("it's books.db"), limits: StorageLimits(), logger: .quiet)
      let text = String(repeating: "evidence ", count: 10_000)
      for number in 1...200 {
        try await store.insert(PayerBooks.message([("pg_param1", text)], of: nil, payment: Int64(number)))
      }
      let seen = Watch(folder: folder.path)
      try await store.pool.writeWithoutTransaction { db in seen.begin(db) }
      try await store.forgetOldBytes()
      try await store.pool.writeWithoutTransaction { db in seen.end(db) }
      let (largest, mode) = seen.largest
      #expect(largest > 10 << 20, "of some 18 MB, all that is not in the two caches")
      #expect(mode & 0o777 == 0o600)
      #expect(seen.unnamed.isEmpty)
      // What SQLite keeps for itself afterwards is in memory again, and the writer's pages are many.
      let after = try await store.pool.writeWithoutTransaction { db in
        try ["temp_store", "temp_store_directory", "cache_size"].map { try String.fetchOne(db, sql: "PRAGMA \($0)") ?? "" }
      }
      #expect(after == ["2", "", "-\(store.limits.writerCache >> 10)"])
      #expect(try await store.everything().contains(text))
      await store.close()
    }
  }

  /// The largest file without a name that this process has open in a folder, while SQLite works.
  private final class Watch: Sendable {
    private let folder: String
    private let found = Mutex<(size: Int, mode: mode_t)>((0, 0))

    init(folder: String) { self.folder = folder }

    var largest: (size: Int, mode: mode_t) { found.withLock { $0 } }

    /// SQLite asks it again and again in the middle of a statement.
    func begin(_ db: Database) {
      // SAFETY: the test holds the watch until `end`.
      let context = unsafe Unmanaged.passUnretained(self).toOpaque()
      unsafe sqlite3_progress_handler(
        db.sqliteConnection, 1000,
        { context in
          guard let context = unsafe context else { return 0 }
          unsafe Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().look()
          return 0
        }, context)
    }

    func end(_ db: Database) { unsafe sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }

    private func look() {
      for (size, mode) in unnamed { found.withLock { if size > $0.size { $0 = (size, mode) } } }
    }

    var unnamed: [(size: Int, mode: mode_t)] {
      let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
      return descriptors.compactMap { descriptor in
        let place = "/proc/self/fd/\(descriptor)"
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place), target.hasPrefix(folder + "/"),
          target.hasSuffix(" (deleted)")
        else { return nil }
        var status = stat()
        // SAFETY: the pointer lives for the call.
        guard unsafe stat(place, &status) == 0 else { return nil }
        return (Int(status.st_size), status.st_mode)
      }
    }
  }
}
