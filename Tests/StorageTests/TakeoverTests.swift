import Payments
import PaymentsTesting
import Synchronization
import Testing

@testable import Storage

/// Two programs on one database, of which one sleeps in the middle of sending money and wakes when its lease is long the other's (design §3).
@Suite("Taking over") struct TakeoverTests {
  /// Where the first program falls asleep.
  enum Sleep: String, CaseIterable, CustomTestStringConvertible {
    /// It has the lease and has asked for the baseline; `requested → sent` is still before it.
    case beforeTheClaim
    /// It won `requested → sent`, and no byte has left.
    case afterTheClaim

    var testDescription: String { rawValue }
  }

  @Test("A refund is sent once, whoever wakes up when", arguments: Engine.all, Sleep.allCases)
  func once(_ engine: Engine, _ sleep: Sleep) async throws {
    try await engine.withTwo { one, other in
      let clock = ManualClock(Sample.start)
      let world = Acquiring()
      let link = Self.refunding
      try await one.insert(link)
      let sleeper = Asleep(at: sleep)
      let first = Program(one, "first", clock, SleepyAcquirer(world: world, sleeper: sleeper))
      let second = Program(other, "second", clock, SleepyAcquirer(world: world, sleeper: nil))
      let running = Task { try await first.reconcile() }
      await sleeper.isAsleep()
      // While its lease stands the second leaves it alone.
      clock.advance(by: .seconds(10))
      #expect(try await second.reconcile() == 0)
      #expect(world.sent.isEmpty)
      // The look's next time is 30 s after the first, and not come: that the lease lapsed is enough.
      clock.advance(by: .seconds(11))
      #expect(try await second.reconcile() == 1)
      #expect(second.takenOver == 1)
      switch sleep {
      case .beforeTheClaim: #expect(world.sent.count == 1)
      // Whoever finds `sent` only asks.
      case .afterTheClaim: #expect(world.sent.isEmpty)
      }
      sleeper.wake()
      #expect(try await running.value == 1)
      #expect(world.sent.count == 1)
      let now = try #require(try await other.link(link.id))
      #expect(now.operations.map(\.status) == [.succeeded])
      #expect(now.payments.map(\.refunded) == [400])
      #expect(now.payments.map(\.status) == [.partiallyRefunded])
    }
  }

  /// Paid, with a refund that waits to be sent.
  private static var refunding: PaymentLink {
    var operation = Sample.operation(400)
    operation.nextLookAt = Sample.start
    return Sample.link(
      "R1", status: .completed, payments: [Sample.attempt(.paid, number: 7, amount: 1000, captured: 1000)], operations: [operation],
      look: Sample.start)
  }
}

/// The use cases of a program, over its own store.
private struct Program {
  private let due: ReconcileDue
  private let count = Counted()
  var takenOver: Int { count.value.load(ordering: .relaxed) }

  private final class Counted: Sendable { let value = Atomic<Int>(0) }

  init(_ store: any BookStore, _ name: String, _ clock: ManualClock, _ acquirer: SleepyAcquirer) {
    let merchants = Merchants([Merchant(name: Sample.shop, currency: Sample.sum, acquirer: acquirer)])
    let settle = SettlePayment(store: store, merchants: merchants, clock: clock, logger: .quiet)
    let count = count
    due = ReconcileDue(
      store: store, merchants: merchants, sync: SyncLink(store: store, merchants: merchants, settle: settle, clock: clock, logger: .quiet),
      recover: RecoverLink(store: store, settle: settle, clock: clock, logger: .quiet),
      run: RunOperation(store: store, merchants: merchants, settle: settle, clock: clock, logger: .quiet), clock: clock,
      // Renewed after 7 s of real time: long after the test.
      terms: LeaseTerms(holder: name, time: .seconds(20)), logger: .quiet
    ) { _ in count.value.add(1, ordering: .relaxed) }
  }

  func reconcile() async throws -> Int { try await due() }
}

/// What the acquirer got, whoever sent it.
private final class Acquiring: Sendable {
  private let kept = Mutex<[OperationRequest]>([])
  var sent: [OperationRequest] { kept.withLock { $0 } }
  func send(_ request: OperationRequest) { kept.withLock { $0.append(request) } }
}

/// A point at which a program stops until it is woken.
private final class Asleep: Sendable {
  let point: TakeoverTests.Sleep
  private let asleep = AsyncStream.makeStream(of: Void.self)
  private let awake = AsyncStream.makeStream(of: Void.self)
  private let questions = Atomic<Int>(0)

  init(at point: TakeoverTests.Sleep) { self.point = point }

  func pass(_ point: TakeoverTests.Sleep) async {
    guard point == self.point else { return }
    asleep.continuation.finish()
    for await _ in awake.stream {}
  }

  /// The look asks first, and then the operation for its baseline.
  func passStatus() async {
    if questions.add(1, ordering: .relaxed).newValue == 2 { await pass(.beforeTheClaim) }
  }

  func isAsleep() async { for await _ in asleep.stream {} }
  func wake() { awake.continuation.finish() }
}

private struct SleepyAcquirer: Acquirer {
  let world: Acquiring
  let sleeper: Asleep?
  let callLimit: Duration = .seconds(20)
  let longestPageLife: Duration = .seconds(604_800)

  func faults(in terms: LinkTerms, order: OrderID) -> [TermsFault] { [] }
  func openPage(_ request: PageRequest) async -> PageAnswer { preconditionFailure("nobody opens a page here") }

  func operate(_ request: OperationRequest) async -> OperationAnswer {
    await sleeper?.pass(.afterTheClaim)
    world.send(request)
    return .done(Sample.payment(71))
  }

  /// Paid, and nothing given back that could be seen yet.
  func status(_ query: StatusQuery, within limit: Duration) async -> StatusAnswer {
    await sleeper?.passStatus()
    return .report(
      Report(
        source: .status, merchant: Sample.shop, paymentID: Sample.payment(7), order: Sample.order("R1"), status: .paid,
        amount: Sample.money(1000), captured: Sample.money(1000), asOf: Sample.start,
        evidence: Evidence(message: "{}", digest: "d")))
  }
}
