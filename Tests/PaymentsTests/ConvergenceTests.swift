import PaymentsTesting
import Testing

@testable import Payments

/// Check, result, the result again, our own answer and a status may come in any order: the books end the same (issue 3, part 4).
@Suite("Convergence") struct ConvergenceTests {
  /// What can be told of one payment.
  private enum News: CaseIterable {
    case check, result, repeated, opened, status
  }

  /// How the payment ends, and what was offered when the first news came.
  struct Case: Sendable, CustomTestStringConvertible {
    var payment: PaymentStatus
    var link: LinkStatus
    var expected: LinkStatus
    var flags: [Flag] = []
    var amount: Int64 = 1000
    var testDescription: String { "\(payment.rawValue) \(amount) for a link that is \(link.rawValue)" }
  }

  @Test(
    "every order of check, result, its repeat, our own answer and a status ends in the same books",
    arguments: [
      Case(payment: .paid, link: .creating, expected: .completed),
      Case(payment: .authorized, link: .creating, expected: .completed),
      Case(payment: .paid, link: .creating, expected: .review, flags: [.over], amount: 1001),
      Case(payment: .paid, link: .creating, expected: .review, flags: [.under], amount: 999),
      Case(payment: .failed, link: .creating, expected: .active),
      // Given up, and then the money comes after all.
      Case(payment: .paid, link: .failed, expected: .review, flags: [.late]),
      Case(payment: .paid, link: .canceled, expected: .review, flags: [.late]),
      Case(payment: .authorized, link: .canceled, expected: .review, flags: [.late]),
    ])
  func converges(_ example: Case) async throws {
    var ends: Set<PaymentLink> = []
    let orders = Example.orders(of: News.allCases)
    #expect(orders.count == 120)
    for order in orders {
      let books = MemoryBooks()
      let link = Example.link(status: example.link, payment: nil)
      books.put(link)
      var verdicts: [Verdict] = []
      for (step, news) in order.enumerated() {
        try await tell(news, example, link, books, at: Example.start + .seconds(step + 1), &verdicts)
      }
      let end = try #require(books.allLinks.first)
      let events = books.events.map(\.kind)
      let money: Event.Kind =
        switch example.payment {
        case .failed: .paymentFailed
        case .authorized where example.flags.isEmpty: .paymentAuthorized
        default: example.flags.isEmpty ? .paymentPaid : .paymentFlagged
        }
      #expect(events.count { $0 == money } == 1, "\(order): \(events)")
      let turn: Event.Kind = example.expected == .completed ? .linkCompleted : example.expected == .review ? .linkReview : .linkActive
      #expect(events.count { $0 == turn } == 1, "\(order): \(events)")
      #expect(!events.contains(.paymentAnomaly) && !events.contains(.paymentOrphaned), "\(order): \(events)")
      #expect(verdicts == [.accept, .accept], "\(order)")
      #expect(zip(books.events, books.events.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
      ends.insert(Self.withoutTimes(end))
    }
    #expect(ends.count == 1, "\(ends)")
    let end = try #require(ends.first)
    #expect(end.status == example.expected && end.payments.count == 1 && end.payments[0].status == example.payment)
    #expect(end.payments[0].flags == example.flags && end.page != nil && end.payments[0].id?.number == 7)
    #expect(end.payments[0].captured == (example.payment == .paid ? example.amount : 0))
  }

  private func tell(
    _ news: News, _ example: Case, _ link: PaymentLink, _ books: MemoryBooks, at now: Timestamp, _ verdicts: inout [Verdict]
  ) async throws {
    func report(_ source: Report.Source, _ status: PaymentStatus) -> Report {
      var report = Example.report(source, link: link.id, status: status, amount: example.amount, asOf: now)
      report.paidAt = status.hasMoney ? Example.start : nil
      report.failure = status == .failed ? Failure(code: "9999", message: "no") : nil
      return report
    }
    switch news {
    case .check: _ = try await books.perform(DecideCheck(report: report(.check, .pending), now: now, timing: .init()))
    case .result, .repeated, .status:
      let source: Report.Source = news == .status ? .status : .result
      let settle = Settle(report: report(source, example.payment), now: now, policy: .init(.hold), timing: .init())
      let outcome = try await books.perform(settle)
      if source == .result { verdicts.append(outcome.verdict) }
    case .opened:
      let page = PaymentPage(url: "https://pay.example/1", expiresAt: Example.start + .hours(1))
      _ = try await books.perform(
        RecordOpening(
          merchant: link.merchant, link: link.id, order: link.order, answer: .opened(try PaymentID(7), page), idempotency: nil, now: now,
          timing: .init()))
    }
  }

  /// When what was heard differs, of course; what is known does not.
  private static func withoutTimes(_ end: PaymentLink) -> PaymentLink {
    var payment = end.payments[0]
    (payment.changedAt, payment.checkedAt) = (Example.start, nil)
    return PaymentLink(
      id: try! LinkID("pl_00000000000000000000000000"), merchant: end.merchant, order: end.order, terms: end.terms,
      tokens: noTokens, createdAt: end.createdAt, expiresAt: end.expiresAt, status: end.status, sequence: 0, page: end.page,
      payments: [payment] + end.payments.dropFirst(), seenAt: nil, acceptedAt: end.acceptedAt, canceledAt: end.canceledAt,
      openings: end.openings, askedAt: nil, nextLookAt: nil)
  }

  private static let noTokens = PaymentLink.Tokens()
}
