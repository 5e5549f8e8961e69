/// A statement that changes the books, with what must come of it.
struct Write: Sendable {
  enum Expectation: Sendable {
    case nothing
    /// A row, unless another link has the order's place: then the unit is to be run again.
    case place
    /// A row: what was read still stands as it was read.
    case standing
  }

  let bound: Bound
  var expecting = Expectation.nothing

  init(_ statement: SQLStatement, _ values: [SQLValue], expecting: Expectation = .nothing) {
    bound = Bound(statement, values)
    self.expecting = expecting
  }
}

/// The books changed since a unit read them: it is to be run again.
struct UnitConflict: Error {
  enum Cause: Sendable {
    case place, standing
  }

  let cause: Cause
}
