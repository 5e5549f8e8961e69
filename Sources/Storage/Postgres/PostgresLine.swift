import Logging
import Payments

/// A connection that comes back: made when it is first needed, thrown away when it breaks, made again with growing waits in between. Used on one queue alone.
///
/// SAFETY (`@unchecked`): one writer, or one reader of the pool at a time, holds it.
final class PostgresLine: @unchecked Sendable {
  private let connect: @Sendable () throws -> PostgresConnection
  private let limits: StorageLimits
  private var connection: PostgresConnection?
  private var made = ContinuousClock.now
  private var wait = Duration.zero
  private var next = ContinuousClock.now

  init(limits: StorageLimits, connect: @escaping @Sendable () throws -> PostgresConnection) {
    self.limits = limits
    self.connect = connect
  }

  /// - Throws: at once while the wait before the next attempt is not over.
  func open() throws -> PostgresConnection {
    if let connection { return better(connection) }
    guard ContinuousClock.now >= next else { throw StoreError(.unavailable, "no connection to the database; it is tried again") }
    do {
      let made = try connect()
      (connection, self.made, wait) = (made, .now, .zero)
      return made
    } catch {
      wait = min(max(wait * 2, .milliseconds(50)), limits.reconnectWait)
      // Half of it by chance, so that many do not come back at the same moment.
      next = ContinuousClock.now + wait * Double.random(in: 0.5...1)
      throw error
    }
  }

  /// A standby was taken since no other server was there; now and then it is looked whether one is.
  private func better(_ standing: PostgresConnection) -> PostgresConnection {
    guard standing.isStandby, ContinuousClock.now - made >= limits.standbyPatience else { return standing }
    made = .now
    guard let other = try? connect() else { return standing }
    connection = other
    return other
  }

  /// What broke is not used again.
  func drop() { connection = nil }

  /// Runs the body; where a connection that had been idle turns out to be gone, or to lead where nothing can be written any more, once more on a new one.
  /// - Parameter body: must be safe to run twice.
  func again<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
    let wasOpen = connection != nil
    do { return try body(try open()) } catch let error as PostgresError where error.isOfConnection {
      drop()
      guard wasOpen else { throw error }
    }
    do { return try body(try open()) } catch let error as PostgresError where error.isOfConnection {
      drop()
      throw error
    }
  }
}

extension PostgresError {
  /// A new connection may do better.
  var isOfConnection: Bool { isLost || isReadOnly }
}
