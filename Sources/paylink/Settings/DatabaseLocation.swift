import Payments
import Storage

/// Where the books stand.
enum DatabaseLocation: Hashable, Sendable, CustomStringConvertible {
  /// A file; its folder is made when it is missing.
  case sqlite(path: String)
  /// A database that several processes may share.
  case postgres(PostgresLocation)

  init(_ text: String) throws(InvalidValue) {
    let shapes = "must be sqlite:PATH, such as sqlite:var/paylink.db, or postgres://USER@HOST/NAME"
    if text.hasPrefix("postgres:") || text.hasPrefix("postgresql:") {
      self = .postgres(try PostgresLocation(text))
      return
    }
    guard text.hasPrefix("sqlite:") else { throw InvalidValue(shapes) }
    let path = String(text.dropFirst("sqlite:".count))
    guard !path.isEmpty, !path.utf8.contains(0), !path.hasSuffix("/") else { throw InvalidValue(shapes) }
    self = .sqlite(path: path)
  }

  var description: String {
    switch self {
    case .sqlite(let path): "sqlite:\(path)"
    case .postgres(let location): "\(location)"
    }
  }
}
