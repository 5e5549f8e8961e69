import Logging
import PaymentsTesting
import Testing

@testable import Payments

/// Links that outlive the acquirer's page (design §4.3, §4.4): never two payable at once, and every end of an opening is found.
@Suite("Fresh pages") struct FreshPageTests {
  /// A link of 90 days, opened at the start with a page of 7 days.
  struct Bench {
    let books = MemoryBooks()
    let clock = ManualClock(Example.start)
    let acquirer: ScriptedAcquirer
    let open: OpenFreshPage
    let reconcile: ReconcileDue
    let link: LinkID

    init(_ pages: [PageAnswer], statuses: [StatusAnswer] = [.notFound]) throws {
      let acquirer = ScriptedAcquirer(pages: pages, statuses: statuses)
      self.acquirer = acquirer
      let merchants = Merchants([Merchant(name: Example.merchant, currency: Example.uzs, acquirer: acquirer)])
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let settle = SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger)
      let sync = SyncLink(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger)
      open = OpenFreshPage(store: books, merchants: merchants, sync: sync, clock: clock, logger: logger)
      reconcile = ReconcileDue(
        store: books, merchants: merchants, sync: sync,
        recover: RecoverLink(store: books, settle: settle, clock: clock, logger: logger),
        run: RunOperation(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger), clock: clock, logger: logger)
      let link = try Self.longLink()
      self.link = link.id
      books.put(link)
    }

    static func longLink() throws -> PaymentLink {
      let new = NewLink(
        merchant: Example.merchant, order: try OrderID("A1"),
        terms: LinkTerms(amount: .exactly(Example.money(1000)), description: "an order", lifetime: .days(90)))
      var link = PaymentLink.reserved(new, isTest: false, at: Example.start, firstLook: Example.start + .seconds(25))
      link.open(PaymentPage(url: "https://pay.example/1", expiresAt: Example.start + .days(7)), for: try PaymentID(1), at: Example.start)
      link.scheduleLook(after: Example.start)
      return link
    }

    var now: PaymentLink { books.allLinks.first { $0.id == link }! }

