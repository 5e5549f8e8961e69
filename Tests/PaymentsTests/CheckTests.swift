import Testing

@testable import Payments

@Suite struct CheckTests {
  func isAccepted(_ decision: Decision<Verdict>) -> Bool { decision.outcome == .accept }

  @Test("A check is answered by the link's status", arguments: LinkStatus.allCases)
  func statuses(status: LinkStatus) {
    let decision = Example.check(Example.report(.check), [Example.link(status: status)])
    #expect(isAccepted(decision) == (status == .active || status == .creating))
    #expect(decision.changes.message != nil)
  }

  @Test("A check is refused from the instant of the end on")
  func expiry() {
    let link = Example.link()
    #expect(isAccepted(Example.check(Example.report(.check), [link], now: link.expiresAt - .milliseconds(1))))
    #expect(!isAccepted(Example.check(Example.report(.check), [link], now: link.expiresAt)))
  }

  @Test("A check is refused when the amount does not fit", arguments: [(999, false), (1000, true), (1001, false)] as [(Int64, Bool)])
  func amount(units: Int64, isAccepted expected: Bool) {
    #expect(isAccepted(Example.check(Example.report(.check, amount: units), [Example.link()])) == expected)
  }

  @Test("A check in another currency, or without an amount, is refused")
  func currency() throws {
    var report = Example.report(.check)
    report.amount = Money(minorUnits: 1000, currency: try Currency("KZT"))
    #expect(!isAccepted(Example.check(report, [Example.link()])))
    #expect(!isAccepted(Example.check(Example.report(.check, amount: nil), [Example.link()])))
  }

  @Test("An unknown payment's check is refused and kept as an orphan")
  func orphan() {
    let decision = Example.check(Example.report(.check, order: "B2"), [])
    #expect(!isAccepted(decision))
    #expect(decision.changes.message?.reading == .orphan)
  }

  @Test("A check comes before our own create has returned: it is answered, and the number is learned")
  func early() throws {
    let link = Example.link(status: .creating, payment: nil)
    let decision = Example.check(Example.report(.check, payment: 42, link: link.id), [link])
    #expect(isAccepted(decision))
    #expect(decision.changes.updated.first?.payments[0].id == (try PaymentID(42)))
    #expect(decision.changes.updated.first?.status == .creating)
  }

  @Test("While one payment has its yes without an outcome, another of the order waits ten minutes")
  func twoPayers() throws {
    let first = Example.check(Example.report(.check), [Example.link()])
    let link = try #require(first.changes.updated.first)
    let second = Example.report(.check, payment: 8, link: link.id)
    #expect(!isAccepted(Example.check(second, [link], now: Example.start + .seconds(599))))
    #expect(isAccepted(Example.check(second, [link], now: Example.start + .seconds(600))))
    #expect(isAccepted(Example.check(Example.report(.check), [link], now: Example.start + .seconds(1))), "the same payment may ask again")
  }

  @Test("An outcome frees the order for another payment")
  func outcome() throws {
    let checked = try #require(Example.check(Example.report(.check), [Example.link()]).changes.updated.first)
    let failed = try #require(Example.settle(Example.report(status: .failed), [checked]).outcome.link)
    #expect(isAccepted(Example.check(Example.report(.check, payment: 8, link: failed.id), [failed])))
  }

  @Test("No check is answered yes once money of the order is there, under whichever link")
  func paid() throws {
    let paid = try #require(Example.settle(Example.report(), [Example.link(status: .expired)], now: Example.start).outcome.link)
    let other = Example.link(payment: 8)
    #expect(!isAccepted(Example.check(Example.report(.check, payment: 8), [other, paid])))
  }

  @Test(
    "A price lowered by exactly the acquirer's discount fits a check too",
    arguments: [(899, false), (900, true), (901, false)] as [(Int64, Bool)])
  func discount(units: Int64, isAccepted expected: Bool) {
    var report = Example.report(.check, amount: units)
    report.discount = Example.money(100)
    #expect(isAccepted(Example.check(report, [Example.link()])) == expected)
  }

  @Test("A check of a known payment under another order is an anomaly, answered with an error")
  func otherOrder() throws {
    let link = Example.link()
    let decision = Example.check(Example.report(.check, order: "B2"), [link, Example.link(order: "B2", payment: 9)])
    guard case .error = decision.outcome else {
      Issue.record("an anomaly is answered with an error")
      return
    }
    #expect(decision.changes.message?.reading == .anomaly)
    #expect(decision.changes.events.map(\.kind) == [.paymentAnomaly])
    #expect(decision.changes.updated.map(\.payments) == [link.payments])
  }
}
