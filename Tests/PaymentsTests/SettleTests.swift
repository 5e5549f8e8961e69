import Testing

@testable import Payments

@Suite struct SettleTests {
  @Test("Money that fits completes the link, with its two events in order")
  func paid() throws {
    let link = Example.link()
    let decision = Example.settle(Example.report(), [link])
    let settled = try #require(decision.outcome.link)
    #expect(decision.outcome.verdict == .accept)
    #expect(settled.status == .completed)
    #expect(settled.counting?.status == .paid)
    #expect(settled.counting?.captured == 1000)
    #expect(settled.isLive)
    #expect(settled.nextLookAt == nil)
    #expect(decision.changes.events.map(\.kind) == [.paymentPaid, .linkCompleted])
    #expect(decision.changes.events.map(\.sequence) == [2, 3])
    #expect(settled.sequence == 3)
    #expect(decision.changes.message?.reading == .applied)
    #expect(decision.changes.message?.isRemembered == true)
  }

  struct FlagCase: Sendable {
    let name: String
    var rule: AmountRule = .exactly(Example.money(1000))
    var amount: Int64 = 1000
    var status: LinkStatus = .active
    var afterEnd: Duration = .seconds(-1)
    var isTest: Bool?
    var lateMoney: LateMoney = .hold
    let flags: [Flag]
    let end: LinkStatus
  }

  static let interval = AmountRule.between(Example.money(1000), Example.money(5000), suggested: nil)

  @Test(
    "Flags are set on both sides of each bound, and decide between completed and review",
    arguments: [
      FlagCase(name: "over", amount: 1001, flags: [.over], end: .review),
      FlagCase(name: "under", amount: 999, flags: [.under], end: .review),
      FlagCase(name: "least", rule: interval, amount: 1000, flags: [], end: .completed),
      FlagCase(name: "most", rule: interval, amount: 5000, flags: [], end: .completed),
      FlagCase(name: "below", rule: interval, amount: 999, flags: [.outOfInterval], end: .review),
      FlagCase(name: "above", rule: interval, amount: 5001, flags: [.outOfInterval], end: .review),
      FlagCase(name: "in tolerance", status: .expired, afterEnd: .minutes(5), flags: [], end: .completed),
      FlagCase(name: "late", status: .expired, afterEnd: .seconds(301), flags: [.late], end: .review),
      FlagCase(name: "late, accepted", status: .expired, afterEnd: .seconds(301), lateMoney: .accept, flags: [.late], end: .completed),
      FlagCase(name: "canceled", status: .canceled, flags: [.late], end: .review),
      FlagCase(name: "test money", isTest: true, flags: [.testMismatch], end: .review),
      FlagCase(name: "live, said so", isTest: false, flags: [], end: .completed),
      FlagCase(
        name: "late and under", amount: 10, status: .canceled, lateMoney: .accept, flags: [.late, .under], end: .review),
    ])
  func flags(_ example: FlagCase) throws {
    let link = Example.link(amount: example.rule, status: example.status)
    var report = Example.report(amount: example.amount)
    report.paidAt = link.expiresAt + example.afterEnd
    report.isTest = example.isTest
    let decision = Example.settle(report, [link], now: link.expiresAt + .hours(1), lateMoney: example.lateMoney)
    let settled = try #require(decision.outcome.link)
    #expect(settled.payments[0].flags == example.flags, "\(example.name)")
    #expect(settled.status == example.end, "\(example.name)")
    #expect(decision.changes.events.contains { $0.kind == .paymentFlagged } == (example.end == .review))
    #expect(decision.changes.events.contains { $0.kind == .paymentPaid } == (example.end == .completed))
  }

  @Test("Without the payer's time, the first arrival tells whether it is late")
  func lateByArrival() throws {
    let link = Example.link(status: .expired)
    let inTime = Example.settle(Example.report(), [link], now: link.expiresAt + .minutes(5))
    #expect(inTime.outcome.link?.status == .completed)
    let late = Example.settle(Example.report(), [link], now: link.expiresAt + .seconds(301))
    #expect(late.outcome.link?.payments[0].flags == [.late])
  }

