import Testing

@testable import Payments

/// Money that a person must look at, and what is left when it goes back (design §5: a link is in review until a person accepts or refunds).
@Suite struct ReviewTests {
  func settled(
    _ link: PaymentLink, _ payment: Int64, _ status: PaymentStatus, amount: Int64? = 1000, refunded: Int64? = nil, paidAt: Timestamp? = nil,
    now: Timestamp = Example.start
  ) throws -> (link: PaymentLink, events: [Event.Kind]) {
    var report = Example.report(payment: payment, link: link.id, status: status, amount: amount, digest: "\(payment) \(status)")
    report.refunded = refunded.map(Example.money)
    report.paidAt = paidAt
    let decision = Example.settle(report, [link], now: now)
    return (try #require(decision.outcome.link), decision.changes.events.map(\.kind))
  }

  func accepted(_ link: PaymentLink) throws -> PaymentLink {
    let decision = DecideAccept(merchant: Example.merchant, link: link.id, now: Example.start).decide(Snapshot(links: [link]))
    return try #require(decision.changes.updated.first)
  }

  /// A link with a good payment 7 and a duplicate 8.
  func paidTwice() throws -> PaymentLink {
    let first = try settled(Example.link(), 7, .paid).link
    return try settled(first, 8, .paid).link
  }

  @Test("A refund of all its money ends a review, and the order is free again", arguments: [PaymentStatus.refunded, .canceled])
  func refunded(back: PaymentStatus) throws {
    let review = try settled(Example.link(), 7, .paid, amount: 1001).link
    #expect(review.status == .review)
    let (ended, events) = try settled(review, 7, back, amount: 1001, refunded: back == .refunded ? 1001 : nil)
    #expect(ended.status == .canceled)
    #expect(!ended.isLive)
    #expect(events == [back == .refunded ? .refundSucceeded : .paymentCanceled, .linkCanceled])
  }

  @Test("A refund of a part leaves the rest under review")
  func partly() throws {
    let review = try settled(Example.link(), 7, .paid, amount: 1500).link
    let (still, _) = try settled(review, 7, .partiallyRefunded, amount: 1500, refunded: 500)
    #expect(still.status == .review)
    #expect(still.isLive)
  }

  @Test("A duplicate given back leaves the good payment, and the link is completed again", arguments: [PaymentStatus.refunded, .canceled])
  func duplicateBack(back: PaymentStatus) throws {
    let review = try paidTwice()
    #expect(review.status == .review)
    let (link, events) = try settled(review, 8, back)
    #expect(link.status == .completed)
    #expect(link.counting?.id == (try PaymentID(7)))
    #expect(events.last == .linkCompleted)
  }

  @Test("The other payment given back: what stands still counts, waits for a person, and keeps the order's place")
  func goodOneBack() throws {
    let (link, _) = try settled(try paidTwice(), 7, .refunded)
    #expect(link.status == .review)
    #expect(link.counting?.id == (try PaymentID(8)))
    let completed = try accepted(link)
    #expect(completed.status == .completed)
    #expect(completed.isLive, "money of the order stands: a second link for it would take it twice")
  }

  @Test("Acceptance covers the money that was seen, not what comes later")
  func acceptedOnce() throws {
    let link = try accepted(try settled(Example.link(), 7, .paid, amount: 1001).link)
    let (later, events) = try settled(link, 8, .paid)
    #expect(later.payments[1].flags == [.duplicate])
    #expect(later.status == .review)
    #expect(events == [.paymentFlagged, .linkReview])
  }

  @Test("A hold that a person accepted needs no second look when it is captured")
  func acceptedHold() throws {
    let link = try accepted(try settled(Example.link(), 7, .authorized, amount: 1001).link)
    let (captured, events) = try settled(link, 7, .paid, amount: 1001)
    #expect(captured.status == .completed)
    #expect(events == [.paymentPaid])
  }

  @Test("A hold made in time stays in time, whenever it is captured, and makes no duplicate of itself")
  func capturedLater() throws {
    let held = try settled(Example.link(), 7, .authorized, paidAt: Example.start).link
    let (captured, _) = try settled(held, 7, .paid, paidAt: held.expiresAt + .days(3), now: held.expiresAt + .days(3))
    #expect(captured.payments[0].flags == [])
    #expect(captured.payments[0].paidAt == Example.start)
    #expect(captured.status == .completed)

    let twice = try settled(held, 8, .paid).link
    let first = try settled(twice, 7, .paid).link
    #expect(first.payments.map(\.flags) == [[], [.duplicate]])
  }

  @Test("Money that we hear of only after a part of it was given back still counts", arguments: [PaymentStatus.pending, .unknown, .failed])
  func heardLate(standing: PaymentStatus) throws {
    var link = Example.link()
    link.payments[0].status = standing
    let (paid, events) = try settled(link, 7, .partiallyRefunded, refunded: 400)
    #expect(paid.status == .completed)
    #expect(paid.payments[0].captured == 1000)
    #expect(paid.payments[0].refunded == 400)
    #expect(events == [.paymentPaid, .linkCompleted, .refundSucceeded])

    let (flagged, _) = try settled(link, 7, .partiallyRefunded, amount: 999, refunded: 400)
    #expect(flagged.status == .review)
    #expect(flagged.payments[0].flags == [.under])
  }

  @Test("Another amount for money that stands is an anomaly, never passed over", arguments: [PaymentStatus.authorized, .paid])
  func otherAmount(status: PaymentStatus) throws {
    let link = try settled(Example.link(), 7, status).link
    for amount in [999, 1001] as [Int64] {
      let decision = Example.settle(Example.report(status: status, amount: amount, digest: "d\(amount)"), [link])
      #expect(decision.outcome.reading == .anomaly)
      #expect(decision.changes.events.map(\.kind) == [.paymentAnomaly])
      #expect(decision.outcome.link?.payments == link.payments)
    }
    #expect(Example.settle(Example.report(status: status, digest: "d2"), [link]).outcome.reading == .same)
  }

  @Test("A status says 'paid' first, the result says 'in test mode' after it: test money never counts as live")
  func testModeAfterStatus() throws {
    let paid = try #require(Example.settle(Example.report(.status, digest: "s"), [Example.link()]).outcome.link)
    #expect(paid.status == .completed)
    var result = Example.report(digest: "r")
    result.isTest = true
    let decision = Example.settle(result, [paid])
    #expect(decision.outcome.link?.payments[0].flags == [.testMismatch])
    #expect(decision.outcome.link?.status == .review)
    #expect(decision.changes.events.map(\.kind) == [.paymentFlagged, .linkReview])
    result.evidence.digest = "r2"
    let again = Example.settle(result, [try #require(decision.outcome.link)])
    #expect(again.outcome.reading == .same)
  }
}
