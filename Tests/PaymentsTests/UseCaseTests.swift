import Logging
import Payments
import PaymentsTesting
import Synchronization
import Testing

/// The use cases over books in memory and an acquirer that says what the test wrote down.
@Suite struct UseCaseTests {
  let books = MemoryBooks()
  let clock = ManualClock()
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  let acquirer = ScriptedAcquirer(pages: [Self.opened(7)])

  static func opened(_ payment: Int64) -> PageAnswer {
    .opened(
      try! PaymentID(payment), PaymentPage(url: "https://pay.example/\(payment)", expiresAt: Timestamp(milliseconds: 1_795_556_400_000)))
  }

  var merchant: MerchantName { try! MerchantName("main") }
  var merchants: Merchants { Merchants([Merchant(name: merchant, currency: try! Currency("UZS"), acquirer: acquirer)]) }
  var settle: SettlePayment { SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger) }
  var sync: SyncLink { SyncLink(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger) }

  var run: RunOperation { RunOperation(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger) }

  func create(order: String = "A1", key: String = "k1") async throws -> CreateLink.Outcome {
    let terms = LinkTerms(amount: .exactly(Money(minorUnits: 1000, currency: try Currency("UZS"))), description: "x")
    return try await CreateLink(store: books, merchants: merchants, clock: clock, logger: logger)(
      NewLink(merchant: merchant, order: try OrderID(order), terms: terms),
      idempotency: IdempotencyReference(caller: "shop", key: key, fingerprint: order))
  }

  func reconcile() async throws {
    let recover = RecoverLink(store: books, settle: settle, clock: clock, logger: logger)
    try await ReconcileDue(store: books, merchants: merchants, sync: sync, recover: recover, run: run, clock: clock, logger: logger)()
  }

  func report(_ payment: Int64, _ status: PaymentStatus, order: String = "A1") throws -> Report {
    Report(
      source: .status, merchant: merchant, paymentID: try PaymentID(payment), order: try OrderID(order), status: status,
      amount: Money(minorUnits: 1000, currency: try Currency("UZS")), asOf: clock.now(), evidence: Evidence(message: "{}", digest: "s"))
  }

  @Test("A create reserves, asks once, activates, and a replay asks nobody")
  func creates() async throws {
    guard case .created(let link) = try await create() else {
      Issue.record("created")
      return
    }
    #expect(link.status == .active)
    guard case .replayed = try await create() else {
      Issue.record("replayed")
      return
    }
    #expect(acquirer.requests.count == 1)
    #expect(acquirer.requests.first?.link.status == .creating, "stored before it was sent")
  }

  @Test("Nothing is sent when the reservation cannot be stored")
  func databaseDown() async throws {
    books.fail(StoreError(.unavailable, "down"))
    await #expect(throws: StoreError.self) { try await create() }
    #expect(acquirer.requests.isEmpty)
  }

  @Test("A link that the books lost while the acquirer was asked ends no process: its create is not known yet, its refund's end neither")
  func lostMeanwhile() async throws {
    books.lose(after: 1)
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    #expect(try await books.link(link.id) == nil)

    guard case .created(var paid) = try await create(order: "A2", key: "k2") else {
      Issue.record("created")
      return
    }
    _ = try await settle(try report(8, .paid, order: "A2"))
    paid = try #require(try await books.link(paid.id))
    acquirer.answer(statuses: [.report(try report(8, .paid, order: "A2"))])
    acquirer.answer(operations: [.done(nil)])
    // The request, the baseline's report and the claim are stored; the answer finds no link.
    books.lose(after: 3)
    let operate = OperateLink(store: books, run: run, clock: clock, logger: logger)
    let outcome = try await operate(
      NewOperation(kind: .refund, amount: nil), on: paid.id, of: merchant,
      idempotency: IdempotencyReference(caller: "shop", key: "r", fingerprint: "r"))
    guard case .operated(let told, let id) = outcome else {
      Issue.record("operated, not \(outcome)")
      return
    }
    #expect(told.operation(id)?.status == .requested)
    #expect(acquirer.operations.count == 1)
  }

  @Test("When the answer cannot be stored, the caller hears 'not known yet', and Reconcile finds the same page")
  func activationLost() async throws {
    books.fail(StoreError(.unavailable, "down"), after: 1)
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    books.fail(nil)
    acquirer.answer(statuses: [.report(try report(7, .pending))])
    clock.advance(by: .seconds(26))
    try await reconcile()
    #expect(try await books.link(link.id)?.status == .creating, "the page may still be in the making")
    clock.advance(by: .seconds(60))
    try await reconcile()
    let recovered = try #require(try await books.link(link.id))
    #expect(recovered.status == .active)
    #expect(recovered.payments.map(\.id) == [try PaymentID(7)])
    #expect(Set(acquirer.requests.map(\.idempotencyKey)).count == 1)
    #expect(acquirer.requests.count == 2)
  }

  @Test("A recovery that gets another number watches both payments")
  func anotherNumber() async throws {
    acquirer.answer(pages: [.unknown("timeout"), Self.opened(8)])
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    acquirer.answer(statuses: [.report(try report(7, .pending))])
    clock.advance(by: .seconds(81))
    try await reconcile()
    let recovered = try #require(try await books.link(link.id))
    #expect(recovered.status == .active)
    #expect(Set(recovered.payments.map(\.id)) == [try PaymentID(7), try PaymentID(8)])
  }

  @Test("Money found by the recovery settles; an earlier link's payment is not believed")
  func recoveredMoney() async throws {
    guard case .created(let older) = try await create() else {
      Issue.record("created")
      return
    }
    var ended = older
    ended.status = .expired
    books.put(ended)
    acquirer.answer(pages: [.unknown("timeout")])
    clock.advance(by: .seconds(1))
    guard case .pending(let link) = try await create(key: "k2") else {
      Issue.record("pending")
      return
    }
    acquirer.answer(statuses: [.report(try report(7, .paid))])
    clock.advance(by: .seconds(26))
    try await reconcile()
    #expect(try await books.link(link.id)?.payments.map(\.status) == [.unknown])
    #expect(try await books.link(older.id)?.payments.map(\.status) == [.pending])
    acquirer.answer(statuses: [.report(try report(9, .paid))])
    clock.advance(by: .seconds(21))
    try await reconcile()
    #expect(try await books.link(link.id)?.status == .completed)
  }

  @Test("After three openings that said nothing the link fails and the order is free")
  func givenUp() async throws {
    acquirer.answer(pages: [.unknown("timeout")])
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    for _ in 0..<20 {
      clock.advance(by: .seconds(21))
      try await reconcile()
    }
    #expect(acquirer.requests.count == 3)
    #expect(try await books.link(link.id)?.status == .failed)
    acquirer.answer(pages: [Self.opened(9)])
    guard case .created = try await create(key: "k2") else {
      Issue.record("the order is free")
      return
    }
  }

  @Test("Reconcile asks about an opened link until money is found, then no more")
  func looks() async throws {
    guard case .created(let link) = try await create() else {
      Issue.record("created")
      return
    }
    try await MarkSeen(store: books, clock: clock)(link)
    clock.advance(by: .seconds(59))
    try await reconcile()
    #expect(acquirer.queries.isEmpty)
    clock.advance(by: .seconds(1))
    acquirer.answer(statuses: [.report(try report(7, .pending)), .report(try report(7, .paid))])
    try await reconcile()
    #expect(try await books.link(link.id)?.status == .active)
    clock.advance(by: .minutes(1))
    try await reconcile()
    #expect(try await books.link(link.id)?.status == .completed)
    clock.advance(by: .days(30))
    try await reconcile()
    #expect(acquirer.queries == [.payment(try PaymentID(7), link.order), .payment(try PaymentID(7), link.order)])
  }

  @Test("Links end at their time and are looked at once more soon after, though nobody opened them")
  func expires() async throws {
    guard case .created(let link) = try await create() else {
      Issue.record("created")
      return
    }
    clock.advance(by: .days(1))
    let expire = ExpireDue(store: books, clock: clock, logger: logger)
    #expect(try await expire() == 1)
    #expect(try await expire() == 0)
    #expect(try await books.link(link.id)?.status == .expired)
    clock.advance(by: .minutes(1))
    try await reconcile()
    #expect(acquirer.queries.count == 1)
  }

  @Test("Where the status cannot be asked, the page is opened again all the same")
  func statusRefused() async throws {
    acquirer.answer(pages: [.unknown("timeout"), Self.opened(7)])
    acquirer.answer(statuses: [.unknown("error 200")])
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    clock.advance(by: .seconds(81))
    try await reconcile()
    #expect(try await books.link(link.id)?.status == .active)
  }

  @Test("A link in creation never keeps its order for ever, whatever the status says", arguments: [true, false])
  func neverForEver(isUnreachable: Bool) async throws {
    acquirer.answer(pages: [.unknown("timeout"), isUnreachable ? .notSent(.unreachable("refused")) : .unknown("timeout")])
    acquirer.answer(statuses: [.unknown("timeout")])
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    for _ in 0..<20 {
      clock.advance(by: .seconds(21))
      try await reconcile()
    }
    // What never left is no try: a link outlives an outage of its acquirer, but not its own time.
    #expect(try await books.link(link.id)?.status == (isUnreachable ? .creating : .failed))
    clock.advance(by: .days(1))
    try await reconcile()
    #expect(try await books.link(link.id)?.status == .failed)
  }

  @Test("A status that is about another link does not end a recovery")
  func statusOfAnotherLink() async throws {
    guard case .created(let other) = try await create(order: "B2", key: "k2") else {
      Issue.record("created")
      return
    }
    acquirer.answer(pages: [.unknown("timeout"), Self.opened(9)])
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    // The answer named no order, so the question's is taken; the number is known as the other order's.
    acquirer.answer(statuses: [.report(try report(7, .paid))])
    clock.advance(by: .seconds(81))
    try await reconcile()
    #expect(try await books.link(link.id)?.payments.map(\.id) == [try PaymentID(9)])
    #expect(try await books.link(other.id)?.payments.map(\.status) == [.pending])
  }

  @Test("A status that names another link is not believed by a recovery")
  func statusNamesAnotherLink() async throws {
    acquirer.answer(pages: [.unknown("timeout"), Self.opened(9)])
    guard case .pending(let link) = try await create() else {
      Issue.record("pending")
      return
    }
    var stranger = try report(7, .paid)
    stranger.link = LinkID(at: clock.now())
    acquirer.answer(statuses: [.report(stranger)])
    clock.advance(by: .seconds(81))
    try await reconcile()
    #expect(try await books.link(link.id)?.payments.map(\.id) == [try PaymentID(9)])
    #expect(try await books.link(link.id)?.status == .active)
  }

  @Test("A page that comes back with another link's payment is not told as created")
  func anothersPage() async throws {
    guard case .created = try await create() else {
      Issue.record("created")
      return
    }
    acquirer.answer(pages: [Self.opened(7)])
    guard case .pending(let link) = try await create(order: "B2", key: "k2") else {
      Issue.record("pending: the number is the first link's")
      return
    }
    #expect(link.page == nil)
  }

  @Test("A link that cannot be written costs no other its end, and keeps its lease, so that it does not come first again at once")
  func failingAlone() async throws {
    let store = StubbornBooks(books: books)
    for (number, order) in ["A1", "A2", "A3"].enumerated() {
      acquirer.answer(pages: [Self.opened(Int64(7 + number))])
      guard case .created(let link) = try await create(order: order, key: order) else {
        Issue.record("created")
        return
      }
      if order == "A2" { store.refuse(link.id) }
    }
    clock.advance(by: .days(2))
    let expire = ExpireDue(store: store, clock: clock, logger: logger)
    await #expect(throws: StoreError.self) { try await expire() }
    #expect(books.allLinks.map(\.status).sorted { $0.rawValue < $1.rawValue } == [.active, .expired, .expired])
    #expect(store.finished.count == 2 && !store.finished.contains { store.isRefused($0) })

    let settle = SettlePayment(store: store, merchants: merchants, clock: clock, logger: logger)
    let sync = SyncLink(store: store, merchants: merchants, settle: settle, clock: clock, logger: logger)
    let recover = RecoverLink(store: store, settle: settle, clock: clock, logger: logger)
    let reconcile = ReconcileDue(
      store: store, merchants: merchants, sync: sync, recover: recover, run: run, clock: clock, logger: logger)
    await #expect(throws: StoreError.self) { try await reconcile() }
    #expect(store.finished.count == 2)
  }

  @Test("One merchant's trouble never costs another's questions")
  func apart() async throws {
    let second = ScriptedAcquirer(pages: [Self.opened(8)])
    let both = Merchants([
      Merchant(name: try MerchantName("alpha"), currency: try Currency("UZS"), acquirer: ScriptedAcquirer(pages: [Self.opened(7)])),
      Merchant(name: merchant, currency: try Currency("UZS"), acquirer: second),
    ])
    guard case .created(let link) = try await create() else {
      Issue.record("created")
      return
    }
    try await MarkSeen(store: books, clock: clock)(link)
    clock.advance(by: .minutes(1))
    let store = TroubledBooks(books: books, troubled: try MerchantName("alpha"))
    let settle = SettlePayment(store: store, merchants: both, clock: clock, logger: logger)
    let sync = SyncLink(store: store, merchants: both, settle: settle, clock: clock, logger: logger)
    let recover = RecoverLink(store: store, settle: settle, clock: clock, logger: logger)
    let reconcile = ReconcileDue(store: store, merchants: both, sync: sync, recover: recover, run: run, clock: clock, logger: logger)
    await #expect(throws: StoreError.self) { try await reconcile() }
    #expect(second.queries.count == 1)
  }
}

