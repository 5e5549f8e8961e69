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

  /// The order in which events were written: SQLite's one writer gives places in it; PostgreSQL gives them later (`PostgresSequencer`).
  var arrival: String {
    switch self {
    case .sqlite: "feed"
    case .postgres: "number"
    }
  }

  /// Whether a column's text holds another.
  func holds(_ column: String, _ text: String) -> String {
    switch self {
    case .sqlite: "instr(\(column), \(text)) > 0"
    case .postgres: "strpos(\(column), \(text)) > 0"
    }
  }

  /// A change that must meet a row. SQLite's caller counts the rows before it commits; PostgreSQL, to whom the COMMIT is sent along, raises 22012 by dividing by
  /// none, which takes the transaction back.
  func demanding(_ change: String) -> String {
    switch self {
    case .sqlite: change
    case .postgres: "WITH changed AS (\(change) RETURNING 1) SELECT 1 / count(*) FROM changed"
    }
  }

  /// Behind a SELECT: its rows are ours until the end of the transaction. SQLite has one writer, to whom all rows are its own.
  var locking: String {
    switch self {
    case .sqlite: ""
    case .postgres: "FOR UPDATE"
    }
  }

  /// The same for rows that others may have: those are passed over, so that nobody waits.
  var lockingFree: String {
    switch self {
    case .sqlite: ""
    case .postgres: "FOR UPDATE SKIP LOCKED"
    }
  }
}
