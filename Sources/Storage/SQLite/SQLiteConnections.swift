import GRDB
import Synchronization

/// Our view of each connection of a pool, made when it is first used.
final class SQLiteConnections: Sendable {
  private let known = Mutex<[ObjectIdentifier: SQLiteConnection]>([:])

  /// On the connection's own queue.
  func connection(of db: Database) throws -> SQLiteConnection {
    if let found = known.withLock({ $0[ObjectIdentifier(db)] }), found.isOf(db) { return found }
    let made = try SQLiteConnection(db)
    known.withLock { $0[ObjectIdentifier(db)] = made }
    return made
  }

  /// Lets go of all statements, so that the pool can be closed. Nobody may use a connection any more.
  func finish() {
    let all = known.withLock { known in
      defer { known = [:] }
      return Array(known.values)
    }
    for connection in all { connection.finish() }
  }
}
