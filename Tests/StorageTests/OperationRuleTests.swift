import GRDB
import Payments
import Testing

@testable import Storage

/// Nothing is given back, or taken, twice: the books themselves refuse it, whatever the program says (design §5).
@Suite("Rules of operations") struct OperationRuleTests {
  /// A payment of 1000 of which 600 are captured and 100 given back.
  static var partly: Payment { Sample.attempt(.partiallyRefunded, number: 1, amount: 1000, captured: 600, refunded: 100) }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let operations: [Operation]
    let fits: Bool

    init(_ name: String, _ fits: Bool, _ operations: Operation...) {
      testDescription = name
      self.fits = fits
      self.operations = operations
    }
  }

  static let cases = [
    Case("a refund of all that is left", true, Sample.operation(500)),
    Case("a refund of more than is left", false, Sample.operation(501)),
    Case("two refunds of all that is left", true, Sample.operation(250, status: .sent), Sample.operation(250, status: .unknown)),
    Case("two refunds of more than is left", false, Sample.operation(250, status: .unknown), Sample.operation(251)),
    Case("beside a refund that has ended", true, Sample.operation(500, status: .failed), Sample.operation(500)),
    Case("beside a refund of the same status that has not", false, Sample.operation(1, status: .sent), Sample.operation(500)),
    Case("a capture of all that is held", true, Sample.operation(.capture, 400)),
    Case("a capture of more than is held", false, Sample.operation(.capture, 401)),
    Case("two captures of more than is held", false, Sample.operation(.capture, 200, status: .sent), Sample.operation(.capture, 201)),
    Case("a refund and a capture, each of all", true, Sample.operation(500), Sample.operation(.capture, 400)),
    Case("a cancel, which reserves nothing", true, Sample.operation(.cancel, 1000)),
    Case("an amount of nothing", false, Sample.operation(0)),
    Case("less than nothing", false, Sample.operation(-1)),
    Case("nothing of a capture that has ended", false, Sample.operation(.capture, 0, status: .failed)),
    Case("a payment that is not there", false, Sample.operation(1, payment: 2)),
    Case("one id twice", false, Sample.full.operations[1], Sample.full.operations[1]),
    Case("the number of another link's refund", false, Sample.operation(1, status: .succeeded, reference: 77)),
    Case("a number of its own", true, Sample.operation(1, status: .succeeded, reference: 78)),
    Case(
      "captures of one number", true, Sample.operation(.capture, 1, status: .failed, reference: 77),
      Sample.operation(.capture, 1, status: .failed, reference: 77)),
  ]

  @Test("reserve what is open, in a new link and in one that stands", arguments: Engine.all, cases)
  func reservation(_ engine: Engine, _ test: Case) async throws {
    try await engine.withStore { store in
      let paid = Sample.attempt(.paid, number: 2, amount: 9, captured: 9)
      try await store.insert(Sample.link("taken", payments: [paid], operations: [Sample.operation(1, status: .sent, reference: 77)]))
      let standing = Sample.link("A", payments: [Self.partly])
      try await store.insert(standing)
      var asked = standing
      asked.operations = test.operations
      asked.sequence += 1
      let wanted = asked
      var other = Self.partly
      other.id = Sample.payment(3)
      let new = Sample.link("B", payments: [other], operations: test.operations)
      if test.fits {
        try await store.change(standing) { $0 = wanted }
        #expect(try await store.link(standing.id) == wanted)
      } else {
        await #expect(throws: StoreError.self) { try await store.change(standing) { $0 = wanted } }
        #expect(try await store.link(standing.id) == standing)
        await #expect(throws: StoreError.self) { try await store.insert(new) }
        #expect(try await store.link(new.id) == nil)
      }
    }
  }

  @Test("let one of another merchant have the same number", arguments: Engine.all)
  func numbersOfMerchants(_ engine: Engine) async throws {
    try await engine.withStore { store in
      for name in ["a", "b"] {
        let link = Sample.link(
          "A", merchant: Sample.merchant(name), payments: [Self.partly], operations: [Sample.operation(1, status: .sent, reference: 77)])
        try await store.insert(link)
        #expect(try await store.link(link.id) == link)
      }
    }
  }

  @Test("let the money move when its operation ends, in one unit, to the last unit of money", arguments: Engine.all)
  func moving(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = Sample.link(
        "A", payments: [Sample.attempt(.authorized, number: 1, amount: 100)], operations: [Sample.operation(.capture, 100, status: .sent)])
      try await store.insert(link)
      try await store.change(link) {
        $0.operations[0].status = .succeeded
        $0.payments[0].status = .paid
        $0.payments[0].captured = 100
        $0.operations.append(Sample.operation(60))
      }
      try await store.change(link) { $0.operations.append(Sample.operation(40)) }
      // Money given back elsewhere ends the one, while the other is done and a third takes what is left.
      let last = try await store.change(link) {
        $0.operations[1].status = .succeeded
        $0.operations[2].status = .failed
        $0.operations.append(Sample.operation(30, status: .succeeded, origin: .acquirer, reference: 5))
        $0.operations.append(Sample.operation(10))
        $0.payments[0].refunded = 90
      }
      #expect(try await store.link(link.id) == last)
      await #expect(throws: StoreError.self) { try await store.change(link) { $0.operations.append(Sample.operation(1)) } }
      // What is reserved cannot be given back past it.
      await #expect(throws: StoreError.self) { try await store.change(link) { $0.payments[0].refunded = 91 } }
      await #expect(throws: StoreError.self) { try await store.change(link) { $0.payments[0].captured = 99 } }
      await #expect(throws: StoreError.self) { try await store.change(link) { $0.operations[2].status = .unknown } }
      #expect(try await store.link(link.id) == last)
    }
  }

  @Test("leave exactly ten of a hundred refunds of a tenth at the same time, even to a program that does not count", arguments: Engine.all)
  func parallel(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let link = Sample.link("A", payments: [Sample.attempt(.paid, number: 1, amount: 1000, captured: 1000)])
      try await store.insert(link)
      let taken = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<100 {
          group.addTask {
            do throws(any Error) {
              try await store.change(link) { $0.operations.append(Sample.operation(100)) }
              _ = taken.next()
            } catch {}
          }
        }
      }
      #expect(taken.value == 10)
      #expect(try await store.link(link.id)?.operations.count == 10)
    }
  }

  @Test("bound what one link may hold", arguments: Engine.all)
  func count(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let operations = (0..<1000).map { _ in Sample.operation(1, status: .failed) }
      let link = Sample.link("A", payments: [Self.partly], operations: operations)
      try await store.insert(link)
      #expect(try await store.link(link.id) == link)
      await #expect(throws: StoreError.self) { try await store.change(link) { $0.operations.append(Sample.operation(1)) } }
    }
  }

  /// Each statement, by a hand that goes past the program, on a payment of 1000, 600 captured, 100 given back, with an open refund of 300 at
  /// place 1, an open capture of 200 at place 2 and a refund of 200 that failed at place 3.
  @Test(
    "hold against any hand",
    arguments: [
      ("UPDATE payment SET refunded = 300", true),
      ("UPDATE payment SET refunded = 301", false),
      ("UPDATE payment SET captured = 800", true),
      ("UPDATE payment SET captured = 801", false),
      ("UPDATE payment SET captured = 400", true),
      ("UPDATE payment SET captured = 399", false),
      ("UPDATE payment SET refunding = 500", true),
      ("UPDATE payment SET refunding = 501", false),
      ("UPDATE payment SET refunding = -1", false),
      ("UPDATE payment SET capturing = 400", true),
      ("UPDATE payment SET capturing = 401", false),
      ("UPDATE payment SET capturing = -1", false),
      ("UPDATE operation SET status = 'unknown' WHERE ordinal = 3", true),
      ("UPDATE payment SET refunded = 101; UPDATE operation SET status = 'unknown' WHERE ordinal = 3", false),
      ("UPDATE operation SET status = 'failed' WHERE ordinal = 1; UPDATE payment SET refunded = 600", true),
      ("UPDATE operation SET status = 'failed' WHERE ordinal = 1; UPDATE payment SET refunded = 601", false),
      ("UPDATE operation SET status = 'succeeded' WHERE ordinal = 2; UPDATE payment SET captured = 1000", true),
      ("UPDATE operation SET status = 'lost' WHERE ordinal = 3", false),
      ("UPDATE operation SET looks = 0", true),
      ("UPDATE operation SET looks = -1", false),
      ("UPDATE operation SET reference = 1 WHERE ordinal = 3", true),
      ("UPDATE operation SET reference = 0 WHERE ordinal = 3", false),
      ("UPDATE operation SET reference = 1 WHERE ordinal <> 2", false),
      ("UPDATE operation SET failure_code = 'a', failure_message = 'b'", true),
      ("UPDATE operation SET failure_code = 'a'", false),
      ("UPDATE operation SET failure_message = 'b'", false),
      ("UPDATE operation SET amount = 1", false),
      ("UPDATE operation SET kind = 'cancel'", false),
      ("UPDATE operation SET payment = 1", false),
      ("DELETE FROM operation", false),
      ("DELETE FROM payment", false),
      (copy("kind", "'cancel'"), true),
      (copy("kind", "'void'"), false),
      (copy("origin", "'acquirer'"), true),
      (copy("origin", "'shop'"), false),
      (copy("amount", "1"), true),
      (copy("amount", "0"), false),
      (copy("ordinal", "1000"), true),
      (copy("ordinal", "1001"), false),
      (copy("ordinal", "0"), false),
      (copy("ordinal", "1"), false),
      (copy("payment", "2"), false),
      (copy("id", "'re_'"), false),
    ])
  func schema(_ statement: String, _ holds: Bool) async throws {
    try await withStore { store in
      try await store.insert(
        Sample.link(
          "A", payments: [Self.partly],
          operations: [Sample.operation(300), Sample.operation(.capture, 200), Sample.operation(200, status: .failed)]))
      #expect(try await reserved(store) == [300, 200])
      let error = try await store.pool.write { db -> DatabaseError? in
        do {
          try db.execute(sql: statement)
          return nil
        } catch let error as DatabaseError {
          return error
        }
      }
      #expect((error == nil) == holds, "\(String(describing: error?.message))")
      if let error { #expect(error.resultCode == .SQLITE_CONSTRAINT) }
    }
  }

  @Test("keep what is reserved as the sum of what is open", arguments: Operation.Status.allCases, Operation.Kind.allCases)
  func sums(_ status: Operation.Status, _ kind: Operation.Kind) async throws {
    try await withStore { store in
      let link = Sample.link("A", payments: [Self.partly], operations: [Sample.operation(kind, 7)])
      try await store.insert(link)
      #expect(try await reserved(store) == [kind == .refund ? 7 : 0, kind == .capture ? 7 : 0])
      try await store.change(link) { $0.operations[0].status = status }
      #expect(try await reserved(store) == [kind == .refund && status.isOpen ? 7 : 0, kind == .capture && status.isOpen ? 7 : 0])
    }
  }

  private func reserved(_ store: SQLiteStore) async throws -> [Int64] {
    try await store.pool.read { db in
      let row = try Row.fetchOne(db, sql: "SELECT refunding, capturing FROM payment")
      return row.map { [$0["refunding"], $0["capturing"]] } ?? []
    }
  }

  /// The failed refund once more, at the fourth place and under another id, with one column changed.
  private static func copy(_ column: String, _ value: String) -> String {
    var values = Dictionary(uniqueKeysWithValues: OperationColumn.allCases.map { ($0.name, $0.name) })
    values["ordinal"] = "4"
    values["id"] = "substr(id, 1, 28) || '~'"
    values[column] = value
    let list = OperationColumn.allCases.map { values[$0.name] ?? "NULL" }.joined(separator: ", ")
    return "INSERT INTO operation (\(OperationColumn.list)) SELECT \(list) FROM operation WHERE ordinal = 3"
  }
}
