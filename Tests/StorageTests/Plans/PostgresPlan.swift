import Payments

@testable import Storage

/// How PostgreSQL goes about a statement, whatever the values.
struct PostgresPlan {
  let lines: [String]

  init(of statement: SQLStatement, _ db: PostgresConnection) throws {
    for setting in Self.settings { try db.execute("SET \(setting)") }
    try db.execute("PREPARE hot AS \(statement.text(.postgres))")
    let values = statement.parameters.isEmpty ? "" : "(\(statement.parameters.map { _ in "NULL" }.joined(separator: ", ")))"
    lines = try db.all(SQLStatement("EXPLAIN EXECUTE hot\(values)"), []) { try $0.string(0) }
    try db.execute("DEALLOCATE hot")
  }

  /// The plan that a connection keeps, which knows no values; and where an index can serve, it must: a table of tests is so small that reading it whole, or joining it
  /// whole, costs less. `Benchmarks/plans` asks large books, with values and nothing switched off.
  private static let settings = [
    "plan_cache_mode = force_generic_plan", "enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off",
  ]

  var text: String { lines.map { String($0.drop { $0 == " " }) }.joined(separator: " | ") }

  /// Tables that grow with the shop and are read from end to end, be it along an index. A partition counts as its table; a partial index is as small as what it holds.
  var walked: [String] {
    lines.indices.compactMap { place in
      guard let match = lines[place].firstMatch(of: /(?:Seq Scan|Index Scan using (\w+)|Index Only Scan using (\w+)) on (\w+)/) else {
        return nil
      }
      let conditions = lines[(place + 1)...].prefix { !$0.contains("->") }
      if conditions.contains(where: { $0.contains("Index Cond") })
        || ["event_waiting", "delivery_waiting"].contains(match.1 ?? match.2 ?? "")
      {
        return nil
      }
      let name = String(match.3)
      return HotStatement.bigTables.first { name == $0 || (name.hasPrefix("\($0)_") && ["message", "attempt"].contains($0)) }
    }
  }

  var sorts: Bool { lines.contains { $0.contains(/\bSort  \(/) } }

  func uses(_ index: String) -> Bool {
    lines.contains {
      $0.contains("using \(index) ") || $0.contains("Scan on \(index) ") || ($0.contains("using ") && $0.contains("\(index) "))
    }
  }
}