/// Books in which some links cannot be written; looks find these first.
private final class StubbornBooks: PartialStore {
  private let books: MemoryBooks
  private let state = Mutex((refused: Set<LinkID>(), finished: [LinkID]()))

  init(books: MemoryBooks) { self.books = books }

  func refuse(_ link: LinkID) { state.withLock { _ = $0.refused.insert(link) } }
  func isRefused(_ link: LinkID) -> Bool { state.withLock { $0.refused.contains(link) } }
  var finished: [LinkID] { state.withLock { $0.finished } }

  func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome {
    if let link = unit.scope.link, isRefused(link) { throw StoreError(.corrupt, "link \(link): terms cannot be read") }
    return try await books.perform(unit)
  }

  func take(_ work: SharedWork, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [LeasedLink] {
    guard case .looks = work else { return try await books.take(work, under: terms, at: now, limit: limit) }
    return books.allLinks.filter { isRefused($0.id) }.map { LeasedLink(link: $0) }
  }

  func finish(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms) async throws(StoreError) {
    state.withLock { $0.finished += links }
  }
}

/// Books in which one merchant's due links cannot be read.
private struct TroubledBooks: PartialStore {
  let books: MemoryBooks
  let troubled: MerchantName

  func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome { try await books.perform(unit) }
  func link(_ id: LinkID) async throws(StoreError) -> PaymentLink? { try await books.link(id) }
  func take(_ work: SharedWork, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [LeasedLink] {
    if case .looks(troubled, _) = work { throw StoreError(.corrupt, "link pl_: status cannot be read") }
    return try await books.take(work, under: terms, at: now, limit: limit)
  }
}
