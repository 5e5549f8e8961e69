import Logging
import PaymentsTesting
import Testing

@testable import Payments

/// What fresh eyes found in the money rules (decision 0004): each was money lost, doubled, told wrongly, or a person never asked.
@Suite("Money audit") struct AuditTests {
  private static let late = Example.start + .days(2)
  private let books = MemoryBooks()
  private let clock = ManualClock(AuditTests.late)
  private let acquirer = ScriptedAcquirer(pages: [.unknown("not asked")])
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func merchants(_ policy: LateMoney) -> Merchants {
    Merchants([Merchant(name: Example.merchant, currency: Example.uzs, lateMoney: .init(policy), acquirer: acquirer)])
  }

  private func settle(_ policy: LateMoney = .hold) -> SettlePayment {
    SettlePayment(store: books, merchants: merchants(policy), clock: clock, logger: logger)
  }

  private func sync(_ policy: LateMoney) -> SyncLink {
    SyncLink(store: books, merchants: merchants(policy), settle: settle(policy), clock: clock, logger: logger)
  }

  private func adopt() async throws -> AdoptOrphan.Outcome {
    try await AdoptOrphan(store: books, merchants: merchants(.hold), settle: settle(), logger: logger)(
      try PaymentID(99), of: Example.merchant)
  }

  private func reconcile(_ policy: LateMoney = .hold) async throws {
    let run = RunOperation(store: books, merchants: merchants(policy), settle: settle(policy), clock: clock, logger: logger)
    let recover = RecoverLink(store: books, settle: settle(policy), clock: clock, logger: logger)
    try await ReconcileDue(
      store: books, merchants: merchants(policy), sync: sync(policy), recover: recover, run: run, clock: clock, logger: logger)()
  }

  private func reconcile(every wait: Duration, for span: Duration, _ policy: LateMoney = .hold) async throws {
    let end = clock.now() + span
    while clock.now() < end {
      try await reconcile(policy)
      clock.advance(by: wait)
    }
  }

  private func lateResult() -> Report {
    var report = Example.report(.result, asOf: clock.now())
    report.paidAt = clock.now()
    report.canReject = true
    return report
  }

  private func status(_ status: PaymentStatus = .paid, of payment: Int64 = 7, amount: Int64? = 1000) -> StatusAnswer {
    .report(Example.report(.status, payment: payment, status: status, amount: amount, asOf: clock.now()))
  }

  private var link: PaymentLink { books.allLinks[0] }

