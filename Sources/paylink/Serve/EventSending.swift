import CoreMetrics
import Facade
import HTTPClient
import Logging
import Operations
import Payments
import Storage
import Synchronization
import Transport
import Webhooks

/// The events' way to the shop: two clients, since what an endpoint with `allow_private` may reach no other endpoint's connection may lead to, and a job for each
/// endpoint.
struct EventSending {
  private let places: [WebhookPlace]
  private let limits: WebhookPost.Limits
  private let clients: (public: HTTPClient, any: HTTPClient)
  private let registration = Registration()

  init(settings: Settings, loops: EventLoopGroup) {
    places = settings.webhooks.map(\.place)
    limits = settings.limits.webhook
    clients = Self.clients(loops: loops, endpoints: places.count)
  }

  /// No proxy: an event goes to the shop and nowhere else.
  static func clients(loops: EventLoopGroup, endpoints: Int) -> (public: HTTPClient, any: HTTPClient) {
    let atOnce = max(1, endpoints) * DeliverDue.inFlight
    let configuration = { (addresses: AddressPolicy) in
      HTTPClientConfiguration(
        addresses: addresses, inFlight: atOnce, waiting: atOnce, connectionsPerHost: atOnce, connections: atOnce * 2)
    }
    return (
      HTTPClient(configuration: configuration(.publicOnly), loops: loops), HTTPClient(configuration: configuration(.any), loops: loops)
    )
  }

  /// Makes the endpoints in the books those of the settings. Where a shared database is not there yet, the jobs do it when it comes.
  func register(in store: any BookStore, clock: any WallClock) async throws(CommandFailure) {
    do {
      try await registration.ensure(places.map(\.endpoint), in: store, at: clock.now())
    } catch {
      if error.code == .unavailable, store is PostgresStore { return }
      throw CommandFailure(.unavailable, "the endpoints of webhooks cannot be written: \(error.detail)")
    }
  }

  func jobs(
    store: any BookStore, clock: any WallClock, terms: LeaseTerms, metrics: PrometheusMetrics, draining: Draining
  ) -> [Schedule.Job] {
    let courier = HTTPCourier(
      places: places,
      post: WebhookPost(publicCaller: TracedCaller(clients.public), anyCaller: TracedCaller(clients.any), limits: limits),
      clock: MachineClock()
    ) { EventBody($0).bytes }
    return places.map { place in
      let deliver = DeliverDue(
        endpoint: place.endpoint, outbox: store, courier: courier, clock: clock, terms: terms, isEnding: { draining.hasBegun },
        logger: Logger(label: "paylink.webhooks"),
        count: { endpoint, next in
          metrics.makeCounter(
            label: MetricName.deliveries, dimensions: [("endpoint", "\(endpoint)"), ("outcome", Self.word(next))]
          ).increment(by: 1)
        },
        takenOver: { metrics.makeCounter(label: MetricName.leasesTakenOver, dimensions: [("work", "deliver")]).increment(by: 1) })
      let (registration, endpoints) = (registration, places.map(\.endpoint))
      return Schedule.Job(name: "deliver \(place.endpoint.name)", every: Self.lookEvery) { () throws(StoreError) in
        try await registration.ensure(endpoints, in: store, at: clock.now())
        _ = try await deliver()
      }
    }
  }

  func shutdown() async {
    await clients.public.shutdown()
    await clients.any.shutdown()
  }

  /// "At once" to a person; a look that finds nothing is one read.
  private static let lookEvery = Duration.milliseconds(200)

  private static func word(_ next: DeliverySchedule.Next) -> String {
    switch next {
    case .delivered: "delivered"
    case .again: "failed"
    case .dead: "dead"
    }
  }
}

/// Whether the endpoints stand in the books.
private final class Registration: Sendable {
  private let isDone = Atomic<Bool>(false)

  /// Done once; twice at the same moment does no harm.
  func ensure(_ endpoints: [Endpoint], in store: any BookStore, at now: Timestamp) async throws(StoreError) {
    guard !isDone.load(ordering: .relaxed) else { return }
    try await store.register(endpoints, at: now)
    isDone.store(true, ordering: .relaxed)
  }
}
