import CPostgres
import GRDBSQLite
import Payments

/// A row while it is being read, straight from the engine's memory. It is only valid until the next row is fetched.
@safe struct SQLRow {
  /// SAFETY: the connection that hands the row on keeps what it points to for as long as the row is valid.
  private let statement: OpaquePointer
  /// In PostgreSQL's result; SQLite's statement stands on its row.
  private let row: Int32

  init(sqlite statement: OpaquePointer) {
    unsafe self.statement = unsafe statement
    row = -1
  }

  init(postgres result: OpaquePointer, row: Int32) {
    unsafe statement = unsafe result
    self.row = row
  }

  /// What a cell holds.
  enum Cell<Value> {
    case value(Value)
    case null
    /// Of another type: the books were changed by another hand.
    case wrong
  }

  func integer(_ place: Int) -> Cell<Int64> {
    if row >= 0 { return postgresInteger(Int32(place)) }
    switch unsafe sqlite3_column_type(statement, Int32(place)) {
    case SQLITE_INTEGER: return .value(unsafe sqlite3_column_int64(statement, Int32(place)))
    case SQLITE_NULL: return .null
    default: return .wrong
    }
  }

  func text(_ place: Int) -> Cell<String> {
    if row >= 0 { return postgresText(Int32(place)) }
    switch unsafe sqlite3_column_type(statement, Int32(place)) {
    case SQLITE_TEXT:
      guard let bytes = unsafe sqlite3_column_text(statement, Int32(place)) else { return .wrong }
      let count = Int(unsafe sqlite3_column_bytes(statement, Int32(place)))
      return .value(unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self))
    case SQLITE_NULL: return .null
    default: return .wrong
    }
  }
}

extension SQLRow {
  // The types' numbers in every PostgreSQL (pg_type.dat): int8, int2, int4, text.
  private func postgresInteger(_ place: Int32) -> Cell<Int64> {
    if unsafe PQgetisnull(statement, row, place) == 1 { return .null }
    guard [20, 21, 23].contains(unsafe PQftype(statement, place)), let number = Int64(postgresString(place)) else { return .wrong }
    return .value(number)
  }

  private func postgresText(_ place: Int32) -> Cell<String> {
    if unsafe PQgetisnull(statement, row, place) == 1 { return .null }
    guard unsafe PQftype(statement, place) == 25 else { return .wrong }
    return .value(postgresString(place))
  }

  private func postgresString(_ place: Int32) -> String {
    // The result owns the bytes, which are copied.
    unsafe String(cString: PQgetvalue(statement, row, place))
  }
}

extension SQLRow {
  /// A number that the statement itself makes, or that the schema says is there.
  func number(_ place: Int) throws(StoreError) -> Int64 {
    guard case .value(let number) = integer(place) else { throw StoreError(.corrupt, "a number is missing") }
    return number
  }

  func numberIfAny(_ place: Int) throws(StoreError) -> Int64? {
    switch integer(place) {
    case .value(let number): return number
    case .null: return nil
    case .wrong: throw StoreError(.corrupt, "a number is missing")
    }
  }

  func stringIfAny(_ place: Int) throws(StoreError) -> String? {
    switch text(place) {
    case .value(let text): return text
    case .null: return nil
    case .wrong: throw StoreError(.corrupt, "a text is missing")
    }
  }

  func string(_ place: Int) throws(StoreError) -> String {
    guard case .value(let text) = text(place) else { throw StoreError(.corrupt, "a text is missing") }
    return text
  }
}
