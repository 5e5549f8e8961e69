import Payments

/// A value for a parameter of a statement. Both engines know no others: a yes or no is 1 or 0, a time is milliseconds.
enum SQLValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case text(String)
  /// For a list that a statement walks (`Dialect.each`).
  case texts([String])
}

extension Int64 {
  var sql: SQLValue { .integer(self) }
}

extension Int {
  var sql: SQLValue { .integer(Int64(self)) }
}

extension Bool {
  var sql: SQLValue { .integer(self ? 1 : 0) }
}

extension String {
  var sql: SQLValue { .text(self) }
}

extension Timestamp {
  var sql: SQLValue { .integer(milliseconds) }
}
