import Logging
import Payments
import Storage

/// Opens the books that the settings name, with their lock.
enum Books {
  /// - Throws: 75 when another process has them, 78 when they cannot be opened: it is the settings that name them.
  static func open(_ settings: Settings, logger: Logger) throws(CommandFailure) -> SQLiteStore {
    let (path, lock) = try locked(settings)
    do {
      return try SQLiteStore.open(path: path, lock: lock, limits: limits(settings.limits), logger: logger)
    } catch {
      throw CommandFailure(.configuration, "\(settings.database): \(error.detail)")
    }
  }

  private static func limits(_ limits: LimitSettings) -> StorageLimits {
    var storage = StorageLimits()
    storage.waitingUnits = limits.writerQueue
    storage.keptForCallbacks = limits.callbackShare
    return storage
  }

  static func migrate(_ settings: Settings) throws(CommandFailure) -> SQLiteStore.Migration {
    let (path, lock) = try locked(settings)
    do {
      return try SQLiteStore.migrate(path: path, lock: lock)
    } catch {
      throw CommandFailure(.configuration, "\(settings.database): \(error.detail)")
    }
  }

  /// The sandbox's books hold its own merchants alone: money that never was must not stand among money that is.
  static func checkMerchants(of store: SQLiteStore, _ settings: Settings) async throws(CommandFailure) {
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

  private static func locked(_ settings: Settings) throws(CommandFailure) -> (path: String, lock: DatabaseLock) {
    let path =
      switch settings.database {
      case .sqlite(let path): path
      }
    do {
      return (path, try DatabaseLock(beside: path))
    } catch {
      switch error {
      case .taken: throw CommandFailure(.taken, error.description)
      case .unavailable: throw CommandFailure(.configuration, error.description)
      }
    }
  }
}
