import Payments

/// What PostgreSQL, or the way to it, says.
struct PostgresError: Error {
  /// SQLSTATE; nil where the connection itself broke, or its time was over, so that nobody answered.
  var state: String?
  /// The engine's main message, which names columns, indexes and rules. It never holds the detail, where values stand.
  var message: String
  /// Which statement of a pipeline failed.
  var place = 0

  /// The connection is gone, or is about to be: class 57P, 08, or no answer.
  var isLost: Bool {
    guard let state else { return true }
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

  /// It is the settings that are wrong: user, password, database.
  var isOfSettings: Bool {
    guard let state else { return false }
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
