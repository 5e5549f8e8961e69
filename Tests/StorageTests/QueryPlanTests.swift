import GRDB
import Payments
import Testing

@testable import Storage

/// No statement of the port walks a table: the engine itself says how it goes.
@Suite("Query plans") struct QueryPlanTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let sql: String
    let sorts: Bool

    init(_ name: String, _ sql: String, sorts: Bool = false) {
      testDescription = name
      self.sql = sql
      self.sorts = sorts
    }
  }

  static let cases =
    [
      Case("link by id", LinkStatements.byID),
      Case("link by payment", LinkStatements.byPayment),
      Case("link by client token", LinkStatements.byToken(.client)),
      Case("link by short token", LinkStatements.byToken(.short)),
      Case("link by return token", LinkStatements.byToken(.return)),
      // Few rows, and the live ones first: these alone are sorted.
      Case("links of an order", LinkStatements.ofOrder, sorts: true),
      Case("due", LinkStatements.due),
      Case("ended", LinkStatements.ended),
      Case("update of a link", LinkStatements.update),
      Case("payments", LinkStatements.payments),
      Case("events", BookStatements.eventsOfLink),
      Case("idempotency", BookStatements.idempotency),
      Case("forgetting", BookStatements.forgetIdempotency),
      Case("answer", BookStatements.answer),
      Case("heartbeat", BookStatements.beat),
    ]
    + [false, true].flatMap { order in
      [false, true].flatMap { status in
        [false, true].map { flag in
          Case("list, order \(order), status \(status), flag \(flag)", LinkStatements.positions(order: order, status: status, flag: flag))
        }
      }
    }

  @Test("use an index, and sort nothing", arguments: cases)
  func plan(_ test: Case) async throws {
    let (name, sql) = (test.testDescription, test.sql)
    try await withStore { store in
      let steps = try await store.pool.read { db in
        let names = sql.matches(of: /:([a-z_]+)/).map { String($0.output.1) }
        let arguments = StatementArguments(Dictionary(names.map { ($0, DatabaseValue.null) }, uniquingKeysWith: { first, _ in first }))
        return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: arguments).map { row -> String in row["detail"] }
      }
      #expect(!steps.isEmpty)
      for step in steps {
        #expect(!step.hasPrefix("SCAN"), "\(name): \(step)")
        #expect(test.sorts || !step.contains("TEMP B-TREE"), "\(name): \(step)")
      }
      if name.hasPrefix("list") { #expect(steps.contains { $0.contains("COVERING INDEX") || $0.contains("link_") }) }
    }
  }

  @Test("would tell of a walk")
  func wouldTell() async throws {
    try await withStore { store in
      let steps = try await store.pool.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN SELECT id FROM link WHERE openings = 1").map { row -> String in row["detail"] }
      }
      #expect(steps.contains { $0.hasPrefix("SCAN") })
    }
  }
}