  @Test("A second payment of the order is a duplicate, under the same link or an older one")
  func duplicate() throws {
    var paid = Example.link()
    paid = try #require(Example.settle(Example.report(), [paid]).outcome.link)
    let second = Example.settle(Example.report(payment: 8, link: paid.id, digest: "d2"), [paid])
    #expect(second.outcome.link?.payments[1].flags == [.duplicate])
    #expect(second.outcome.link?.status == .review)
    #expect(second.outcome.link?.counting?.id == (try PaymentID(7)))

    let older = Example.link(status: .expired, payment: 3)
    let late = Example.settle(Example.report(payment: 3, digest: "d3"), [paid, older])
    #expect(late.outcome.link?.id == older.id)
    #expect(late.outcome.link?.payments[0].flags == [.duplicate])
  }

  @Test("A repeat gets the first verdict and changes nothing")
  func repeated() {
    let decision = Example.settle(Example.report(), [Example.link()], answer: .error(reason: "first"))
    #expect(decision.outcome.verdict == .error(reason: "first"))
    #expect(decision.changes.updated.isEmpty)
    #expect(decision.changes.events.isEmpty)
    #expect(decision.changes.message?.reading == .repeated)
    #expect(decision.changes.message?.isRemembered == false)
  }

  @Test("A report of nothing we know is kept as an orphan and answered with an error")
  func orphan() {
    for links in [[], [Example.link(order: "B2", payment: 9)]] {
      let decision = Example.settle(Example.report(), links)
      #expect(decision.outcome.reading == .orphan)
      #expect(decision.changes.events.map(\.kind) == [.paymentOrphaned])
      guard case .error = decision.outcome.verdict else {
        Issue.record("an orphan is answered with an error")
        return
      }
    }
  }

  @Test("A known payment under another order is an anomaly, never applied")
  func otherOrder() {
    let decision = Example.settle(Example.report(order: "B2"), [Example.link()])
    #expect(decision.outcome.reading == .anomaly)
    #expect(decision.changes.updated.first?.payments[0].status == .pending)
    #expect(decision.changes.events.map(\.kind) == [.paymentAnomaly])
  }

  @Test("Money without an amount, of nothing, or in another currency is an anomaly")
  func badMoney() throws {
    var foreign = Example.report()
    foreign.amount = Money(minorUnits: 1000, currency: try Currency("KZT"))
    for report in [foreign, Example.report(amount: nil), Example.report(amount: 0), Example.report(amount: -5)] {
      let decision = Example.settle(report, [Example.link()])
      #expect(decision.outcome.reading == .anomaly)
      #expect(decision.outcome.link?.status == .active)
    }
  }

