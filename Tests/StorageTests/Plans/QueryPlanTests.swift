import GRDB
import Payments
import PostgresTesting
import Testing

@testable import Storage

/// No statement walks a table that grows with the shop: each engine itself says how it goes.
@Suite("Query plans") struct QueryPlanTests {
  @Test("are asked for every statement that there is")
  func complete() throws {
    let declared = try HotStatement.declared()
    let listed = Set(HotStatement.all.map(\.name)).union(HotStatement.others)
    #expect(declared.count > 80)
    #expect(declared.subtracting(listed).sorted() == [])
    // The last is a part of the schema.
    #expect(listed.subtracting(declared).sorted() == ["Schema.reserved"])
  }

  /// Asked of empty books, since SQLite's plans follow from the schema alone: it has no statistics here.
  @Test("of SQLite use an index, and sort nothing")
  func sqlite() async throws {
    try await withStore { store in
      for hot in HotStatement.all where hot.engines.contains(.sqlite) {
        let arguments = StatementArguments(hot.statement.parameters.map { _ in DatabaseValue.null })
        let steps = try await store.pool.read { db in
          try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(hot.statement.text(.sqlite))", arguments: arguments).map { row -> String in
            row["detail"]
          }
        }
        for step in steps {
          #expect(!Self.isWalk(step), "\(hot.name): \(step)")
          #expect(hot.sorts.contains(.sqlite) || !step.contains("TEMP B-TREE"), "\(hot.name): \(step)")
        }
        if let index = hot.index[.sqlite] { #expect(steps.contains { "\($0) ".contains("\(index) ") }, "\(hot.name): \(steps)") }
      }
    }
  }

  /// A list that comes with the statement is walked, of course; so are the endpoints, what a subquery has found, and the merchants that were found so far.
  private static func isWalk(_ step: String) -> Bool {
    guard step.hasPrefix("SCAN") else { return false }
    let walked = step.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    return !step.contains("VIRTUAL TABLE") && !["CONSTANT", "endpoint", "old", "held"].contains(walked)
  }

  @Test("of SQLite would tell of a walk")
  func wouldTell() async throws {
    try await withStore { store in
      let steps = try await store.pool.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN SELECT id FROM link WHERE openings = 1").map { row -> String in row["detail"] }
      }
      #expect(steps.contains(where: Self.isWalk))
    }
  }

  /// Asked of books with some thousands of links and the engine's own statistics.
  @Test("of PostgreSQL use an index, and sort nothing")
  func postgres() async throws {
    let cluster = try PostgresCluster.shared.get()
    let location = try cluster.database()
    _ = try PostgresStore.migrate(location, password: nil)
    let db = try cluster.connection(location)
    try FilledBooks(links: 20_000).fill(db)
    for hot in HotStatement.all where hot.engines.contains(.postgres) {
      let plan = try PostgresPlan(of: hot.statement, db)
      #expect(plan.walked.isEmpty, "\(hot.name): \(plan.text)")
      #expect(hot.sorts.contains(.postgres) || !plan.sorts, "\(hot.name): \(plan.text)")
      if let index = hot.index[.postgres] { #expect(plan.uses(index), "\(hot.name), not by \(index): \(plan.text)") }
    }
    let walk = try PostgresPlan(of: SQLStatement("SELECT id FROM link WHERE openings = 77"), db)
    #expect(walk.walked == ["link"])
  }
}
