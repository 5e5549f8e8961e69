import Payments
import Testing

@testable import Storage

/// `Outbox` whatever engine is behind it (design §4.5).
@Suite("The outbox") struct OutboxTests {
  private static let crm = endpoint("crm")

  static func endpoint(_ name: String, merchants: Set<MerchantName> = [Sample.shop], _ patterns: [String] = ["*"], address: String = "a")
    -> Endpoint
  {
    do {
      return Endpoint(
        name: try EndpointName(name), merchants: merchants, patterns: try patterns.map { try EventPattern($0) }, address: address)
    } catch { preconditionFailure("a sample is valid: \(error)") }
  }

  @discardableResult
  private func happen(_ store: any BookStore, _ order: String, _ kind: Event.Kind = .linkActive, merchant: MerchantName = Sample.shop)
    async throws -> EventID
  {
    let link = Sample.link(order, merchant: merchant)
    let event = Event(kind: kind, at: Sample.start, merchant: merchant, link: link)
    try await store.insert(link, events: [event])
    return event.id
  }

  private static let ours = LeaseTerms(holder: "ours", time: .seconds(30))
  private static let theirs = LeaseTerms(holder: "theirs", time: .seconds(30))

  private func take(
    _ store: any BookStore, _ endpoint: Endpoint = crm, by terms: LeaseTerms = ours, at seconds: Int = 0, limit: Int = 8
  ) async throws -> [Delivery] {
    try await store.take(for: endpoint, under: terms, at: Sample.at(seconds), limit: limit)
  }

  private func record(
    _ store: any BookStore, _ delivery: Delivery, status: Int, _ next: DeliverySchedule.Next, by terms: LeaseTerms = ours,
    at seconds: Int = 0
  ) async throws -> Breaker? {
    let attempt = DeliveryAttempt(at: Sample.at(seconds), duration: .milliseconds(12), end: .answered(status: status))
    return try await store.record(
      DeliveryRecord(
        endpoint: delivery.endpoint, place: delivery.place, attempt: attempt, next: next, at: Sample.at(seconds),
        holder: terms.holder))
  }