  @Test("Captured never exceeds the amount, refunded never what was captured")
  func invariants() {
    var overCaptured = Example.report()
    overCaptured.captured = Example.money(1001)
    var overRefunded = Example.report(status: .partiallyRefunded)
    overRefunded.refunded = Example.money(1001)
    for report in [overCaptured, overRefunded] { #expect(Example.settle(report, [Example.link()]).outcome.reading == .anomaly) }
  }

  @Test("A hold completes the link without captured money; its capture follows")
  func hold() throws {
    let held = try #require(Example.settle(Example.report(status: .authorized), [Example.link()]).outcome.link)
    #expect(held.status == .completed)
    #expect(held.payments[0].captured == 0)
    let decision = Example.settle(Example.report(digest: "d2"), [held])
    #expect(decision.outcome.link?.payments[0].captured == 1000)
    #expect(decision.changes.events.map(\.kind) == [.paymentPaid])
  }

  @Test("A declined card leaves the link open, and the payer may still pay under the same number")
  func declined() throws {
    var report = Example.report(status: .failed)
    report.failure = Failure(code: "10009", message: "no")
    let failed = try #require(Example.settle(report, [Example.link()]).outcome.link)
    #expect(failed.status == .active)
    #expect(failed.counting?.failure?.code == "10009")
    let paid = try #require(Example.settle(Example.report(digest: "d2"), [failed]).outcome.link)
    #expect(paid.status == .completed)
    #expect(paid.counting?.failure == nil)
  }

  @Test("A status answer asked before the last change is stale")
  func stale() throws {
    let paid = try #require(Example.settle(Example.report(), [Example.link()], now: Example.start + .seconds(10)).outcome.link)
    let old = Example.report(.status, status: .refunded, asOf: Example.start + .seconds(9))
    #expect(Example.settle(old, [paid]).outcome.reading == .stale)
    let fresh = Example.report(.status, status: .refunded, asOf: Example.start + .seconds(11))
    #expect(Example.settle(fresh, [paid]).outcome.reading == .applied)
  }

  @Test("A message read by a fallback settles nothing and is asked about at once")
  func unconfirmed() throws {
    var report = Example.report()
    report.needsConfirmation = true
    let decision = Example.settle(report, [Example.link()])
    #expect(decision.outcome.reading == .unconfirmed)
    let link = try #require(decision.changes.updated.first)
    #expect(link.status == .active)
    #expect(link.payments[0].status == .pending)
    #expect(link.nextLookAt == Example.start)
  }

  @Test("A report finds its link by number, by our own field with the same order, or as the only one open")
  func matching() throws {
    let creating = Example.link(status: .creating, payment: nil)
    let byField = Example.settle(Example.report(payment: 99, link: creating.id), [creating])
    #expect(byField.outcome.link?.payments.map(\.id) == [try PaymentID(99)])
    let byOrder = Example.settle(Example.report(payment: 99), [creating])
    #expect(byOrder.outcome.link?.id == creating.id)
    let wrongOrder = Example.settle(Example.report(payment: 99, order: "B2", link: creating.id), [creating])
    #expect(wrongOrder.outcome.reading == .orphan)
    let two = [creating, Example.link(status: .failed, payment: nil)]
    #expect(Example.settle(Example.report(payment: 99), two).outcome.reading == .orphan)
  }

  @Test("Money found for a link in creation settles it without a page")
  func creating() throws {
    let decision = Example.settle(Example.report(.status, payment: 99), [Example.link(status: .creating, payment: nil)])
    #expect(decision.outcome.link?.status == .completed)
    #expect(decision.changes.message?.verdict == nil)
  }

  @Test("A hold given back ends the link that stood on it")
  func canceledHold() throws {
    let held = try #require(Example.settle(Example.report(status: .authorized), [Example.link()]).outcome.link)
    let ended = try #require(Example.settle(Example.report(status: .canceled, amount: nil, digest: "d2"), [held]).outcome.link)
    #expect(ended.status == .canceled)
    #expect(!ended.isLive)
  }

  @Test("A report that names a link of ours is never taken for another one's")
  func namedLink() {
    let creating = Example.link(status: .creating, payment: nil)
    let stranger = Example.link(order: "A1", payment: 3)
    #expect(Example.settle(Example.report(payment: 99, link: stranger.id), [creating]).outcome.reading == .orphan)
    #expect(Example.settle(Example.report(payment: 99), [creating]).outcome.reading == .applied)
  }

  @Test("a result that tells of a hold's capture and not of its sum settles nothing: the status is asked at once, and says the sum")
  func captureOfUnknownSum() throws {
    var held = Example.link(capture: .manual)
    held = try #require(Example.settle(Example.report(status: .authorized), [held]).outcome.link)
    let told = Example.settle(Example.report(digest: "d2"), [held])
    #expect(told.outcome.reading == .unconfirmed && told.outcome.verdict == .accept)
    let asking = try #require(told.outcome.link.map { _ in told.changes.updated[0] })
    #expect(asking.payments[0].status == .authorized && asking.nextLookAt == Example.start)
    var status = Example.report(.status)
    status.captured = Example.money(300)
    let settled = try #require(Example.settle(status, [asking]).outcome.link)
    #expect(settled.payments[0].status == .paid && settled.payments[0].captured == 300)
    // With its sum, or where nothing was held, the result is enough.
    var whole = Example.report(digest: "d3")
    whole.captured = Example.money(300)
    #expect(Example.settle(whole, [held]).outcome.link?.payments[0].captured == 300)
    #expect(Example.settle(Example.report(), [Example.link()]).outcome.reading == .applied)
    // What is known to be captured is no question any more.
    #expect(Example.settle(Example.report(digest: "d4"), [settled]).outcome.reading == .same)
  }
}
