import Testing

@testable import Payments

/// The shop is told a day before the acquirer captures a hold by itself (design §6).
@Suite("Holds near their capture") struct HoldNoticeTests {
  private func held() throws -> PaymentLink {
    var report = Example.report(status: .authorized)
    report.captureBy = Example.start + .days(5)
    return try #require(Example.settle(report, [Example.link(capture: .manual)]).outcome.link)
  }

  private func looked(_ link: PaymentLink, at now: Timestamp) -> Decision<PaymentLink?> {
    var link = link
    link.nextLookAt = now
    return ClaimLook(link: link, now: now, recoveryEvery: .seconds(20)).decide(Snapshot(links: [link]))
  }

  @Test("announced once, a day before, and never for what is captured")
  func announced() throws {
    let link = try held()
    let due = Example.start + .days(4)
    #expect(looked(link, at: due - .seconds(1)).changes.events.isEmpty)
    let told = looked(link, at: due)
    #expect(told.changes.events.map(\.kind) == [.paymentCaptureDue])
    #expect(looked(try #require(told.outcome), at: due + .hours(1)).changes.events.isEmpty)
    let captured = try #require(Example.settle(Example.report(.status, asOf: due - .hours(1)), [link], now: due - .hours(1)).outcome.link)
    #expect(looked(captured, at: due).changes.events.isEmpty)
  }

  @Test("there is a look at the very time, and after the acquirer's own capture")
  func looks() throws {
    var link = try held()
    link.scheduleLook(after: Example.start + .days(4) - .seconds(1))
    #expect(link.nextLookAt == Example.start + .days(4))
    // Told late, it is told at once.
    link.scheduleLook(after: Example.start + .days(4) + .hours(3))
    #expect(link.nextLookAt == Example.start + .days(4) + .hours(3))
    link.payments[0].captureToldAt = Example.start + .days(4)
    link.scheduleLook(after: Example.start + .days(5))
    #expect(link.nextLookAt == Example.start + .days(5) + .minutes(1))
  }
}
