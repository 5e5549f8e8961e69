import Logging
import PaymentsTesting
import Testing

@testable import Payments

/// What becomes of money that comes after the link ended, by the merchant's policy (design §5).
@Suite("Late money") struct LateMoneyTests {
  private static let late = Example.start + .days(2)

  private func expired() -> PaymentLink { Example.link(status: .expired) }

  private func result(_ status: PaymentStatus = .paid, canReject: Bool = true, at now: Timestamp = late) -> Report {
    var report = Example.report(.result, status: status, asOf: now)
    report.paidAt = now
    report.canReject = canReject
    return report
  }

  private func settle(
    _ report: Report, _ link: PaymentLink, _ policy: LateMoney, isDryRun: Bool = false, answer: Verdict? = nil, at now: Timestamp = late
  ) -> Decision<SettlePayment.Outcome> {
    Example.settle(report, [link], answer: answer, now: now, lateMoney: policy, isDryRun: isDryRun)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var policy: LateMoney
    var isDryRun = false
    var canReject = true
    var held = false
    var link: LinkStatus
    var payment: PaymentStatus
    var verdict = "accept"
    var operation: Operation.Kind?
    var testDescription: String { "\(policy) dry \(isDryRun) can reject \(canReject) held \(held)" }
  }

  @Test(
    "each policy does what it says, and a dry run only says it",
    arguments: [
      Case(policy: .accept, link: .completed, payment: .paid),
      Case(policy: .hold, link: .review, payment: .paid),
      Case(policy: .reject, link: .expired, payment: .unknown, verdict: "reject"),
      Case(policy: .reject, held: true, link: .expired, payment: .unknown, verdict: "reject"),
      Case(policy: .reject, canReject: false, link: .review, payment: .paid),
      Case(policy: .refund, link: .review, payment: .paid, operation: .refund),
      Case(policy: .refund, held: true, link: .review, payment: .authorized, operation: .cancel),
      Case(policy: .accept, isDryRun: true, link: .review, payment: .paid),
      Case(policy: .reject, isDryRun: true, link: .review, payment: .paid),
      Case(policy: .refund, isDryRun: true, link: .review, payment: .paid),
    ])
  func policies(_ example: Case) throws {
    let report = result(example.held ? .authorized : .paid, canReject: example.canReject)
    let decision = settle(report, expired(), example.policy, isDryRun: example.isDryRun)
    let link = try #require(decision.outcome.link)
    #expect(link.status == example.link)
    #expect(link.payments[0].status == example.payment)
    #expect(link.payments[0].flags == [.late])
    #expect(decision.outcome.verdict.word == example.verdict)
    #expect(link.operations.map(\.kind) == [example.operation].compactMap(\.self))
    #expect(link.operations.allSatisfy { $0.nextLookAt == Self.late && $0.amount == Example.money(1000) && $0.reason == "late money" })
    #expect(decision.outcome.lateMoney == LateMoneyPolicy(example.policy, isDryRun: example.isDryRun))
    #expect(decision.changes.events.first?.kind == (example.link == .completed ? .paymentPaid : .paymentFlagged))
  }

  @Test("money in time is no matter of the policy", arguments: LateMoney.allCases)
  func inTime(_ policy: LateMoney) throws {
    let decision = settle(result(at: Example.start), Example.link(), policy, at: Example.start)
    #expect(decision.outcome.link?.status == .completed)
    #expect(decision.outcome.verdict == .accept)
    #expect(decision.outcome.lateMoney == nil)
  }

  @Test("a reject is a wish: status is asked at 1, 5, 30 m and 2 h 10 m, and then a person is")
  func wish() throws {
    var link = try #require(settle(result(), expired(), .reject).outcome.link)
    #expect(link.isLive, "nobody knows yet whether its money is gone")
    var looks: [Duration] = []
    var asked: [Duration] = []
    while looks.last ?? .zero < .hours(3) {
      let due = try #require(link.nextLookAt)
      looks.append(due - Self.late)
      let decision = ClaimLook(link: link, now: due, recoveryEvery: .seconds(20)).decide(Snapshot(links: [link]))
      link = try #require(decision.outcome)
      if decision.changes.events.contains(where: { $0.kind == .paymentAnomaly }) { asked.append(due - Self.late) }
    }
    // The looks that any link has after somebody was seen stand between.
    #expect(Set(Payment.rejectLooks).isSubset(of: looks))
    #expect(asked == [.minutes(130)])
  }

