/// Where the two engines do not speak the same SQL. All else is written once: row values, upserts and partial indexes are common to both.
enum Dialect: Int, Sendable {
  case sqlite, postgres

  /// How a parameter is written, from 1.
  func parameter(_ place: Int) -> String {
    switch self {
    case .sqlite: "?\(place)"
    case .postgres: "$\(place)"
    }
  }

  /// A table `name (value)` of the texts in a parameter.
  func each(_ parameter: String, as name: String) -> String {
    switch self {
    case .sqlite: "json_each(\(parameter)) AS \(name)"
    case .postgres: "unnest(CAST(\(parameter) AS text[])) AS \(name) (value)"
    }
  }

  /// A join whose left side leads. SQLite takes the order as it is written; PostgreSQL counts for itself.
  var leading: String {
    switch self {
    case .sqlite: "CROSS JOIN"
    case .postgres: "JOIN"
    }
  }

  /// Behind a SELECT: its rows are ours until the end of the transaction. SQLite has one writer, to whom all rows are its own.
  var locking: String {
    switch self {
    case .sqlite: ""
    case .postgres: "FOR UPDATE"
    }
  }
}
