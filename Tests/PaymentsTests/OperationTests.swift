import Logging
import PaymentsTesting
import Testing

@testable import Payments

/// Captures, cancels and refunds over books in memory: reserved, sent at most once, and followed to their end.
@Suite struct OperationTests {
  let books = MemoryBooks()
  let clock = ManualClock(Example.start)
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  let acquirer = ScriptedAcquirer(pages: [.unknown("not asked")])

  var merchants: Merchants { Merchants([Merchant(name: Example.merchant, currency: Example.uzs, acquirer: acquirer)]) }
  var settle: SettlePayment { SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger) }
  var run: RunOperation { RunOperation(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger) }
  var operate: OperateLink { OperateLink(store: books, run: run, clock: clock, logger: logger) }

  func paid(_ status: PaymentStatus = .paid) throws -> PaymentLink {
    let link = try #require(Example.settle(Example.report(status: status), [Example.link()]).outcome.link)
    books.put(link)
    acquirer.answer(statuses: [.report(report(status))])
    return link
  }

  func report(_ status: PaymentStatus, refunds: [ReportedRefund] = []) -> Report {
    var report = Example.report(.status, status: status, asOf: clock.now())
    report.refunds = refunds
    let sum = refunds.filter { $0.status == .succeeded }.reduce(0) { $0 + $1.amount.minorUnits }
    if sum > 0 { report.refunded = Example.money(sum) }
    return report
  }

  func listed(_ id: Int64, _ units: Int64, _ status: ReportedRefund.Status = .succeeded) throws -> ReportedRefund {
    ReportedRefund(id: try PaymentID(id), amount: Example.money(units), status: status)
  }

  @discardableResult
  func ask(_ new: NewOperation, on link: PaymentLink, key: String = "r1") async throws -> OperateLink.Outcome {
    try await operate(
      new, on: link.id, of: link.merchant, idempotency: IdempotencyReference(caller: "shop", key: key, fingerprint: "\(new)"))
  }

  func refund(_ units: Int64?, on link: PaymentLink, key: String = "r1") async throws -> OperateLink.Outcome {
    try await ask(NewOperation(kind: .refund, amount: units), on: link, key: key)
  }

  func current(_ link: PaymentLink) async throws -> PaymentLink { try #require(try await books.link(link.id)) }

  func reconcile(_ link: PaymentLink) async throws {
    let sync = SyncLink(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger)
    let recover = RecoverLink(store: books, settle: settle, clock: clock, logger: logger)
    try await ReconcileDue(store: books, merchants: merchants, sync: sync, recover: recover, run: run, clock: clock, logger: logger)()
  }

  @Test("A refund moves the money once; in parts until nothing is left")
  func refunds() async throws {
    let link = try paid()
    acquirer.answer(operations: [.done(try PaymentID(71)), .done(try PaymentID(72))])
    _ = try await refund(400, on: link)
    var now = try await current(link)
    #expect(now.payments[0].status == .partiallyRefunded)
    #expect(now.payments[0].refunded == 400)
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: [try listed(71, 400)]))])
    _ = try await refund(nil, on: link, key: "r2")
    now = try await current(link)
    #expect(now.payments[0].status == .refunded)
    #expect(now.operations.map(\.amount.minorUnits) == [400, 600])
    #expect(now.operations.map(\.status) == [.succeeded, .succeeded])
    #expect(!now.isLive)
    #expect(acquirer.operations.map(\.isWhole) == [false, false])
    guard case .refused(.wrongState, false) = try await refund(1, on: link, key: "r3") else {
      Issue.record("nothing is left")
      return
    }
    #expect(books.events.map(\.kind) == [.refundSucceeded, .refundSucceeded])
  }

  @Test("More than what is left is refused, counting what is under way; both sides of the bound")
  func overRefund() async throws {
    let link = try paid()
    acquirer.answer(operations: [.unknown("timeout")])
    _ = try await refund(400, on: link)
    guard case .refused(.amountExceedsCaptured(left: 600), false) = try await refund(601, on: link, key: "r2") else {
      Issue.record("601 of 600")
      return
    }
    guard case .operated(let now, _) = try await refund(600, on: link, key: "r3") else {
      Issue.record("600 of 600")
      return
    }
    #expect(now.operations.map(\.status) == [.unknown, .requested], "one at a time")
    #expect(acquirer.operations.count == 1)
  }

  @Test("What waits behind an operation is due as soon as that one ended, well or not")
  func queued() async throws {
    let link = try paid()
    acquirer.answer(operations: [
      .accepted(try PaymentID(61)), .refused(AcquirerRefusal(kind: .refused, code: "1", description: "no")), .done(nil),
    ])
    for index in 0..<3 { _ = try await refund(100, on: link, key: "k\(index)") }
    #expect(try await current(link).operations.map(\.status) == [.sent, .requested, .requested])
    clock.advance(by: .seconds(6))
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: [try listed(61, 100)]))])
    try await reconcile(link)
    #expect(try await current(link).operations.map(\.status) == [.succeeded, .failed, .requested])
    #expect(try await current(link).nextLookAt == clock.now())
    try await reconcile(link)
    #expect(try await current(link).operations.map(\.status) == [.succeeded, .failed, .succeeded])
  }

  @Test("A hundred refunds of ten percent at once leave exactly ten")
  func parallel() async throws {
    let link = try paid()
    acquirer.answer(operations: [.unknown("timeout")])
    let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<100 {
        group.addTask {
          if case .operated = try await self.refund(100, on: link, key: "k\(index)") { true } else { false }
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(taken == 10)
    #expect(acquirer.operations.count == 1)
    #expect(try await current(link).refundable(try await current(link).payments[0]) == 0)
  }

  @Test("A refund that nobody heard of is never sent again; the acquirer's list tells its end")
  func unknown() async throws {
    let link = try paid()
    acquirer.answer(operations: [.unknown("timeout")])
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: [try listed(60, 100)]))])
    _ = try await refund(100, on: link)
    var now = try await current(link)
    // 60 was there before: somebody's own refund, and our baseline.
    #expect(now.operations.map(\.origin) == [.api, .acquirer])
    #expect(now.payments[0].refunded == 100)
    clock.advance(by: .seconds(6))
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: [try listed(60, 100)]))])
    try await reconcile(link)
    now = try await current(link)
    #expect(now.operations[0].status == .unknown, "absence is no proof")
    clock.advance(by: .seconds(40))
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: [try listed(60, 100), try listed(61, 100)]))])
    try await reconcile(link)
    now = try await current(link)
    #expect(now.operations[0].status == .succeeded)
    #expect(now.operations[0].reference == (try PaymentID(61)))
    #expect(now.payments[0].refunded == 200)
    #expect(acquirer.operations.count == 1)
  }

  @Test("A refund that the acquirer lists as failed frees its amount")
  func failedLater() async throws {
    let link = try paid()
    acquirer.answer(operations: [.accepted(try PaymentID(61))])
    _ = try await refund(100, on: link)
    clock.advance(by: .seconds(6))
    acquirer.answer(statuses: [.report(report(.paid, refunds: [try listed(61, 100, .failed)]))])
    try await reconcile(link)
    let now = try await current(link)
    #expect(now.operations[0].status == .failed)
    #expect(now.refundable(now.payments[0]) == 1000)
    #expect(books.events.map(\.kind) == [.refundFailed])
  }

  @Test("What is found sent is never sent again, however often it is looked at")
  func sentOnce() async throws {
    var link = try paid()
    link.request(
      Operation(
        id: OperationID(.refund, at: clock.now()), kind: .refund, payment: 1, amount: Example.money(100), requestedAt: clock.now(),
        status: .sent, sentAt: clock.now(), nextLookAt: clock.now()))
    link.scheduleLook(after: clock.now())
    link.nextLookAt = clock.now()
    books.put(link)
    for _ in 0..<10 {
      try await reconcile(link)
      clock.advance(by: .hours(7))
    }
    #expect(acquirer.operations.isEmpty)
    #expect(acquirer.queries.count > 3)
  }

  @Test("What provably was not sent is tried again; what the acquirer refuses is not")
  func notSent() async throws {
    let link = try paid()
    acquirer.answer(operations: [.notSent(.unreachable("refused")), .done(nil)])
    _ = try await refund(100, on: link)
    #expect(try await current(link).operations[0].status == .requested)
    clock.advance(by: .seconds(31))
    try await reconcile(link)
    #expect(try await current(link).operations[0].status == .succeeded)

    acquirer.answer(operations: [.refused(AcquirerRefusal(kind: .refused, code: "9999", description: "no"))])
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: []))])
    _ = try await refund(100, on: link, key: "r2")
    let now = try await current(link)
    #expect(now.operations[1].status == .failed)
    #expect(now.operations[1].failure?.code == "9999")
  }

  @Test("Without a status there is no baseline, and nothing is sent")
  func noBaseline() async throws {
    let link = try paid()
    acquirer.answer(statuses: [.unknown("timeout")])
    _ = try await refund(100, on: link)
    #expect(acquirer.operations.isEmpty)
    #expect(try await current(link).operations[0].status == .requested)
  }

  @Test("A hold is captured, whole or in part, once")
  func capture() async throws {
    let link = try paid(.authorized)
    acquirer.answer(operations: [.done(nil)])
    guard case .refused(.amountExceedsAuthorized(left: 1000), false) = try await ask(NewOperation(kind: .capture, amount: 1001), on: link)
    else {
      Issue.record("more than the hold")
      return
    }
    _ = try await ask(NewOperation(kind: .capture, amount: 300), on: link, key: "c2")
    let now = try await current(link)
    #expect(now.payments[0].status == .paid)
    #expect(now.payments[0].captured == 300)
    #expect(now.refundable(now.payments[0]) == 300)
    guard case .refused(.wrongState, false) = try await ask(NewOperation(kind: .capture), on: link, key: "c3") else {
      Issue.record("captured already")
      return
    }
  }

  @Test("A hold given back ends its link; a capture that somebody else made in the meantime ends the cancel")
  func cancel() async throws {
    let link = try paid(.authorized)
    acquirer.answer(operations: [.unknown("timeout")])
    _ = try await ask(NewOperation(kind: .cancel), on: link)
    clock.advance(by: .seconds(6))
    acquirer.answer(statuses: [.report(report(.paid))])
    try await reconcile(link)
    let now = try await current(link)
    #expect(now.operations[0].status == .failed)
    #expect(now.payments[0].status == .paid)

    let other = try #require(
      Example.settle(Example.report(payment: 9, order: "B1", status: .authorized), [Example.link(order: "B1", payment: 9)]).outcome.link)
    books.put(other)
    var held = Example.report(.status, payment: 9, order: "B1", status: .authorized, asOf: clock.now())
    held.asOf = clock.now()
    acquirer.answer(statuses: [.report(held)])
    acquirer.answer(operations: [.done(nil)])
    _ = try await ask(NewOperation(kind: .cancel), on: other, key: "x2")
    #expect(try await current(other).status == .canceled)
    #expect(try await current(other).payments[0].status == .canceled)
  }

  func release(_ link: PaymentLink, key: String = "x1") async throws -> CancelLink.Outcome {
    try await CancelLink(store: books, run: run, clock: clock, logger: logger)(
      link.id, of: link.merchant, idempotency: IdempotencyReference(caller: "shop", key: key, fingerprint: "cancel"))
  }

  @Test("Canceling a link that holds money asks the hold back, once; the key replays it")
  func releaseHold() async throws {
    let link = try paid(.authorized)
    #expect(link.status == .completed)
    acquirer.answer(operations: [.done(nil)])
    guard case .releasing(let now, let id) = try await release(link) else {
      Issue.record("releasing")
      return
    }
    #expect(now.operation(id)?.status == .succeeded)
    #expect(now.operation(id)?.amount == Example.money(1000))
    #expect(now.payments[0].status == .canceled)
    #expect(now.status == .canceled)
    guard case .replayed(_, id) = try await release(link), case .canceled = try await release(link, key: "x2") else {
      Issue.record("replayed, canceled already")
      return
    }
    #expect(acquirer.operations.map(\.operation.kind) == [.cancel])
    #expect(acquirer.operations.map(\.isWhole) == [true])
  }

  @Test("A hold in review is given back too; one that something else is at work on, and captured money, is not")
  func releaseRefused() async throws {
    var link = try paid(.authorized)
    link.status = .review
    books.put(link)
    acquirer.answer(operations: [.unknown("timeout")])
    guard case .releasing(let now, let id) = try await release(link) else {
      Issue.record("releasing")
      return
    }
    #expect(now.operation(id)?.status == .unknown)
    #expect(now.status == .review)
    for _ in 0..<2 {
      guard case .refused(.wrongState(.review), _) = try await release(link, key: "x2") else {
        Issue.record("under way")
        return
      }
    }
    let captured = try paid()
    guard case .refused(.wrongState(.completed), false) = try await release(captured, key: "x3") else {
      Issue.record("captured")
      return
    }
    #expect(acquirer.operations.count == 1)
  }

  @Test("A refund made in the acquirer's cabinet is taken over, and ours that has no room beside it ends")
  func elsewhere() async throws {
    let link = try paid()
    acquirer.answer(operations: [.unknown("timeout")])
    _ = try await refund(600, on: link)
    clock.advance(by: .seconds(6))
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: [try listed(50, 700)]))])
    try await reconcile(link)
    let now = try await current(link)
    #expect(now.payments[0].refunded == 700)
    #expect(now.operations.map(\.status) == [.failed, .succeeded])
    #expect(now.operations.last?.origin == .acquirer)
    #expect(now.refundable(now.payments[0]) == 300)
  }

  @Test("The key replays the same operation and refuses another")
  func replay() async throws {
    let link = try paid()
    acquirer.answer(operations: [.done(nil)])
    guard case .operated(_, let first) = try await refund(100, on: link),
      case .replayed(_, let again) = try await refund(100, on: link), case .keyReused = try await refund(200, on: link)
    else {
      Issue.record("operated, replayed, key reused")
      return
    }
    #expect(first == again)
    #expect(acquirer.operations.count == 1)
  }

  @Test("A listed refund goes to the operation that holds its number, not to another of the same amount whose number is not known")
  func numbers() async throws {
    let link = try paid()
    acquirer.answer(operations: [.done(nil), .accepted(try PaymentID(7))])
    _ = try await refund(100, on: link, key: "a")
    acquirer.answer(statuses: [.report(report(.paid))])
    clock.advance(by: .seconds(1))
    _ = try await refund(100, on: link, key: "b")
    clock.advance(by: .seconds(6))
    acquirer.answer(statuses: [.report(report(.partiallyRefunded, refunds: [try listed(7, 100)]))])
    try await reconcile(link)
    let now = try await current(link)
    #expect(now.operations.map(\.reference) == [nil, try PaymentID(7)])
    #expect(now.operations.map(\.status) == [.succeeded, .sent], "the sum shows one refund, and one is in the books")
  }

  @Test("A report with less captured than was given back is an anomaly")
  func lessCaptured() async throws {
    let link = try paid()
    acquirer.answer(operations: [.done(nil)])
    _ = try await refund(400, on: link)
    for (captured, reading) in [(399, MessageRecord.Reading.anomaly), (400, .stale)] as [(Int64, MessageRecord.Reading)] {
      var less = report(.paid)
      less.captured = Example.money(captured)
      less.asOf = clock.now() + .seconds(1)
      #expect(try await settle(less).reading == reading)
    }
  }

  @Test("An operation without an end is asked about ever more seldom, and after a day a person is asked, once")
  func person() async throws {
    let link = try paid()
    acquirer.answer(operations: [.unknown("timeout")])
    _ = try await refund(100, on: link)
    let sent = clock.now()
    var asked: [Duration] = []
    while clock.now() - sent < .days(4) {
      clock.advance(by: .seconds(5))
      let before = acquirer.queries.count
      acquirer.answer(statuses: [.report(report(.paid))])
      try await reconcile(link)
      if acquirer.queries.count > before { asked.append(clock.now() - sent) }
      let isAnomaly = books.events.contains { $0.kind == .paymentAnomaly }
      #expect(isAnomaly == (clock.now() - sent >= .seconds(5 + 30 + 120 + 600 + 3600 + 21_600 + 86_400)))
    }
    #expect(asked.prefix(4) == [.seconds(5), .seconds(35), .seconds(155), .seconds(755)])
    #expect(books.events.filter { $0.kind == .paymentAnomaly }.count == 1)
    #expect(try await current(link).operations[0].status == .unknown)
    #expect(acquirer.operations.count == 1)
  }

  @Test("The right to send is given once: to whoever comes second, and to whoever finds it sent, unknown or ended, it is refused")
  func claimedOnce() throws {
    var link = try paid()
    let operation = Operation(
      id: OperationID(.refund, at: clock.now()), kind: .refund, payment: 1, amount: Example.money(100), requestedAt: clock.now())
    link.request(operation)
    func claim(_ link: PaymentLink) -> Decision<OperationRequest?> {
      ClaimOperation(link: link, operation: operation.id, baseline: [], now: clock.now()).decide(Snapshot(links: [link]))
    }
    let first = claim(link)
    #expect(first.outcome?.operation.status == .sent)
    let sent = try #require(first.changes.updated.first)
    #expect(claim(sent).outcome == nil)
    #expect(claim(sent).changes.isEmpty)
    for status in [Operation.Status.unknown, .succeeded, .failed] {
      var other = sent
      other.operations[0].status = status
      #expect(claim(other).outcome == nil)
    }
  }

  @Test("Many who run one operation at the same moment send it once")
  func runTogether() async throws {
    var link = try paid()
    let operation = Operation(
      id: OperationID(.refund, at: clock.now()), kind: .refund, payment: 1, amount: Example.money(100), requestedAt: clock.now())
    link.request(operation)
    books.put(link)
    acquirer.answer(operations: [.unknown("timeout")])
    let asked = link
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { _ = try await self.run(asked, operation.id) } }
      try await group.waitForAll()
    }
    #expect(acquirer.operations.count == 1)
  }
}
