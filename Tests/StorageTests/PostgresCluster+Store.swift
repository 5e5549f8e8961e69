import Foundation
import Payments
import PostgresTesting

@testable import Storage

extension PostgresCluster {
  func location(_ name: String) -> PostgresLocation {
    do { return try PostgresLocation(address(name)) } catch { preconditionFailure("a folder of ours is a host: \(error)") }
  }

  /// A new, empty database.
  func database() throws -> PostgresLocation {
    let name = "t\(UUID().uuidString.replacing("-", with: "").lowercased())"
    try connection(location("postgres")).execute("CREATE DATABASE \(name)")
    return location(name)
  }

  /// A connection beside the store's.
  func connection(_ location: PostgresLocation) throws -> PostgresConnection {
    try PostgresConnection.open(location, password: nil, limits: StorageLimits())
  }

  /// A store in a database of its own.
  func withStore(_ limits: StorageLimits = StorageLimits(), _ body: (PostgresStore, PostgresLocation) async throws -> Void) async throws {
    let location = try database()
    let store = try PostgresStore.open(location, password: nil, limits: limits, logger: .quiet)
    do { try await body(store, location) } catch {
      await store.close()
      throw error
    }
    await store.close()
  }
}
