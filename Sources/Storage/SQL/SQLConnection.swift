/// One connection to the books, of either engine: a serial context on a queue of its own, never on a loop. What it throws is the engine's own error.
protocol SQLConnection: AnyObject {
  /// Runs a statement to its end.
  /// - Returns: how many rows it changed.
  @discardableResult
  func run(_ statement: SQLStatement, _ values: [SQLValue]) throws -> Int

  /// Hands each row on, for as long as the body says. Other statements may run in the body, this one may not.
  func rows(_ statement: SQLStatement, _ values: [SQLValue], _ body: (SQLRow) throws -> Bool) throws

  /// Asks all at once, which is one way there and back where the engine is far, and hands on the rows in the order of the questions.
  /// - Parameter body: takes a row and the place of its question.
  func rows(_ questions: [Bound], _ body: (SQLRow, Int) throws -> Void) throws

  /// Runs all in their order, in one way there and back where the engine is far, up to the first that fails.
  func runAll(_ statements: [Bound]) throws
}

extension SQLConnection {
  @discardableResult
  func run(_ bound: Bound) throws -> Int { try run(bound.statement, bound.values) }

  func all<Value>(_ statement: SQLStatement, _ values: [SQLValue], _ read: (SQLRow) throws -> Value) throws -> [Value] {
    var all: [Value] = []
    try rows(statement, values) { row in
      all.append(try read(row))
      return true
    }
    return all
  }

  func first<Value>(_ statement: SQLStatement, _ values: [SQLValue], _ read: (SQLRow) throws -> Value) throws -> Value? {
    var first: Value?
    try rows(statement, values) { row in
      first = try read(row)
      return false
    }
    return first
  }

  func isAny(_ statement: SQLStatement, _ values: [SQLValue]) throws -> Bool {
    try first(statement, values) { _ in true } ?? false
  }
}
