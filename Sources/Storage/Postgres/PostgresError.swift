import Payments

/// What PostgreSQL, or the way to it, says.
struct PostgresError: Error {
  /// SQLSTATE; nil where the connection itself broke, or its time was over, so that nobody answered.
  var state: String?
  /// The engine's main message, which names columns, indexes and rules. It never holds the detail, where values stand.
  var message: String
  /// Which statement of a pipeline failed.
  var place = 0
  /// None of it was sent: preparing it failed.
  static let beforeAll = -1
  /// The way to the server is not as safe as the settings want it: no TLS there, or a certificate that proves nothing.
  var isOfTLS = false

  /// Whether it came when so many statements had been answered: what they did stands.
  func cameBehind(_ statements: Int) -> Bool { place >= statements }

  /// The server ends the connection with it (FATAL), or itself (PANIC: it could not write its log), so that a COMMIT it answers may stand all the same.
  var isLastWord = false

  /// The connection is gone, or is about to be: class 57P, 08, a last word, or no answer.
  var isLost: Bool {
    guard let state, !isLastWord else { return true }
    return state.hasPrefix("57P") || state.hasPrefix("08")
  }

  /// The fault of one unit's values, or a rule of the schema: integrity, data, a trigger's refusal.
  var isOfOneUnit: Bool {
    guard let state else { return false }
    return state.hasPrefix("23") || state.hasPrefix("22") || state == "P0001"
  }

  /// Two transactions stood in each other's way: 40001, 40P01.
  var isOfOrder: Bool { state == "40001" || state == "40P01" }

  /// What `Dialect.demanding` raises where a row was wanted and none changed.
  var isUnmetDemand: Bool { state == "22012" }

  /// The server takes no writes: it is a copy, or became one in a fail-over. Nothing was written, and another connection may lead to the one that takes them.
  var isReadOnly: Bool { state == "25006" }

  /// Waiting mends it: the server is away, starts, is full, has no connection left (class 53), reads only, or somebody has locked what is wanted.
  var isPassing: Bool {
    guard !isOfSettings else { return false }
    guard let state else { return true }
    return isLost || isReadOnly || isOfOrder || ["53", "55", "57", "58"].contains { state.hasPrefix($0) }
  }

  /// It is the settings that are wrong: user, password, database, TLS.
  var isOfSettings: Bool {
    guard let state else { return isOfTLS }
    return state.hasPrefix("28") || state == "3D000"
  }
}

extension StoreError {
  init(postgres error: any Error, while doing: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as PostgresError:
      self.init(error.isOfOneUnit ? .corrupt : .unavailable, "\(doing): PostgreSQL \(error.state ?? "gone"), \(error.message)")
    default: self.init(.unavailable, "\(doing): \(type(of: error))")
    }
  }
}
