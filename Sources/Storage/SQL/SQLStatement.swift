import Synchronization

/// A statement as each engine spells it, with its parameters' places. Made once, as a static value: connections keep it prepared under its number.
///
/// Parameters are named in the text (`:merchant`), and values come in the order in which the names first occur.
final class SQLStatement: Sendable {
  let number: Int
  /// In the order of values, each once.
  let parameters: [String]
  private let sqlite: String
  private let postgres: String

  private static let made = Atomic<Int>(0)

  /// - Parameter text: the statement in a dialect; both have the same parameters in the same order.
  init(_ text: (Dialect) -> String) {
    let (sqlite, parameters) = Self.placed(text(.sqlite), .sqlite)
    let (postgres, others) = Self.placed(text(.postgres), .postgres)
    precondition(parameters == others, "one order of values serves both engines: \(sqlite)")
    (self.sqlite, self.postgres, self.parameters) = (sqlite, postgres, parameters)
    number = Self.made.add(1, ordering: .relaxed).oldValue
  }

  /// The same text for both engines.
  convenience init(_ text: String) { self.init { _ in text } }

  func text(_ dialect: Dialect) -> String {
    switch dialect {
    case .sqlite: sqlite
    case .postgres: postgres
    }
  }

  /// Writes each `:name` as the engine's own parameter. Our statements have no colon elsewhere.
  private static func placed(_ text: String, _ dialect: Dialect) -> (text: String, parameters: [String]) {
    var parameters: [String] = []
    var pieces = text.split(separator: ":", omittingEmptySubsequences: false)[...]
    var placed = String(pieces.removeFirst())
    for piece in pieces {
      let name = piece.prefix { $0 == "_" || $0.isLetter }
      precondition(!name.isEmpty, "a colon begins a parameter's name: \(text)")
      let place = parameters.firstIndex(of: String(name)) ?? parameters.endIndex
      if place == parameters.endIndex { parameters.append(String(name)) }
      placed += dialect.parameter(place + 1) + piece.dropFirst(name.count)
    }
    return (placed, parameters)
  }
}

/// A statement with its values.
struct Bound: Sendable {
  let statement: SQLStatement
  let values: [SQLValue]

  init(_ statement: SQLStatement, _ values: [SQLValue]) {
    assert(statement.parameters.count == values.count, "a value for each parameter")
    self.statement = statement
    self.values = values
  }
}
