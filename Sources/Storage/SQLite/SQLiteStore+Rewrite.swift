import Dispatch
import GRDB
package import Payments
import Synchronization

extension SQLiteStore {
  /// Writes the file anew, and its log to nothing: pages that were given free still hold what stood in them.
  ///
  /// SQLite makes a copy first. That copy stands in the file's own folder, where there is room for such a file and where nobody else reads, and not in memory, as all
  /// else that SQLite keeps for itself: it is as large as the books. It has no name from its beginning and mode 0600, so nothing of it is left, however this ends.
  package func forgetOldBytes() async throws(StoreError) {
    let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [pool, limits] in
        do {
          try pool.writeWithoutTransaction { db in
            try Self.rewrite(db, limits)
            _ = try db.checkpoint(.truncate)
          }
          continuation.resume(returning: .success(()))
        } catch {
          continuation.resume(returning: .failure(StoreError(error, while: "writing the file anew")))
        }
      }
    }
    try result.get()
  }

  /// The folder for such files is one for the whole process.
  private static let folderInUse = Mutex(())

  private static func rewrite(_ db: Database, _ limits: StorageLimits) throws {
    try folderInUse.withLock { _ in
      try db.execute(sql: "PRAGMA temp_store = FILE; PRAGMA cache_size = -\(limits.rewriteCache >> 10)")
      defer { restore(db, limits) }
      try setFolder(folder(of: db), db)
      try db.execute(sql: "VACUUM")
    }
  }

  /// By the pragma, since a variable of the library must not be changed from Swift. It says nothing where the library knows it no more: so it is read back.
  private static func setFolder(_ folder: String, _ db: Database) throws {
    let quoted = folder.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    try db.execute(sql: "PRAGMA temp_store_directory = '\(quoted)'")
    guard try String.fetchOne(db, sql: "PRAGMA temp_store_directory") == folder else {
      throw StoreError(.unavailable, "SQLite does not take the database's folder for its copy")
    }
  }

  private static func folder(of db: Database) throws -> String {
    // As SQLite opened it: an absolute path.
    let path = try String.fetchOne(db, sql: "SELECT file FROM pragma_database_list WHERE name = 'main'") ?? ""
    guard let end = path.lastIndex(of: "/") else { throw StoreError(.unavailable, "the database has no folder") }
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  /// As `open` set them.
  private static func restore(_ db: Database, _ limits: StorageLimits) {
    for setting in ["temp_store_directory = ''", "temp_store = MEMORY", "cache_size = -\(limits.writerCache >> 10)"] {
      // What was only a matter of memory must not hide how the rewriting ended.
      try? db.execute(sql: "PRAGMA \(setting)")
    }
  }
}
