import PaymentsTesting
import Testing

@testable import Payments

/// Two payments of one order, a refund's record, a check, our own answer and the link's end: told in every order, the books end the same.
@Suite("Convergence of two payments") struct TwoPaymentsConvergenceTests {
  private enum News: CaseIterable {
    case opened, check, result, other, refundRecord, expired
  }

  @Test("all 720 orders end in the same money, one of the two a duplicate, for a person to judge")
  func converges() async throws {
    var count = 0
    for order in Example.orders(of: News.allCases) {
      count += 1
      let books = MemoryBooks()
      let link = Example.link(status: .creating, payment: nil)
      books.put(link)
      for (step, news) in order.enumerated() { try await tell(news, of: link, books, at: Example.start + .seconds(step + 1)) }
      let end = try #require(books.allLinks.first)
      let (first, second) = (try #require(end.payment(try PaymentID(7))), try #require(end.payment(try PaymentID(8))))
      #expect(books.allLinks.count == 1 && end.payments.count == 2, "\(order)")
      #expect(first.status == .partiallyRefunded && first.captured == 1000 && first.refunded == 300, "\(order): \(first)")
      #expect(second.status == .paid && second.captured == 1000 && second.refunded == 0, "\(order): \(second)")
      #expect([first, second].count { $0.flags == [.duplicate] } == 1, "\(order)")
      #expect([first, second].count { $0.flags.isEmpty } == 1, "\(order)")
      #expect(end.status == .review, "\(order)")
      #expect(end.operations.map(\.origin) == [.acquirer] && end.operations[0].amount == Example.money(300), "\(order)")
      #expect(!books.events.contains { $0.kind == .paymentAnomaly || $0.kind == .paymentOrphaned }, "\(order)")
      #expect(books.events.count { $0.kind == .refundSucceeded } == 1, "\(order)")
      #expect(books.events.count { $0.kind == .paymentPaid || $0.kind == .paymentFlagged } == 2, "\(order)")
    }
    #expect(count == 720)
  }

  private func tell(_ news: News, of link: PaymentLink, _ books: MemoryBooks, at now: Timestamp) async throws {
    func report(_ source: Report.Source, _ payment: Int64, _ status: PaymentStatus) -> Report {
      var report = Example.report(source, payment: payment, link: link.id, status: status, digest: "d\(payment)", asOf: now)
      report.paidAt = status.hasMoney ? Example.start : nil
      return report
    }
    func settle(_ report: Report) async throws {
      _ = try await books.perform(Settle(report: report, now: now, policy: .init(.hold), timing: .init()))
    }
    switch news {
    case .opened:
      let page = PaymentPage(url: "https://pay.example/1", expiresAt: Example.start + .hours(1))
      _ = try await books.perform(
        RecordOpening(
          merchant: link.merchant, link: link.id, order: link.order, answer: .opened(try PaymentID(7), page), idempotency: nil, now: now,
          timing: .init()))
    case .check: _ = try await books.perform(DecideCheck(report: report(.check, 7, .pending), now: now, timing: .init()))
    case .result: try await settle(report(.result, 7, .paid))
    case .other: try await settle(report(.result, 8, .paid))
    case .refundRecord:
      var status = report(.status, 7, .partiallyRefunded)
      status.refunded = Example.money(300)
      status.refunds = [ReportedRefund(id: try PaymentID(71), amount: Example.money(300), status: .succeeded)]
      try await settle(status)
    case .expired: _ = try await books.perform(ExpireLink(link: link, now: link.expiresAt))
    }
  }
}
