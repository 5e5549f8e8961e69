import Logging
import PaymentsTesting
import Testing

@testable import Payments

/// Verified callbacks of payments that we do not know: kept, shown, adopted (design §1, Orphan).
@Suite("Orphans") struct OrphanTests {
  let books = MemoryBooks()
  let clock = ManualClock(Example.start)
  let acquirer = ScriptedAcquirer(pages: [.unknown("not asked")])
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  var merchants: Merchants { Merchants([Merchant(name: Example.merchant, currency: Example.uzs, acquirer: acquirer)]) }
  var settle: SettlePayment { SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger) }
  var adopt: AdoptOrphan { AdoptOrphan(store: books, merchants: merchants, settle: settle, logger: logger) }

  private func orphaned(_ order: String? = "B9") async throws {
    let outcome = try await settle(Example.report(payment: 99, order: order))
    #expect(outcome.reading == .orphan)
    acquirer.answer(statuses: [.report(Example.report(.status, payment: 99, order: order, asOf: clock.now()))])
  }

  private func adopted() async throws -> PaymentLink {
    guard case .adopted(let link) = try await adopt(try PaymentID(99), of: Example.merchant) else {
      throw InvalidValue("was to be adopted")
    }
    return link
  }

  @Test("every message is counted, the first time stays, and the event says what it was")
  func kept() async throws {
    try await orphaned()
    clock.advance(by: .minutes(30))
    _ = try await settle(Example.report(payment: 99, order: "B9"))
    let orphan = try #require(try await books.orphan(try PaymentID(99), of: Example.merchant))
    #expect(orphan.messages == 2)
    #expect(orphan.firstAt == Example.start)
    #expect(orphan.lastAt == clock.now())
    #expect(orphan.amount == Example.money(1000))
    #expect(books.events.map(\.kind) == [.paymentOrphaned])
    #expect(books.events.first?.orphan?.payment.number == 99)
  }

  @Test("money of an order that is not in the books gets a link of its own, for a person to judge; twice is once")
  func ownLink() async throws {
    try await orphaned()
    let link = try await adopted()
    #expect(link.order.text == "B9")
    #expect(link.status == .review)
    #expect(link.payments.map(\.status) == [.paid])
    #expect(link.payments[0].flags == [.late])
    #expect(try await adopted().id == link.id)
    #expect(books.allLinks.count == 1)
    #expect(try await books.orphans(OrphanQuery(merchants: [Example.merchant])).orphans.isEmpty)
    #expect(link.page == nil)
  }

  @Test("money without an order gets one of its own")
  func withoutOrder() async throws {
    try await orphaned(nil)
    #expect(try await adopted().order.text == "orphan99")
  }

  @Test("a second payment of a paid order is a duplicate under that order's link")
  func duplicate() async throws {
    let paid = try #require(Example.settle(Example.report(), [Example.link()]).outcome.link)
    books.put(paid)
    let stranger = try await settle(Example.report(payment: 99, link: LinkID(at: Example.start), digest: "d9"))
    #expect(stranger.reading == .orphan)
    clock.advance(by: .seconds(1))
    acquirer.answer(statuses: [.report(Example.report(.status, payment: 99, asOf: clock.now()))])
    let link = try await adopted()
    #expect(link.id == paid.id)
    #expect(link.status == .review)
    #expect(link.payments.map(\.flags) == [[], [.duplicate]])
  }

  @Test("a link whose page is being opened keeps the place of its own payment")
  func creating() async throws {
    books.put(Example.link(order: "B9", status: .creating, payment: nil))
    _ = try await settle(Example.report(payment: 99, order: "B9", link: LinkID(at: Example.start)))
    acquirer.answer(statuses: [.report(Example.report(.status, payment: 99, order: "B9", asOf: clock.now()))])
    let link = try await adopted()
    #expect(books.allLinks.count == 2)
    #expect(link.status == .review)
    #expect(books.allLinks.first { $0.status == .creating }?.payments[0].id == nil)
  }

  @Test("nothing is adopted that the acquirer does not know, or cannot be asked about")
  func notAdopted() async throws {
    guard case .notFound = try await adopt(try PaymentID(99), of: Example.merchant) else { Issue.record("no orphan"); return }
    try await orphaned()
    acquirer.answer(statuses: [.notFound])
    guard case .unknownToAcquirer = try await adopt(try PaymentID(99), of: Example.merchant) else { Issue.record("unknown"); return }
    acquirer.answer(statuses: [.unknown("no answer")])
    guard case .notAsked = try await adopt(try PaymentID(99), of: Example.merchant) else { Issue.record("not asked"); return }
    #expect(books.allLinks.isEmpty)
  }

  @Test("a process that dies between adopting and settling leaves a link that Reconcile goes on with")
  func killedBetween() async throws {
    try await orphaned()
    books.fail(StoreError(.unavailable, "gone"), after: 1)
    await #expect(throws: StoreError.self) { try await adopted() }
    books.fail(nil)
    let half = try #require(books.allLinks.first)
    #expect(half.status == .canceled)
    #expect(half.payments[0].status == .pending)
    #expect(half.nextLookAt != nil)
    #expect(try await adopted().id == half.id)
  }
}
