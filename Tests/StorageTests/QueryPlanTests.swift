import GRDB
import Payments
import Testing

@testable import Storage

/// No statement of the port walks a table: the engine itself says how it goes.
@Suite("Query plans") struct QueryPlanTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let statement: SQLStatement
    let sorts: Bool
    /// The index that must serve it, where another would do worse.
    let index: String?

    init(_ name: String, _ statement: SQLStatement, sorts: Bool = false, by index: String? = nil) {
      testDescription = name
      self.statement = statement
      self.sorts = sorts
      self.index = index
    }
  }

  static let cases =
    [
      Case("link by id", LinkStatements.byID),
      Case("link by payment", LinkStatements.byPayment, by: "payment_number"),
      Case("link by client token", LinkStatements.byToken(.client)),
      Case("link by short token", LinkStatements.byToken(.short)),
      Case("link by return token", LinkStatements.byToken(.return)),
      // Few rows, and the live ones first: these alone are sorted.
      Case("links of an order", LinkStatements.ofOrder, sorts: true, by: "link_order"),
      Case("due", LinkStatements.due, by: "link_look"),
      Case("ended", LinkStatements.ended, by: "link_ending"),
      Case("update of a link", LinkStatements.update),
      Case("a look to take", LeaseStatements.look, by: "link_look"),
      Case("an end to take", LeaseStatements.ended, by: "link_ending"),
      Case("lapsed leases", LeaseStatements.lapsed, by: "lease_end"),
      Case("whether a lease lapsed", LeaseStatements.hasLapsed, by: "lease_end"),
      Case("renewing leases", LeaseStatements.renew),
      Case("ending leases", LeaseStatements.finish),
      Case("a turn", LeaseStatements.isOthersTurn),
      Case("payments", LinkStatements.payments),
      Case("operations", LinkStatements.operations, by: "sqlite_autoindex_operation_2"),
      Case(
        "what open refunds reserve", SQLStatement(Schema.reserved("refund").replacing("new.", with: ":")),
        by: "sqlite_autoindex_operation_2"),
      Case("events", BookStatements.eventsOfLink, by: "event_link"),
      Case("sequences", LinkStatements.sequences, by: "sqlite_autoindex_link_1"),
      Case("the feed", BookStatements.feed, by: "event_merchant"),
      Case("event by id", BookStatements.eventByID),
      Case("event by place", OutboxStatements.event),
      Case("what happened since", OutboxStatements.since),
      Case("whether anything happened since", OutboxStatements.hasNew),
      Case("whether a delivery is due", OutboxStatements.hasDue, by: "delivery_waiting"),
      Case("due deliveries", OutboxStatements.due, by: "delivery_waiting"),
      Case("endpoint", OutboxStatements.endpoint),
      Case("attempts", OutboxStatements.attempts, by: "attempt_delivery"),
      Case("giving an endpoint up", OutboxStatements.giveUp),
      Case("queueing again", OutboxStatements.queueAgain),
      Case("deliveries", OutboxStatements.list([]), by: "delivery_list"),
      Case("deliveries by status", OutboxStatements.list(.status), by: "delivery_status_list"),
      Case("deliveries of an event", OutboxStatements.list([.endpoint, .event])),
      Case("idempotency", BookStatements.idempotency),
      Case("forgetting", BookStatements.forgetIdempotency),
      Case("answer", BookStatements.answer),
      Case("heartbeat", BookStatements.beat),
      Case("orphans", OpenBusinessStatements.orphans),
      Case("one orphan", OpenBusinessStatements.orphan),
      Case("the oldest link", OpenBusinessStatements.oldest(.link), by: "link_open"),
      Case("the oldest payment", OpenBusinessStatements.oldest(.payment), by: "payment_open"),
      Case("the oldest operation", OpenBusinessStatements.oldest(.operation), by: "operation_open"),
    ]
    + lists

  private static let lists = [
    Case("the whole list", ListStatements.positions([]), by: "link_list"),
    Case("an order's list", ListStatements.positions(.order), by: "link_order"),
    Case("a status's list", ListStatements.positions(.status), by: "link_status_list"),
    Case("a flag's list", ListStatements.positions(.flag), by: "link_flagged"),
    Case("list by order and status", ListStatements.positions([.order, .status])),
    Case("list by order and flag", ListStatements.positions([.order, .flag])),
    Case("list by status and flag", ListStatements.positions([.status, .flag])),
    Case("list by all", ListStatements.positions([.order, .status, .flag])),
    Case("a pair's list", ListStatements.positions(.metadata), by: "PRIMARY KEY"),
    Case("list by a pair and all", ListStatements.positions([.order, .status, .flag, .metadata]), by: "PRIMARY KEY"),
  ]

  @Test("use an index, and sort nothing", arguments: cases)
  func plan(_ test: Case) async throws {
    let (name, statement) = (test.testDescription, test.statement)
    try await withStore { store in
      let steps = try await store.pool.read { db in
        let arguments = StatementArguments(statement.parameters.map { _ in DatabaseValue.null })
        return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(statement.text(.sqlite))", arguments: arguments).map { row -> String in
          row["detail"]
        }
      }
      #expect(!steps.isEmpty)
      for step in steps {
        // A list that comes with the statement is walked, of course.
        #expect(!step.hasPrefix("SCAN") || step.contains("VIRTUAL TABLE"), "\(name): \(step)")
        #expect(test.sorts || !step.contains("TEMP B-TREE"), "\(name): \(step)")
      }
      if let index = test.index { #expect(steps.contains { $0.contains("\(index) ") }, "\(name): \(steps)") }
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