  @Test("money that is on its way back cannot be accepted", arguments: [Operation.Status.requested, .sent, .unknown])
  func acceptedThenRefunded(_ status: Operation.Status) async throws {
    var late = try #require(
      Example.settle(lateResult(), [Example.link(status: .expired)], now: Self.late, lateMoney: .refund).outcome.link)
    late.operations[0].status = status
    let decision = DecideAccept(merchant: Example.merchant, link: late.id, now: Self.late).decide(Snapshot(links: [late]))
    guard case .refused(.wrongState(.review)) = decision.outcome else { Issue.record("\(decision.outcome)"); return }
    #expect(decision.changes.isEmpty)
  }

  @Test("a person is asked about a reject though a reader asked the acquirer first")
  func readerFirst() async throws {
    books.put(Example.link(status: .expired))
    _ = try await settle(.reject)(lateResult())
    acquirer.answer(statuses: [.unknown("down")])
    try await reconcile(every: .seconds(10), for: .minutes(130), .reject)
    clock.advance(by: .milliseconds(500))
    _ = try await sync(.reject).onRead(link)
    try await reconcile(every: .hours(1), for: .days(9), .reject)
    #expect(books.events.count { $0.kind == .paymentAnomaly } == 1)
  }

  @Test("the last look after a reject asks, though it comes a little late")
  func lastLook() async throws {
    books.put(Example.link(status: .expired))
    _ = try await settle(.reject)(lateResult())
    clock.advance(by: .minutes(2))
    acquirer.answer(statuses: [status()])
    try await reconcile(.reject)
    #expect(link.payments[0].status == .paid)
    try await reconcile(every: .seconds(30), for: .minutes(120), .reject)
    clock.advance(by: .minutes(8) + .seconds(1))
    acquirer.answer(statuses: [status(.canceled, amount: nil)])
    try await reconcile(every: .seconds(2), for: .seconds(10), .reject)
    #expect(link.payments[0].status == .canceled)
  }

  @Test("an old result after a release or reversal is asked about, not believed", arguments: [PaymentStatus.authorized, .paid])
  func oldResult(_ status: PaymentStatus) throws {
    var link = Example.link(capture: status == .authorized ? .manual : .automatic)
    func settle(_ source: Report.Source, _ status: PaymentStatus, _ minutes: Int) throws -> SettlePayment.Outcome {
      let now = Example.start + .minutes(minutes)
      var report = Example.report(source, status: status, amount: status.hasMoney ? 1000 : nil, asOf: now)
      report.paidAt = status.hasMoney ? Example.start : nil
      let outcome = Example.settle(report, [link], now: now, lateMoney: .accept).outcome
      link = try #require(outcome.link)
      return outcome
    }
    _ = try settle(.status, status, 1)
    _ = try settle(.status, .canceled, 10)
    #expect(link.status == .canceled)
    #expect(try settle(.result, status, 31).reading == .unconfirmed)
    #expect(link.payments[0].status == .canceled)
    #expect(link.nextLookAt == Example.start + .minutes(31))
    #expect(link.payments[0].needsAsking(at: Example.start + .minutes(31)))
    // The status says the same as the books: then it is over.
    _ = try settle(.status, .canceled, 32)
    #expect(!link.payments[0].needsAsking(at: Example.start + .minutes(33)))
  }

  @Test("an orphan adopted under a completed link is settled though the process died in between")
  func killedBetween() async throws {
    var paid = try #require(Example.settle(Example.report(), [Example.link()]).outcome.link)
    paid.nextLookAt = nil
    books.put(paid)
    _ = try await settle()(Example.report(payment: 99, link: LinkID(at: Example.start), digest: "d9"))
    acquirer.answer(statuses: [status(of: 99)])
    books.fail(StoreError(.unavailable, "gone"), after: 1)
    await #expect(throws: StoreError.self) { _ = try await adopt() }
    books.fail(nil)
    clock.advance(by: .hours(1))
    acquirer.answer(statuses: [status(of: 99)])
    try await reconcile(every: .minutes(5), for: .days(1))
    #expect(link.payments.map(\.status) == [.paid, .paid])
    #expect(link.status == .review)
  }

  @Test("a result that must be confirmed is asked about until it is", arguments: [LinkStatus.completed, .failed, .expired])
  func unconfirmed(_ standing: LinkStatus) async throws {
    var link = Example.link(status: standing)
    if standing == .completed { link = try #require(Example.settle(Example.report(), [Example.link()]).outcome.link) }
    books.put(link)
    var odd = Example.report(.result, payment: 99, link: link.id, digest: "d9", asOf: clock.now())
    odd.needsConfirmation = true
    #expect(try await settle()(odd).reading == .unconfirmed)
    acquirer.answer(statuses: [.unknown("timeout")])
    try await reconcile()
    clock.advance(by: .seconds(10))
    acquirer.answer(statuses: [.report(Example.report(.status, payment: 99, asOf: clock.now() + .days(1)))])
    try await reconcile(every: .minutes(1), for: .hours(2))
    #expect(self.link.payments.last?.status == .paid)
  }

  @Test("a captured hold without its sum is asked about though the payment was canceled before")
  func confirmedAfterCancel() async throws {
    let canceled = Example.report(.status, status: .canceled, amount: nil, asOf: Example.start)
    books.put(try #require(Example.settle(canceled, [Example.link(capture: .manual)]).outcome.link))
    #expect(try await settle()(Example.report(.result, digest: "d2", asOf: clock.now())).reading == .unconfirmed)
    acquirer.answer(statuses: [status()])
    try await reconcile()
    #expect(link.payments[0].status == .paid)
  }

  @Test("a status that was asked before a result came does not end what that result asks", arguments: [PaymentStatus.pending, .canceled])
  func olderStatus(_ standing: PaymentStatus) throws {
    let canceled = Example.report(.status, status: .canceled, amount: nil, asOf: Example.start)
    var link = Example.link(capture: .manual)
    if standing == .canceled { link = try #require(Example.settle(canceled, [link]).outcome.link) }
    let result = Example.report(.result, digest: "d2", asOf: Example.start + .seconds(2))
    link = try #require(Example.settle(result, [link], now: Example.start + .seconds(2)).outcome.link)
    // Asked at one second, answered after the result.
    let older = Example.report(.status, status: .canceled, amount: nil, asOf: Example.start + .seconds(1))
    link = try #require(Example.settle(older, [link], now: Example.start + .seconds(3)).outcome.link)
    #expect(link.payments[0].needsAsking(at: Example.start + .seconds(4)))
    #expect(link.nextLookAt != nil)
    let newer = Example.report(.status, status: .canceled, amount: nil, asOf: Example.start + .seconds(4))
    link = try #require(Example.settle(newer, [link], now: Example.start + .seconds(5)).outcome.link)
    #expect(!link.payments[0].needsAsking(at: Example.start + .seconds(6)))
  }

  @Test("an orphan in another currency gets a link of its own")
  func otherCurrency() async throws {
    books.put(Example.link(status: .expired))
    let dollars = Money(minorUnits: 500, currency: try Currency("USD"))
    var message = Example.report(payment: 99, link: LinkID(at: Example.start), digest: "d9")
    message.amount = dollars
    _ = try await settle()(message)
    var answer = Example.report(.status, payment: 99, asOf: clock.now())
    answer.amount = dollars
    acquirer.answer(statuses: [.report(answer)])
    guard case .adopted(let link) = try await adopt() else { Issue.record("was to be adopted"); return }
    #expect(link.status == .review)
    #expect(link.payments.map(\.amount) == [dollars])
    #expect(books.allLinks.count == 2)
  }

  @Test("an orphan whose order no shop could have given is asked about by its number alone")
  func stranger() async throws {
    _ = try await settle()(Example.report(payment: 99, order: nil))
    acquirer.answer(statuses: [status(of: 99)])
    guard case .adopted = try await adopt() else { Issue.record("was to be adopted"); return }
    #expect(acquirer.queries == [.stranger(try PaymentID(99))])
  }

  @Test("the discount of a hold counts for its capture too")
  func discountedHold() throws {
    var hold = Example.report(.result, status: .authorized, amount: 900)
    hold.discount = Example.money(100)
    let link = try #require(Example.settle(hold, [Example.link(capture: .manual)]).outcome.link)
    #expect(link.status == .completed)
    let now = Example.start + .minutes(5)
    let captured = Example.settle(Example.report(.status, amount: 900, asOf: now), [link], now: now).outcome.link
    #expect(captured?.status == .completed)
    #expect(captured?.payments[0].flags == [])
  }

  @Test("another amount for money that is in the books is an anomaly, whatever else the report says")
  func rewritten() throws {
    let link = try #require(Example.settle(Example.report(), [Example.link()]).outcome.link)
    let now = Example.start + .minutes(5)
    var report = Example.report(.status, status: .partiallyRefunded, amount: 500, asOf: now)
    report.refunded = Example.money(100)
    let outcome = Example.settle(report, [link], now: now).outcome
    #expect(outcome.reading == .anomaly)
    #expect(outcome.link?.payments[0].captured == 1000)
  }

  @Test("a part was to be captured and all was taken: not our doing, and a person is asked")
  func wholeCapture() throws {
    var link = try #require(Example.settle(Example.report(status: .authorized), [Example.link(capture: .manual)]).outcome.link)
    link.operations.append(
      Operation(
        id: OperationID(.capture, at: Example.start), kind: .capture, payment: 1, amount: Example.money(600), requestedAt: Example.start,
        status: .unknown))
    let now = Example.start + .days(5)
    var report = Example.report(.status, asOf: now)
    report.captured = Example.money(1000)
    let decision = Example.settle(report, [link], now: now)
    #expect(decision.outcome.link?.operations.map(\.status) == [.failed])
    #expect(decision.outcome.link?.payments[0].captured == 1000)
    #expect(decision.changes.events.contains { $0.kind == .paymentAnomaly })
  }

  @Test("a refund that the sum counts while its record is pending is ours, once")
  func sumBeforeList() throws {
    var link = try #require(Example.settle(Example.report(), [Example.link()]).outcome.link)
    link.operations.append(
      Operation(
        id: OperationID(.refund, at: Example.start), kind: .refund, payment: 1, amount: Example.money(300), requestedAt: Example.start,
        status: .sent, reference: try PaymentID(71), sentAt: Example.start))
    for (minute, listed) in [(1, ReportedRefund.Status.pending), (2, .succeeded)] {
      let now = Example.start + .minutes(minute)
      var report = Example.report(.status, status: .partiallyRefunded, asOf: now)
      report.refunded = Example.money(300)
      report.refunds = [ReportedRefund(id: try PaymentID(71), amount: Example.money(300), status: listed)]
      link = try #require(Example.settle(report, [link], now: now).outcome.link)
    }
    #expect(link.operations.map(\.status) == [.succeeded])
    #expect(link.payments[0].refunded == 300)
    #expect(link.refundable(link.payments[0]) == 700)
  }

  @Test("a hold beside good money can be released and captured")
  func secondHold() throws {
    let paid = try #require(Example.settle(Example.report(), [Example.link()]).outcome.link)
    let hold = Example.report(.result, payment: 8, link: paid.id, status: .authorized, digest: "d2")
    let link = try #require(Example.settle(hold, [paid]).outcome.link)
    #expect(link.counting?.id?.number == 7)
    let reference = IdempotencyReference(caller: "a", key: "k", fingerprint: "f")
    let release = DecideCancel(
      merchant: Example.merchant, link: link.id, options: .init(), idempotency: reference, now: Example.start
    ).decide(Snapshot(links: [link]))
    guard case .releasing(let released, _) = release.outcome else { Issue.record("\(release.outcome)"); return }
    #expect(released.operations.map(\.payment) == [2])
    let capture = RequestOperation(
      merchant: Example.merchant, link: link.id, new: NewOperation(kind: .capture), idempotency: reference, now: Example.start
    ).decide(Snapshot(links: [link]))
    guard case .requested(let captured, _) = capture.outcome else { Issue.record("\(capture.outcome)"); return }
    #expect(captured.operations.map(\.payment) == [2])
  }

  @Test("money for an order that the shop canceled stays late after other late money brought the link to review")
  func secondLatePayment() throws {
    var link = Example.link(status: .canceled)
    link.canceledAt = Example.start
    link = try #require(Example.settle(Example.report(), [link]).outcome.link)
    #expect(link.status == .review)
    let second = Example.settle(Example.report(payment: 8, link: link.id, digest: "d2"), [link]).outcome.link
    #expect(second?.payments.last?.flags == [.late, .duplicate])
  }
}
