import Payments

/// Copies a shop's books from one database to another, of either engine: `paylink migrate --copy`.
///
/// The copy is one transaction of the target, which is committed only after counts, sums and marks were found equal: what goes wrong, or is killed, leaves it empty.
package struct BookCopy {
  /// What became of it.
  package struct Report: Sendable {
    package var version: Int
    package var sums: CopySums
  }

  /// Why nothing was copied.
  package struct Failure: Error, Sendable {
    package enum Code: Sendable {
      /// A gateway has the database.
      case taken
      /// It is not what a copy needs: another version, not empty.
      case unfit
      /// It cannot be reached or opened.
      case unavailable
      /// The copy is not the same: a fault of ours.
      case different
      /// The end of its commit is not known.
      case outcomeUnknown
    }

    package var code: Code
    package var detail: String
  }

  /// Rows that are read and written at once: a megabyte or so.
  private static let batch = 500

  let source: any SQLConnection
  let target: any SQLConnection

  /// - Parameter spoil: for tests: runs before the comparison.
  func callAsFunction(_ spoil: (any SQLConnection) throws -> Void = { _ in }) throws -> Report {
    try examine()
    for table in CopiedTable.all { try copy(table) }
    for table in CopiedTable.all { try mark(table) }
    try spoil(target)
    let (before, after) = (try CopySums(source), try CopySums(target))
    if let difference = before.difference(to: after) { throw Failure(code: .different, detail: difference) }
    // Before the commit: what a gateway wrote meanwhile would not be in the copy.
    for end in [source, target] {
      if let end = end as? PostgresConnection, try !Self.isAlone(end) { throw Self.taken }
    }
    return Report(version: Schema.version, sums: after)
  }

  static func isAlone(_ db: PostgresConnection) throws -> Bool { try db.first(CopyStatements.others, []) { try $0.number(0) } == 0 }
  static let taken = Failure(code: .taken, detail: "the database is in use by another paylink: stop it first")

  /// Both have every table of the list and no other, column by column, and the target has no rows.
  private func examine() throws {
    let wanted = Set(CopiedTable.all.map(\.name)).union(CopiedTable.own)
    for (db, side) in [(source, "source"), (target, "target")] {
      let standing = try db.all(CopyStatements.tables, []) { try $0.string(0) }
      if let other = standing.first(where: { !wanted.contains($0) }) {
        throw Failure(code: .unfit, detail: "the \(side) has a table \(other) that this program does not copy")
      }
    }
    for table in CopiedTable.all {
      guard try columns(table, source) == columns(table, target) else {
        throw Failure(code: .unfit, detail: "table \(table.name) has other columns in the target")
      }
      guard try !target.isAny(SQLStatement("SELECT 1 FROM \(table.name) LIMIT 1"), []) else {
        throw Failure(code: .unfit, detail: "the target is not empty: it has rows in table \(table.name)")
      }
    }
  }

  private func columns(_ table: CopiedTable, _ db: any SQLConnection) throws -> [CopiedColumn] {
    try db.all(CopyStatements.columns, [table.name.sql]) { CopiedColumn(name: try $0.string(0), isNumber: try $0.number(1) == 1) }
      .filter { $0.name != table.ofOneEngine }
  }

  /// Page by page, by its key.
  private func copy(_ table: CopiedTable) throws {
    let columns = try columns(table, source)
    guard !columns.isEmpty else { throw Failure(code: .unfit, detail: "there is no table \(table.name)") }
    let names = columns.map(\.name)
    let list = names.joined(separator: ", ")
    let keys = table.key.joined(separator: ", ")
    let places = table.key.compactMap { names.firstIndex(of: $0) }
    let first = SQLStatement("SELECT \(list) FROM \(table.name) ORDER BY \(keys) LIMIT :bound")
    let after = table.key.map { ":after_\($0)" }.joined(separator: ", ")
    let next = SQLStatement("SELECT \(list) FROM \(table.name) WHERE (\(keys)) > (\(after)) ORDER BY \(keys) LIMIT :bound")
    let insert = SQLStatement("INSERT INTO \(table.name) (\(list)) VALUES (\(names.map { ":\($0)" }.joined(separator: ", ")))")
    var rows = try source.all(first, [Self.batch.sql]) { try Self.values($0, columns) }
    while let last = rows.last {
      try target.runAll(rows.map { Bound(insert, $0) })
      rows = try source.all(next, places.map { last[$0] } + [Self.batch.sql]) { try Self.values($0, columns) }
    }
  }

  private static func values(_ row: SQLRow, _ columns: [CopiedColumn]) throws -> [SQLValue] {
    try columns.enumerated().map { place, column in
      if column.isNumber { return try row.numberIfAny(place)?.sql ?? .null }
      switch row.text(place) {
      case .value(let text): return .text(text)
      case .null: return .null
      case .wrong: throw StoreError(.corrupt, "column \(column.name): a text is missing")
      }
    }
  }

  /// Numbers go on behind the last that was ever given, even where its row is gone.
  private func mark(_ table: CopiedTable) throws {
    guard let column = table.numbered else { return }
    let mark = try source.first(CopyStatements.mark(table, column), []) { try $0.number(0) } ?? 0
    guard mark > 0 else { return }
    if target is SQLiteConnection { try target.run(CopyStatements.makeMark(table), []) }
    try target.run(CopyStatements.setMark(table, column), [mark.sql])
  }
}
