import FoundationEssentials
import Glibc
import Payments
import Testing

@testable import Storage

@Suite("Database lock") struct DatabaseLockTests {
  @Test("is had by one at a time and free again after its holder")
  func oneAtATime() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      var first: DatabaseLock? = try DatabaseLock(beside: path)
      #expect(throws: DatabaseLock.Failure.taken(path: path)) { try DatabaseLock(beside: path) }
      _ = try DatabaseLock(beside: folder.file("other.db"))
      withExtendedLifetime(first) {}
      first = nil
      #expect(throws: Never.self) { try DatabaseLock(beside: path) }
    }
  }

  @Test("is one for all names of a file")
  func names() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      let name = folder.file("name.db")
      try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: path)
      #expect(throws: DatabaseLock.Failure.taken(path: name)) { try DatabaseLock(beside: name) }
      await store.close()
    }
  }

  @Test("lets reads under way come to their end when the store is closed, and refuses those that come later")
  func closing() async throws {
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      let link = Sample.link("A", payments: [Sample.attempt()])
      try await store.insert(link)
      let (begun, begin) = AsyncStream<Void>.makeStream()
      let reading = Task {
        try await store.read("slowly") { reader in
          begin.finish()
          var links: [PaymentLink?] = []
          for _ in 0..<2000 { links.append(try reader.link(link.id)) }
          return links.allSatisfy { $0 == link }
        }
      }
      for await _ in begun {}
      await store.close()
      #expect(try await reading.value)
      let error = await #expect(throws: StoreError.self) { try await store.link(link.id) }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("keeps a second store from the same file until the first is closed")
  func secondStore() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      let store = try SQLiteStore.open(path: path, logger: .quiet)
      let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: path, logger: .quiet) }
      #expect(error?.code == .unavailable)
      #expect(error?.detail == "the database \(path) is in use by another process")
      #expect(throws: StoreError.self) { try SQLiteStore.migrate(path: path) }
      await store.close()
      let lock = try DatabaseLock(beside: path)
      let again = try SQLiteStore.open(path: path, lock: lock, logger: .quiet)
      await again.close()
    }
  }

  @Test("is let go of where opening fails")
  func failedOpening() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder.file("books.db")
      try Data("this is no database, and long enough to be read as a header: ....................................".utf8)
        .write(to: URL(filePath: path))
      let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: path, logger: .quiet) }
      #expect(error?.code == .corrupt)
      #expect(throws: Never.self) { try DatabaseLock(beside: path) }
    }
  }

  @Test("makes the folder, and says where it cannot")
  func folders() async throws {
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("var/books.db"), logger: .quiet)
      await store.close()
      #expect(mode(folder.file("var")) == 0o700)
      let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: "/proc/none/books.db", logger: .quiet) }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("and all other files can be read by us alone")
  func modes() async throws {
    try await TemporaryFolder.with { folder in
      let store = try SQLiteStore.open(path: folder.file("books.db"), logger: .quiet)
      try await store.insert(Sample.link("A"))
      for suffix in ["", "-wal", "-shm", ".lock"] { #expect(mode(folder.file("books.db\(suffix)")) == 0o600, "\(suffix)") }
      await store.close()
    }
  }

  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    // The kernel fills the structure during the call alone.
    guard unsafe lstat(path, &status) == 0 else { return 0 }
    return status.st_mode & 0o777
  }
}
