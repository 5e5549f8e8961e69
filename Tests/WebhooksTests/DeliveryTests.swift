import Foundation
import HTTPClient
import HTTPTypes
import Logging
import Payments
import PaymentsTesting
import Storage
import Synchronization
import Testing

@testable import Webhooks

/// Events on their way: the use case over real books, with a courier that answers as it is told.
struct DeliveryTests {
  /// Answers in turn, and keeps what was sent.
  final class Scripted: HTTPCaller {
    private let answers: Mutex<[Result<HTTPClientResponse, HTTPClientError>]>
    private let sent = Mutex<[HTTPClientRequest]>([])

    init(_ answers: [Result<HTTPClientResponse, HTTPClientError>]) { self.answers = Mutex(answers) }

    var requests: [HTTPClientRequest] { sent.withLock { $0 } }

    func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
      sent.withLock { $0.append(request) }
      return try answers.withLock { $0.isEmpty ? .success(HTTPClientResponse(status: 204)) : $0.removeFirst() }.get()
    }
  }

  private static func place(allowsPrivate: Bool = false) throws -> WebhookPlace {
    WebhookPlace(
      name: try EndpointName("crm"), merchants: [try MerchantName("main")], patterns: [try EventPattern("*")],
      address: try WebhookAddress("https://shop.example/hook", allowsPrivate: allowsPrivate),
      secrets: WebhookSecrets(current: WebhookSecret()), allowsPrivate: allowsPrivate)
  }

  private static func status(_ status: Int, retryAfter: String? = nil) -> Result<HTTPClientResponse, HTTPClientError> {
    .success(HTTPClientResponse(status: status, fields: retryAfter.map { [.retryAfter: $0] } ?? [:]))
  }

  private func deliver(_ caller: Scripted, clock: ManualClock, _ body: (DeliverDue, SQLiteStore) async throws -> Void) async throws {
    let folder = "/tmp/paylink-webhooks-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let store = try SQLiteStore.open(path: "\(folder)/books.db", logger: logger)
    let place = try Self.place()
    let courier = HTTPCourier(places: [place], post: WebhookPost(publicCaller: caller, anyCaller: Scripted([])), clock: clock) {
      Array($0.id.text.utf8)
    }
    try await store.register([place.endpoint], at: clock.now())
    let due = DeliverDue(
      endpoint: place.endpoint, outbox: store, courier: courier, clock: clock, terms: LeaseTerms(time: .seconds(20)), logger: logger)
    do { try await body(due, store) } catch {
      await store.close()
      throw error
    }
    await store.close()
  }

  private struct Happening: UnitOfWork {
    let event: Event
    var scope: Scope { Scope(merchant: event.merchant) }

    func decide(_ snapshot: Snapshot) -> Decision<Void> {
      var changes = Changes()
      changes.events = [event]
      return Decision((), changes)
    }
  }

  private func happen(_ store: SQLiteStore, at now: Timestamp) async throws -> EventID {
    let event = Event(kind: .paymentOrphaned, at: now, merchant: try MerchantName("main"), link: nil)
    try await store.perform(Happening(event: event))
    return event.id
  }

  @Test("An event is tried ten times with one id over the days of the schedule, then it is a dead letter")
  func wholeSchedule() async throws {
    let clock = ManualClock()
    let caller = Scripted(Array(repeating: Self.status(500), count: 20))
    try await deliver(caller, clock: clock) { due, store in
      let id = try await happen(store, at: clock.now())
      var waits: [Duration] = []
      for _ in 0..<40 where caller.requests.count < 10 {
        let made = try await due()
        let delivery = try #require(try await store.deliveries(DeliveryQuery(merchants: [try MerchantName("main")])).deliveries.first)
        let rest = try await store.endpoints().first?.breaker.restsUntil ?? clock.now()
        guard let next = delivery.dueAt else { break }
        if made == 1 { waits.append(next - clock.now()) }
        clock.advance(by: max(next, rest) - clock.now())
      }
      #expect(caller.requests.count == 10)
      let nominal: [Duration] = [
        .seconds(5), .minutes(5), .minutes(30), .hours(2), .hours(5), .hours(10), .hours(14), .hours(20), .hours(24),
      ]
      #expect(waits.count == 9)
      for (wait, least) in zip(waits, nominal) { #expect(wait >= least && wait <= least * 11 / 10) }
      let dead = try await store.deliveries(DeliveryQuery(merchants: [try MerchantName("main")], status: .dead)).deliveries
      #expect(dead.map(\.event.id) == [id])
      #expect(dead.first?.attempts.count == 10)
      clock.advance(by: .days(30))
      #expect(try await due() == 0)
      let ids = Set(caller.requests.map { $0.fields[HTTPField.Name("webhook-id")!] })
      #expect(ids == [id.text])
      let signatures = Set(caller.requests.map { $0.fields[HTTPField.Name("webhook-signature")!] })
      #expect(signatures.count == 10)
    }
  }

  @Test("Retry-After is kept to, a try that we gave up ourselves does not count, and every failure is named")
  func answers() async throws {
    let clock = ManualClock()
    let canceled = HTTPClientError(code: .canceled, mayHaveBeenSent: true, detail: "")
    let refused = HTTPClientError(code: .addressRefused, mayHaveBeenSent: false, detail: "")
    let caller = Scripted([.failure(canceled), Self.status(503, retryAfter: "3600"), .failure(refused), Self.status(200)])
    try await deliver(caller, clock: clock) { due, store in
      _ = try await happen(store, at: clock.now())
      // The run goes on while there is something due: what was given back is due at once.
      #expect(try await due() == 2)
      #expect(caller.requests.count == 2)
      clock.advance(by: .seconds(3599))
      #expect(try await due() == 0)
      clock.advance(by: .seconds(1))
      #expect(try await due() == 1)
      clock.advance(by: .minutes(6))
      #expect(try await due() == 1)
      let delivery = try #require(try await store.deliveries(DeliveryQuery(merchants: [try MerchantName("main")])).deliveries.first)
      #expect(delivery.status == .delivered)
      #expect(delivery.attempts.map(\.end) == [.answered(status: 503), .failed(.addressRefused), .answered(status: 200)])
    }
  }

  @Test("A request is a POST with the design's bounds, over the client that the endpoint's addresses ask for", arguments: [false, true])
  func request(allowsPrivate: Bool) async throws {
    let (publicCaller, anyCaller) = (Scripted([Self.status(204)]), Scripted([Self.status(204)]))
    let place = try Self.place(allowsPrivate: allowsPrivate)
    let courier = HTTPCourier(
      places: [place], post: WebhookPost(publicCaller: publicCaller, anyCaller: anyCaller),
      clock: ManualClock(Timestamp(milliseconds: 7_999))
    ) { _ in [1, 2] }
    let event = Event(kind: .paymentPaid, at: Timestamp(milliseconds: 5_000), merchant: try MerchantName("main"), link: nil)
    let answer = await courier.deliver(event, to: place.endpoint.name)
    #expect(answer.end == .answered(status: 204))
    #expect((allowsPrivate ? publicCaller : anyCaller).requests.isEmpty)
    let request = try #require((allowsPrivate ? anyCaller : publicCaller).requests.first)
    #expect(request.method == .post && request.url == "https://shop.example/hook" && request.body == [1, 2])
    #expect(request.connectTimeout == .seconds(5) && request.timeout == .seconds(15) && !request.keepsAnswer)
    #expect(request.fields[HTTPField.Name("webhook-timestamp")!] == "7")
    #expect(request.fields[.contentType] == "application/json")
  }
}
