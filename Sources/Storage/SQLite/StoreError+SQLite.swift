import GRDB
import Payments

extension StoreError {
  /// What an engine's error means to a caller. The engine names columns, indexes and rules, never values.
  init(_ error: any Error, while doing: String) {
    switch error {
    case let error as StoreError:
      self = error
    case let error as DatabaseError:
      let code: Code = error.isAboutContent ? .corrupt : .unavailable
      self.init(code, "\(doing): SQLite \(error.extendedResultCode.rawValue), \(error.message ?? "no message")")
    default:
      self.init(.unavailable, "\(doing): \(type(of: error))")
    }
  }

  /// For a COMMIT that failed. Where writing or syncing the log broke off, the commit may still be found in it after a crash: nobody knows.
  init(failedCommit error: any Error) {
    self.init(error, while: "committing")
    if let error = error as? DatabaseError, error.resultCode == .SQLITE_IOERR { code = .outcomeUnknown }
  }
}

extension DatabaseError {
  /// The fault of one unit's values, or of one row, and of nobody else: a rule of the schema was broken.
  var isOfOneUnit: Bool {
    switch resultCode {
    case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG: true
    default: false
    }
  }

  var isAboutContent: Bool {
    switch resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: true
    default: isOfOneUnit
    }
  }
}
