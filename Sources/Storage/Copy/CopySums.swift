/// What the books of two databases are compared by: how many rows each table has, and what the money comes to.
package struct CopySums: Sendable {
  /// By table.
  package var counts: [(table: String, rows: Int64)] = []
  /// One of each merchant, currency and status.
  package var sums: [Sum] = []
  /// How far numbers are that are never given twice.
  var marks: [String: Int64] = [:]

  /// What rows of a kind come to.
  package struct Sum: Hashable, Sendable, CustomStringConvertible {
    /// `payments of main in UZS, paid`.
    let what: String
    /// How many, and the amounts in minor units, by name.
    let amounts: [String: Int64]

    package var description: String {
      "\(what): \(amounts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))"
    }
  }

  /// - Parameter db: inside a transaction.
  init(_ db: any SQLConnection) throws {
    for table in CopiedTable.all {
      counts.append((table.name, try db.first(CopyStatements.count(table.name), []) { try $0.number(0) } ?? 0))
      guard let column = table.numbered else { continue }
      marks[table.name] = try db.first(CopyStatements.mark(table, column), []) { try $0.number(0) }
    }
    for money in Self.money {
      sums += try db.all(money.statement, []) { row in
        let names = try (0..<3).map { try row.string($0) }
        var amounts = ["count": try row.number(3)]
        for (place, column) in money.columns.enumerated() { amounts[column] = try row.number(4 + place) }
        return Sum(what: "\(money.kind) of \(names[0]) in \(names[1]), \(names[2])", amounts: amounts)
      }
    }
  }

  /// - Returns: the first thing that is not the same, in words; nil where all is.
  func difference(to other: CopySums) -> String? {
    for (ours, theirs) in zip(counts, other.counts) where ours != theirs {
      return "table \(ours.table) has \(ours.rows) rows there and \(theirs.rows) in the copy"
    }
    for sum in sums where !other.sums.contains(sum) { return "\(sum) is not the same in the copy" }
    for sum in other.sums where !sums.contains(sum) { return "\(sum) is in the copy alone" }
    for (table, mark) in marks where other.marks[table] != mark {
      return "the numbers of table \(table) are at \(mark) there and at \(other.marks[table] ?? 0) in the copy"
    }
    return nil
  }

  private struct Money: Sendable {
    let kind: String
    let columns: [String]
    let statement: SQLStatement

    init(_ kind: String, from table: String, by status: String, _ columns: [String]) {
      self.kind = kind
      self.columns = columns
      let amounts = columns.map { "CAST(coalesce(sum(\($0)), 0) AS BIGINT)" }.joined(separator: ", ")
      statement = SQLStatement(
        """
        SELECT merchant, coalesce(currency, '-'), \(status), count(*), \(amounts) FROM \(table)
        GROUP BY merchant, coalesce(currency, '-'), \(status) ORDER BY 1, 2, 3
        """)
    }
  }

  private static let money = [
    Money("payments", from: "payment", by: "status", ["amount", "captured", "refunded", "refunding", "capturing"]),
    Money("operations", from: "operation", by: "kind || ' ' || status", ["amount"]),
    Money("orphans", from: "orphan", by: "status", ["amount"]),
  ]
}