    /// To the moment when a fresh page may be opened.
    func toRenewal() { clock.advance(by: now.page!.expiresAt + .minutes(2) - clock.now()) }
  }

  static func page(_ number: Int64, until days: Int = 14) throws -> PageAnswer {
    .opened(try PaymentID(number), PaymentPage(url: "https://pay.example/\(number)", expiresAt: Example.start + .days(days)))
  }

  @Test("The door is open while the page lives, ajar for a tolerance, then a fresh page may be opened, until too little time is left")
  func doors() throws {
    let link = try Bench.longLink()
    let end = Example.start + .days(7)
    func door(_ now: Timestamp) -> PaymentLink.Door { link.door(at: now, timing: Timing(), shortest: .seconds(300)) }
    #expect(door(end - .milliseconds(1)) == .open("https://pay.example/1"))
    #expect(door(end) == .opening)
    #expect(door(end + .minutes(2) - .milliseconds(1)) == .opening)
    #expect(door(end + .minutes(2)) == .renewable)
    #expect(door(link.expiresAt - .seconds(300)) == .renewable)
    #expect(door(link.expiresAt - .seconds(300) + .milliseconds(1)) == .shut)
    #expect(door(link.expiresAt) == .shut)
  }

  @Test("Money, an unknown payment or one whose check was just answered keep the door shut", arguments: PaymentStatus.allCases)
  func blocked(_ status: PaymentStatus) throws {
    var link = try Bench.longLink()
    link.payments[0].status = status
    let now = Example.start + .days(8)
    func door() -> PaymentLink.Door { link.door(at: now, timing: Timing(), shortest: .seconds(300)) }
    let isFree = [PaymentStatus.pending, .failed, .canceled].contains(status)
    #expect(door() == (isFree ? .renewable : .paying))
    link.payments[0].checkedAt = now - .minutes(10) + .milliseconds(1)
    #expect(door() == .paying)
    link.payments[0].checkedAt = now - .minutes(10)
    #expect(door() == (isFree ? .renewable : .paying))
  }

  @Test("A fresh page is a payment of its own, with a key of its own, and takes the old one's place")
  func opened() async throws {
    let bench = try Bench([try Self.page(2), try Self.page(3, until: 21)])
    guard case .open(_, "https://pay.example/1") = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    #expect(bench.acquirer.requests.isEmpty)
    for turn in 2...3 {
      bench.toRenewal()
      let before = bench.now.sequence
      guard case .open(let link, let url) = try await bench.open(bench.now) else { return #expect(Bool(false)) }
      #expect(url == "https://pay.example/\(turn)")
      #expect(link.status == .active && link.sequence > before)
      #expect(link.payments.map { $0.id?.number } == Array([1, 2, 3].prefix(turn)))
      #expect(link.payments.allSatisfy { $0.status == .pending })
      #expect(link.seenAt == bench.clock.now())
    }
    let requests = bench.acquirer.requests
    #expect(requests.map(\.idempotencyKey) == ["\(bench.link)-2", "\(bench.link)-3"])
    #expect(requests.allSatisfy { $0.lifetime == .days(7) })
  }

  @Test("The last page ends with its link")
  func lastPage() async throws {
    let bench = try Bench([try Self.page(2)])
    bench.clock.advance(by: .days(88))
    _ = try await bench.open(bench.now)
    #expect(bench.acquirer.requests.map(\.lifetime) == [.days(2)])
  }

  @Test("Of many who press the button at once one call is made, and none is made while its end is unknown")
  func once() async throws {
    let bench = try Bench([.unknown("time-out"), try Self.page(2)])
    bench.toRenewal()
    let link = bench.now
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask { [bench] in
          guard case .opening = try? await bench.open(link) else { return #expect(Bool(false), "somebody was told something else") }
        }
      }
    }
    #expect(bench.acquirer.requests.count == 1)
    #expect(bench.now.payments.map(\.status) == [.pending, .unknown])
  }

  @Test("An unclear opening is made again with the same key, and the link is active all the time")
  func recovered() async throws {
    let bench = try Bench([.unknown("time-out"), .notSent(.overloaded), .unknown("time-out"), try Self.page(2)])
    bench.toRenewal()
    let sequence = bench.now.sequence
    _ = try await bench.open(bench.now)
    for _ in 0..<20 where bench.now.freshOpening != nil {
      bench.clock.advance(by: try #require(bench.now.nextLookAt) - bench.clock.now())
      try await bench.reconcile()
      #expect(bench.now.status == .active)
    }
    #expect(Set(bench.acquirer.requests.map(\.idempotencyKey)) == ["\(bench.link)-2"])
    #expect(Set(bench.acquirer.requests.map(\.lifetime)).count == 1)
    #expect(bench.acquirer.requests.count == 4)
    #expect(bench.now.payments.map { $0.id?.number } == [1, 2])
    #expect(bench.now.payments[1].status == .pending)
    #expect(bench.now.page?.url == "https://pay.example/2")
    #expect(bench.now.sequence > sequence)
  }

  @Test("A link that the books lost is no page, and no end of the process: before the claim, and before the answer is stored")
  func lost() async throws {
    let bench = try Bench([try Self.page(2)])
    bench.toRenewal()
    let link = bench.now
    // What the acquirer says of the old page, then the claim.
    bench.books.lose(after: 2)
    guard case .opening = try await bench.open(link) else { return #expect(Bool(false)) }
    #expect(bench.acquirer.requests.count == 1)
    bench.books.put(link)
    bench.books.lose(after: 0)
    let error = await #expect(throws: StoreError.self) { try await bench.open(link) }
    #expect(error?.code == .outcomeUnknown)
    #expect(bench.acquirer.requests.count == 1)
  }

  @Test("A process that dies in the middle of the call leaves a claim that Reconcile takes up")
  func crashed() async throws {
    let bench = try Bench([try Self.page(2)])
    bench.toRenewal()
    let claim = ClaimFreshPage(
      merchant: Example.merchant, link: bench.link, order: bench.now.order, now: bench.clock.now(), timing: Timing(),
      shortest: .seconds(300))
    guard case .claimed = try await bench.books.perform(claim) else { return #expect(Bool(false)) }
    guard case .opening = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    #expect(bench.acquirer.requests.isEmpty)
    // Not before the call's limit and a minute: the call may still be at work.
    bench.clock.advance(by: .seconds(79))
    try await bench.reconcile()
    #expect(bench.acquirer.requests.isEmpty)
    bench.clock.advance(by: .seconds(1))
    try await bench.reconcile()
    #expect(bench.acquirer.requests.map(\.idempotencyKey) == ["\(bench.link)-2"])
    #expect(bench.now.page?.url == "https://pay.example/2")
  }

  @Test("After three tries the opening is given up, not the link: the next one is another call")
  func givenUp() async throws {
    let bench = try Bench([.unknown("1"), .unknown("2"), .unknown("3"), try Self.page(9)])
    bench.toRenewal()
    _ = try await bench.open(bench.now)
    for _ in 0..<20 where bench.now.freshOpening != nil {
      bench.clock.advance(by: try #require(bench.now.nextLookAt) - bench.clock.now())
      try await bench.reconcile()
    }
    #expect(bench.acquirer.requests.count == 3)
    #expect(bench.now.status == .active)
    #expect(bench.now.payments[1].failure?.code == "not_recovered")
    bench.clock.advance(by: .minutes(1))
    guard case .open(let link, "https://pay.example/9") = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    #expect(bench.acquirer.requests.last?.idempotencyKey == "\(bench.link)-3")
    #expect(link.payments.map(\.status) == [.pending, .failed, .pending])
  }

  @Test("A refusal keeps payers from asking for a minute; what was never sent keeps nobody, and its key is used again")
  func refusedAndNotSent() async throws {
    let refusal = AcquirerRefusal(kind: .temporary, code: "10000", description: "later")
    let bench = try Bench([.notSent(.overloaded), .refused(refusal), try Self.page(2)])
    bench.toRenewal()
    guard case .notSent = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    guard case .refused(let refused) = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    #expect(refused.payments.count == 2)
    #expect(refused.payments[1].failure?.code == "10000")
    guard case .shut = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    bench.clock.advance(by: .minutes(1))
    guard case .open = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    #expect(bench.acquirer.requests.map(\.idempotencyKey) == ["\(bench.link)-2", "\(bench.link)-2", "\(bench.link)-3"])
  }

  @Test("The acquirer is asked about the old page first: money whose result was lost is found, and no page opened")
  func askedFirst() async throws {
    let paid = Example.report(.status, payment: 1, asOf: Example.start + .days(8))
    let bench = try Bench([try Self.page(2)], statuses: [.report(paid)])
    bench.clock.advance(by: .days(8))
    guard case .shut(let link) = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    #expect(link.status == .completed)
    #expect(bench.acquirer.requests.isEmpty)
  }

  @Test("Money or a check of another link of the order keeps the door shut too")
  func otherLink() async throws {
    let bench = try Bench([try Self.page(2)])
    var other = Example.link(status: .expired, payment: 77)
    other.payments[0].status = .paid
    bench.books.put(other)
    bench.toRenewal()
    guard case .shut = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    other.payments[0].status = .pending
    other.payments[0].checkedAt = bench.clock.now()
    bench.books.put(other)
    guard case .shut = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    other.payments[0].checkedAt = nil
    bench.books.put(other)
    guard case .open = try await bench.open(bench.now) else { return #expect(Bool(false)) }
  }

  @Test("A number that another link has is an anomaly, the old number with a new page is that page, and neither leaves an opening behind")
  func oddNumbers() async throws {
    let bench = try Bench([try Self.page(77), try Self.page(1)])
    var other = Example.link(order: "B7", payment: 77)
    other.status = .expired
    bench.books.put(other)
    bench.toRenewal()
    _ = try await bench.open(bench.now)
    #expect(bench.now.payments[1].failure?.code == "number_taken")
    #expect(bench.books.events.map(\.kind) == [.paymentAnomaly])
    #expect(bench.now.page?.url == "https://pay.example/1")
    bench.clock.advance(by: .minutes(1))
    guard case .open(let link, _) = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    #expect(link.freshOpening == nil)
    #expect(link.payments.map { $0.id?.number } == [1, nil, nil])
    #expect(link.page?.expiresAt == Example.start + .days(14))
  }

  @Test("Money for the fresh page completes the link, and money for the old one after it is a duplicate")
  func paid() async throws {
    let bench = try Bench([try Self.page(2)])
    bench.toRenewal()
    guard case .open(let link, _) = try await bench.open(bench.now) else { return #expect(Bool(false)) }
    let first = Example.settle(Example.report(payment: 2, link: link.id), [link], now: bench.clock.now())
    let completed = try #require(first.outcome.link)
    #expect(completed.status == .completed)
    #expect(completed.counting?.id?.number == 2)
    let second = Example.settle(Example.report(payment: 1, link: link.id, digest: "d2"), [completed], now: bench.clock.now())
    #expect(second.outcome.link?.payments[0].flags == [.duplicate])
  }

  @Test("Pages that have long been over are not asked about any more, but for one that somebody began to pay")
  func longOver() throws {
    var link = try Bench.longLink()
    for day in [7, 14, 21] {
      var payment = link.beginFreshPage(at: Example.start + .days(day))
      payment.id = try PaymentID(Int64(day))
      link.payments[link.payments.count - 1] = payment
    }
    func asked(_ day: Int) -> [Int] { link.payments.filter { $0.needsAsking(at: Example.start + .days(day)) }.map(\.ordinal) }
    #expect(asked(14) == [1, 2, 3, 4])
    #expect(asked(15) == [2, 3, 4])
    #expect(asked(30) == [4])
    link.payments[1].checkedAt = Example.start + .days(8)
    #expect(asked(30) == [2, 4])
  }

  @Test("A link that was canceled while its page was opened stays canceled, and knows the number")
  func canceledMeanwhile() async throws {
    var link = try Bench.longLink()
    let now = Example.start + .days(8)
    _ = link.beginFreshPage(at: now)
    link.status = .canceled
    let record = RecordFreshPage(merchant: Example.merchant, link: link.id, ordinal: 2, answer: try Self.page(2), now: now)
    let stored = try #require(record.decide(Snapshot(links: [link])).outcome)
    #expect(stored.status == .canceled)
    #expect(stored.payments[1].id?.number == 2)
  }
}
