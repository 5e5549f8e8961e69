import Logging
import Payments
import Storage

/// Opens the books that the settings name, with their lock.
enum Books {
  /// - Throws: 75 when another process has them, 78 when they cannot be opened: it is the settings that name them.
  static func open(_ settings: Settings, logger: Logger) throws(CommandFailure) -> any BookStore {
    do {
      switch settings.database {
      case .sqlite(let path):
        let lock = try locked(path)
        return try SQLiteStore.open(path: path, lock: lock, limits: limits(settings.limits), logger: logger)
      case .postgres(let location):
        return try PostgresStore.open(location, password: settings.databasePassword, limits: limits(settings.limits), logger: logger)
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.configuration, "\(settings.database): \((error as? StoreError)?.detail ?? "cannot be opened")")
    }
  }

  static func limits(_ limits: LimitSettings) -> StorageLimits {
    var storage = limits.database
    storage.waitingUnits = limits.writerQueue
    storage.keptForCallbacks = limits.callbackShare
    return storage
  }

  /// - Returns: the versions before and after.
  static func migrate(_ settings: Settings) throws(CommandFailure) -> (from: Int, to: Int) {
    do {
      switch settings.database {
      case .sqlite(let path):
        let migration = try SQLiteStore.migrate(path: path, lock: try locked(path))
        return (migration.from, migration.to)
      case .postgres(let location):
        var reason = ""
        guard let migration = try PostgresStore.migrate(location, password: settings.databasePassword, away: { reason = $0 }) else {
          throw CommandFailure(.unavailable, "\(settings.database): \(reason)")
        }
        return migration
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.configuration, "\(settings.database): \((error as? StoreError)?.detail ?? "cannot be opened")")
    }
  }

  /// Copies all books of one database to another (`paylink migrate --copy`).
  static func copy(
    from source: DatabaseLocation, to target: DatabaseLocation, password: String?
  ) throws(CommandFailure) -> BookCopy.Report {
    let ends = (try end(source, password), try end(target, password))
    do {
      return try BookCopy.run(from: ends.0, to: ends.1)
    } catch {
      let status: CommandFailure.Status =
        switch error.code {
        case .taken: .taken
        case .unfit: .data
        case .unavailable: .unavailable
        case .different, .outcomeUnknown: .software
        }
      let what = error.code == .outcomeUnknown ? "the copy" : "nothing was copied"
      throw CommandFailure(status, "\(what) from \(source) to \(target): \(error.detail)")
    }
  }

  private static func end(_ location: DatabaseLocation, _ password: String?) throws(CommandFailure) -> CopyEnd {
    switch location {
    case .sqlite(let path): .sqlite(path: path, lock: try locked(path))
    case .postgres(let location): .postgres(location, password: password)
    }
  }

  /// The sandbox's books hold its own merchants alone: money that never was must not stand among money that is.
  static func checkMerchants(of store: any BookStore, _ settings: Settings) async throws(CommandFailure) {
    let found: [MerchantName]
    do {
      found = try await store.merchants()
    } catch {
      throw CommandFailure(.configuration, "\(settings.database): \(error.detail)")
    }
    let ours = Set(settings.merchants.map(\.name))
    guard let other = found.first(where: { !ours.contains($0) }) else { return }
    throw CommandFailure(.configuration, "\(settings.database): holds links of merchant \(other); --sandbox wants a database of its own")
  }

  private static func locked(_ path: String) throws(CommandFailure) -> DatabaseLock {
    do {
      return try DatabaseLock(beside: path)
    } catch {
      switch error {
      case .taken: throw CommandFailure(.taken, error.description)
      case .unavailable: throw CommandFailure(.configuration, error.description)
      }
    }
  }
}