  @Test("tells an endpoint of what happened since it is there, in order, and of nothing before", arguments: Engine.all)
  func newEndpoint(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await happen(store, "before")
      try await store.register([Self.crm], at: Sample.start)
      #expect(try await !store.hasWork(for: Self.crm.name, at: Sample.start))
      let ids = [try await happen(store, "A"), try await happen(store, "B")]
      #expect(try await store.hasWork(for: Self.crm.name, at: Sample.start))
      let taken = try await take(store)
      #expect(taken.map(\.event.id) == ids)
      // Starting again with the same settings changes nothing.
      try await store.register([Self.crm], at: Sample.at(1))
      #expect(try await take(store, at: 1).isEmpty)
    }
  }

  @Test("gives an endpoint the events of its merchants and patterns alone", arguments: Engine.all)
  func filters(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let other = Sample.merchant("other")
      let money = Self.endpoint("money", merchants: [Sample.shop, other], ["payment.*"])
      try await store.register([Self.crm, money], at: Sample.start)
      let active = try await happen(store, "A")
      let paid = try await happen(store, "B", .paymentPaid)
      let foreign = try await happen(store, "C", .paymentPaid, merchant: other)
      #expect(try await take(store).map(\.event.id) == [active, paid])
      #expect(try await take(store, money).map(\.event.id) == [paid, foreign])
      #expect(try await !store.hasWork(for: money.name, at: Sample.start))
    }
  }

  @Test("gives what is taken to nobody else until its lease ends, and at once when it is given back", arguments: Engine.all)
  func lease(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      try await happen(store, "A")
      let first = try #require(try await take(store).first)
      #expect(first.tries == 0)
      #expect(try await take(store, at: 29).isEmpty)
      #expect(try await !store.hasWork(for: Self.crm.name, at: Sample.at(29)))
      #expect(try await take(store, at: 30).map(\.event.id) == [first.event.id])
      try await store.giveBack(first, under: Self.ours, at: Sample.at(31))
      let again = try #require(try await take(store, at: 31).first)
      #expect(again.tries == 0)
      #expect(again.event.id == first.event.id)
    }
  }

  @Test("tells who takes over from whom, and a lease that is renewed lapses later", arguments: Engine.all)
  func takenOver(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let id = try await happen(store, "A")
      let first = try #require(try await take(store).first)
      #expect(first.lapsedHolder == nil)
      #expect(try await store.renew([first], under: Self.ours, at: Sample.at(20)) == 1)
      #expect(try await store.renew([first], under: Self.theirs, at: Sample.at(20)) == 0)
      #expect(try await take(store, by: Self.theirs, at: 49).isEmpty)
      let second = try await take(store, by: Self.theirs, at: 50)
      #expect(second.map(\.event.id) == [id])
      #expect(second.map(\.lapsedHolder) == ["ours"])
      #expect(try await store.renew([first], under: Self.ours, at: Sample.at(51)) == 0)
      try await store.giveBack(first, under: Self.ours, at: Sample.at(51))
      #expect(try await take(store, at: 52).isEmpty)
    }
  }

  @Test("hears of one whose lease is another's by now only that the endpoint has the event", arguments: Engine.all)
  func late(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let ids = [try await happen(store, "A"), try await happen(store, "B")]
      let first = try await take(store)
      let second = try await take(store, by: Self.theirs, at: 30)
      #expect(second.map(\.event.id) == ids)
      // Who slept through its lease failed at one and delivered the other: the failure is not its to tell any more.
      #expect(try await record(store, first[0], status: 500, .dead, at: 31) == nil)
      _ = try await record(store, first[1], status: 200, .delivered, at: 31)
      #expect(try await take(store, at: 59).isEmpty)
      _ = try await record(store, second[0], status: 200, .delivered, by: Self.theirs, at: 59)
      _ = try await record(store, second[1], status: 500, .again(at: Sample.at(60)), by: Self.theirs, at: 59)
      let kept = try await store.deliveries(DeliveryQuery(merchants: [Sample.shop])).deliveries
      #expect(kept.map(\.status) == [.delivered, .delivered])
      #expect(try await take(store, at: 10_000).isEmpty)
    }
  }

  @Test("keeps every try, and sends again when it is due and not before", arguments: Engine.all)
  func attempts(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let id = try await happen(store, "A")
      let first = try #require(try await take(store).first)
      #expect(try await record(store, first, status: 500, .again(at: Sample.at(5)))?.failures == 1)
      #expect(try await take(store, at: 4).isEmpty)
      let second = try #require(try await take(store, at: 5).first)
      #expect(second.tries == 1)
      #expect(try await record(store, second, status: 204, .delivered, at: 6) == Breaker())
      #expect(try await !store.hasWork(for: Self.crm.name, at: Sample.at(10_000)))
      let page = try await store.deliveries(DeliveryQuery(merchants: [Sample.shop], event: id))
      let delivery = try #require(page.deliveries.first)
      #expect(page.deliveries.count == 1)
      #expect(delivery.status == .delivered && delivery.tries == 2 && delivery.dueAt == nil)
      #expect(delivery.attempts.map(\.end) == [.answered(status: 500), .answered(status: 204)])
      #expect(delivery.attempts.map(\.duration) == [.milliseconds(12), .milliseconds(12)])
    }
  }

  @Test("keeps dead letters, lists them by status, and a replay sends one again with all its tries before it", arguments: Engine.all)
  func dead(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let ids = [try await happen(store, "A"), try await happen(store, "B")]
      let taken = try await take(store)
      _ = try await record(store, taken[0], status: 500, .dead)
      _ = try await record(store, taken[1], status: 200, .delivered)
      let letters = try await store.deliveries(DeliveryQuery(merchants: [Sample.shop], status: .dead))
      #expect(letters.deliveries.map(\.event.id) == [ids[0]])
      #expect(try await store.endpoints().map(\.dead) == [1])
      #expect(try await take(store, at: 100_000).isEmpty)
      try await store.queueAgain(ids[0], for: [Self.crm.name], at: Sample.at(100))
      let again = try #require(try await take(store, at: 100).first)
      #expect(again.event.id == ids[0])
      #expect(again.tries == 0)
      _ = try await record(store, again, status: 200, .delivered, at: 100)
      let kept = try await store.deliveries(DeliveryQuery(merchants: [Sample.shop], event: ids[0])).deliveries
      #expect(kept.map { $0.attempts.count } == [2])
    }
  }

  @Test("lets an endpoint rest after five failures in a row, no other with it, and then tries with one delivery", arguments: Engine.all)
  func breaker(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let other = Self.endpoint("other")
      try await store.register([Self.crm, other], at: Sample.start)
      for number in 0..<7 { try await happen(store, "A\(number)") }
      let taken = try await take(store)
      for delivery in taken.prefix(5) { _ = try await record(store, delivery, status: 503, .again(at: Sample.at(5))) }
      #expect(try await store.endpoints().first?.breaker == Breaker(failures: 5, restsUntil: Sample.at(30)))
      #expect(try await !store.hasWork(for: Self.crm.name, at: Sample.at(29)))
      #expect(try await take(store, at: 29).isEmpty)
      #expect(try await take(store, other, at: 29).count == 7)
      let probe = try await take(store, at: 30)
      #expect(probe.count == 1)
      _ = try await record(store, probe[0], status: 200, .delivered, at: 31)
      #expect(try await take(store, at: 31).count == 6)
    }
  }

  @Test(
    "sends nothing to an endpoint that is gone, loses nothing meanwhile, and goes on when it is enabled or has another address",
    arguments: Engine.all)
  func gone(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let ids = [try await happen(store, "A")]
      let first = try #require(try await take(store).first)
      _ = try await record(store, first, status: 410, .again(at: Sample.at(5)))
      #expect(try await store.endpoints().map(\.disabledAt) == [Sample.start])
      let later = try await happen(store, "B")
      #expect(try await !store.hasWork(for: Self.crm.name, at: Sample.at(10_000)))
      #expect(try await take(store, at: 10_000).isEmpty)
      try await store.register([Self.crm], at: Sample.at(1))
      #expect(try await store.endpoints().map(\.disabledAt) == [Sample.start])
      #expect(try await store.enable(Self.crm.name, at: Sample.at(2)))
      #expect(try await take(store, at: 10_000).map(\.event.id) == ids + [later])
      #expect(try await !store.enable(EndpointName("nobody"), at: Sample.at(2)))
      _ = try await record(store, first, status: 410, .again(at: Sample.at(5)))
      try await store.register([Self.endpoint("crm", address: "another")], at: Sample.at(3))
      #expect(try await store.endpoints().map(\.disabledAt) == [nil])
    }
  }

  @Test(
    "gives up what waits for an endpoint that the settings no longer name, and a new one of the name begins anew", arguments: Engine.all)
  func removed(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let id = try await happen(store, "A")
      _ = try await take(store)
      try await store.register([], at: Sample.at(1))
      #expect(try await store.endpoints().isEmpty)
      #expect(try await store.deliveries(DeliveryQuery(merchants: [Sample.shop], status: .dead)).deliveries.map(\.event.id) == [id])
      try await happen(store, "B")
      try await store.register([Self.crm], at: Sample.at(2))
      #expect(try await take(store, at: 10_000).isEmpty)
    }
  }

  @Test("passes over an event that cannot be read", arguments: Engine.all)
  func damaged(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let broken = try await happen(store, "A")
      let whole = try await happen(store, "B")
      try await store.spoil(SQLStatement("UPDATE event SET state = '{' WHERE id = :id"), [broken.text.sql])
      #expect(try await take(store).map(\.event.id) == [whole])
      #expect(try await !store.hasWork(for: Self.crm.name, at: Sample.at(10)))
    }
  }

  @Test("works off a backlog that is longer than one look", arguments: Engine.all)
  func backlog(_ engine: Engine) async throws {
    try await engine.withStore { store in
      try await store.register([Self.crm], at: Sample.start)
      let link = Sample.link("A")
      let events = (0..<300).map { _ in Event(kind: .linkActive, at: Sample.start, merchant: link.merchant, link: link) }
      try await store.insert(link, events: events)
      var seen: [EventID] = []
      while try await store.hasWork(for: Self.crm.name, at: Sample.start) {
        for delivery in try await take(store, limit: 100) {
          seen.append(delivery.event.id)
          _ = try await record(store, delivery, status: 200, .delivered)
        }
      }
      #expect(seen == events.map(\.id))
    }
  }
}
