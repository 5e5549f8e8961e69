import GRDB
import GRDBSQLite

/// A connection of GRDB's pool, used on that connection's own queue alone. Statements stay prepared for as long as it lives; cells are bound and read
/// without a detour. Bypasses GRDB's observers, of which we have none.
///
/// SAFETY (`@unchecked`): who uses it is on GRDB's queue of this connection, which is a serial one.
@safe final class SQLiteConnection: SQLConnection, @unchecked Sendable {
  /// SAFETY: GRDB owns it, and closes it after `finish` or the end of this object.
  private let handle: OpaquePointer
  /// By the statement's number.
  private var prepared: [OpaquePointer?]

  /// - Parameter db: open.
  init(_ db: Database) throws {
    guard let handle = unsafe db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "closed") }
    unsafe self.handle = handle
    unsafe prepared = []
  }

  deinit { finish() }

  var isInsideTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  /// Whether it is still the same connection: another may have come to stand at the same place in memory.
  func isOf(_ db: Database) -> Bool { unsafe db.sqliteConnection == handle }

  /// Lets go of the statements, without which the connection cannot be closed.
  func finish() {
    unsafe prepared.forEach { unsafe sqlite3_finalize($0) }
    unsafe prepared = []
  }

  @discardableResult
  func run(_ statement: SQLStatement, _ values: [SQLValue]) throws -> Int {
    let running = try unsafe bound(statement, values)
    defer { unsafe sqlite3_reset(running) }
    while true {
      switch unsafe sqlite3_step(running) {
      case SQLITE_ROW: continue
      case SQLITE_DONE: return Int(unsafe sqlite3_changes(handle))
      default: throw failure()
      }
    }
  }

  func rows(_ statement: SQLStatement, _ values: [SQLValue], _ body: (SQLRow) throws -> Bool) throws {
    let running = try unsafe bound(statement, values)
    defer { unsafe sqlite3_reset(running) }
    while true {
      switch unsafe sqlite3_step(running) {
      case SQLITE_ROW: if try !body(unsafe SQLRow(sqlite: running)) { return }
      case SQLITE_DONE: return
      default: throw failure()
      }
    }
  }

  /// The file is near: one after the other.
  func rows(_ questions: [Bound], _ body: (SQLRow, Int) throws -> Void) throws {
    for (place, question) in questions.enumerated() {
      try rows(question.statement, question.values) { row in
        try body(row, place)
        return true
      }
    }
  }

  func runAll(_ statements: [Bound]) throws { for bound in statements { try run(bound) } }

  private func bound(_ statement: SQLStatement, _ values: [SQLValue]) throws -> OpaquePointer {
    let running = try unsafe standing(statement)
    precondition(unsafe sqlite3_stmt_busy(running) == 0, "a statement does not run inside itself")
    precondition(values.count == statement.parameters.count, "a value for each parameter")
    for (place, value) in values.enumerated() {
      guard try unsafe bind(value, to: running, at: Int32(place + 1)) == SQLITE_OK else { throw failure() }
    }
    return unsafe running
  }

  private func standing(_ statement: SQLStatement) throws -> OpaquePointer {
    if unsafe statement.number < prepared.count, let found = unsafe prepared[statement.number] { return unsafe found }
    var made: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(handle, statement.text(.sqlite), -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
    guard code == SQLITE_OK, let made = unsafe made else { throw failure() }
    while unsafe prepared.count <= statement.number { unsafe prepared.append(nil) }
    unsafe prepared[statement.number] = made
    return unsafe made
  }

  private func bind(_ value: SQLValue, to statement: OpaquePointer, at place: Int32) throws -> Int32 {
    switch value {
    case .null: return unsafe sqlite3_bind_null(statement, place)
    case .integer(let number): return unsafe sqlite3_bind_int64(statement, place, number)
    case .text(let text): return unsafe bind(text, to: statement, at: place)
    case .texts(let texts): return try unsafe bind(StoredJSON.text(texts), to: statement, at: place)
    }
  }

  /// SQLite copies the bytes, which may hold a NUL.
  private func bind(_ text: String, to statement: OpaquePointer, at place: Int32) -> Int32 {
    // -1 is SQLite's word for "copy it".
    let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    var text = text
    return text.withUTF8 { bytes in
      // No address would be NULL, which an empty text is not.
      guard let start = bytes.baseAddress, !bytes.isEmpty else { return unsafe sqlite3_bind_text(statement, place, "", 0, copied) }
      return unsafe start.withMemoryRebound(to: CChar.self, capacity: bytes.count) { start in
        unsafe sqlite3_bind_text(statement, place, start, Int32(bytes.count), copied)
      }
    }
  }

  private func failure() -> DatabaseError {
    // SQLite owns the text; it is copied before another call can change it.
    DatabaseError(
      resultCode: ResultCode(rawValue: unsafe sqlite3_extended_errcode(handle)), message: unsafe String(cString: sqlite3_errmsg(handle)))
  }
}