  @Test("a status of money is not believed within a minute of our reject, and is after it")
  func reversalUnderWay() throws {
    let link = try #require(settle(result(), expired(), .reject).outcome.link)
    func status(_ status: PaymentStatus, after wait: Duration) -> Decision<SettlePayment.Outcome> {
      settle(Example.report(.status, status: status, asOf: Self.late + wait), link, .reject, at: Self.late + wait)
    }
    #expect(status(.paid, after: .seconds(59)).outcome.reading == .stale)
    let heard = status(.canceled, after: .seconds(59)).outcome
    #expect(heard.reading == .applied)
    #expect(heard.link?.payments[0].status == .canceled)
    #expect(heard.link?.status == .expired)
    let notHeard = status(.paid, after: .seconds(60)).outcome
    #expect(notHeard.reading == .applied)
    #expect(notHeard.link?.payments[0].status == .paid)
    #expect(notHeard.link?.status == .review, "what cannot be rejected any more is held for a person")
    // It goes on being asked about: the acquirer may only be slow.
    #expect(notHeard.link?.nextLookAt == Self.late + .minutes(5))
  }

  @Test("a repeat gets the verdict of the first; one that cannot be rejected any more makes us ask at once")
  func repeats() throws {
    let first = settle(result(), expired(), .reject)
    let link = try #require(first.outcome.link)
    let again = settle(result(canReject: true), link, .reject, answer: first.outcome.verdict)
    #expect(again.outcome.verdict == first.outcome.verdict)
    #expect(again.changes.updated.isEmpty)
    let last = settle(result(canReject: false), link, .reject, answer: first.outcome.verdict, at: Self.late + .minutes(30))
    #expect(last.outcome.verdict == first.outcome.verdict)
    #expect(last.outcome.reading == .repeated)
    #expect(last.changes.updated.first?.nextLookAt == Self.late + .minutes(30))
  }

  @Test("a refund that failed, accepted money and a test's money are not asked back by itself")
  func notTwice() throws {
    var link = try #require(settle(result(), expired(), .refund).outcome.link)
    var changes = Changes()
    link.fail(link.operations[0].id, Failure(code: "1", message: "no"), at: Self.late, changes: &changes)
    let again = settle(Example.report(.status, asOf: Self.late + .hours(1)), link, .refund, at: Self.late + .hours(1))
    #expect(again.outcome.link?.operations.count == 1)

    var accepted = expired()
    accepted.acceptedAt = Example.start
    #expect(settle(result(), accepted, .refund).outcome.link?.operations.isEmpty == true)

    var test = result()
    test.isTest = true
    #expect(settle(test, expired(), .refund).outcome.link?.operations.isEmpty == true)
  }

  @Test("a late hold that is captured meanwhile is refunded instead of released")
  func heldThenCaptured() throws {
    var link = try #require(settle(result(.authorized), expired(), .refund).outcome.link)
    #expect(link.operations.map(\.kind) == [.cancel])
    link = try #require(
      settle(Example.report(.status, asOf: Self.late + .minutes(1)), link, .refund, at: Self.late + .minutes(1)).outcome.link)
    #expect(link.operations.map(\.kind) == [.cancel, .refund])
    #expect(link.operations.map(\.status) == [.failed, .requested])
  }

  @Test("late money is refunded to the end by Reconcile alone")
  func refundedByItself() async throws {
    let (books, clock) = (MemoryBooks(), ManualClock(Self.late))
    let acquirer = ScriptedAcquirer(
      pages: [.unknown("not asked")], statuses: [.report(Example.report(.status, asOf: Self.late + .seconds(1)))])
    acquirer.answer(operations: [.done(try PaymentID(71))])
    let merchants = Merchants([Merchant(name: Example.merchant, currency: Example.uzs, lateMoney: .init(.refund), acquirer: acquirer)])
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let settle = SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger)
    let run = RunOperation(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger)
    let reconcile = ReconcileDue(
      store: books, merchants: merchants, sync: SyncLink(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger),
      recover: RecoverLink(store: books, settle: settle, clock: clock, logger: logger), run: run, clock: clock, logger: logger)
    books.put(expired())
    _ = try await settle(result())
    clock.advance(by: .seconds(1))
    try await reconcile()
    let link = try #require(books.allLinks.first)
    #expect(link.operations.map(\.status) == [.succeeded])
    #expect(link.payments[0].status == .refunded)
    #expect(link.status == .canceled)
    #expect(acquirer.operations.map(\.operation.kind) == [.refund])
  }
}
