package import Logging

/// What a person does about deliveries: looks at them, sends an event again, lets an endpoint be sent to again. Confined to the merchants of whoever asks.
package struct OperateDeliveries: Sendable {
  let endpoints: [Endpoint]
  let feed: any EventFeed
  let outbox: any Outbox
  let clock: any WallClock
  let logger: Logger

  package init(endpoints: [Endpoint], feed: any EventFeed, outbox: any Outbox, clock: any WallClock, logger: Logger) {
    self.endpoints = endpoints
    self.feed = feed
    self.outbox = outbox
    self.clock = clock
    self.logger = logger
  }

  /// Queues an event anew, with the same id, for every endpoint that wants it.
  /// - Returns: those endpoints; nil where there is no such event.
  package func replay(_ id: EventID, of merchants: Set<MerchantName>) async throws(StoreError) -> [EndpointName]? {
    guard let event = try await feed.event(id), merchants.contains(event.merchant) else { return nil }
    let wanting = endpoints.filter { $0.wants(event.kind, of: event.merchant) }.map(\.name)
    if !wanting.isEmpty { try await outbox.queueAgain(id, for: wanting, at: clock.now()) }
    logger.notice("event is sent again", metadata: ["event": "\(id)", "endpoints": .array(wanting.map { "\($0)" })])
    return wanting
  }

  package func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> DeliveryPage {
    precondition(!query.merchants.isEmpty, "a list is confined to the merchants of its reader")
    return try await outbox.deliveries(query)
  }

  /// The endpoints that are told of any of these merchants.
  package func endpoints(of merchants: Set<MerchantName>) async throws(StoreError) -> [EndpointState] {
    let names = Set(endpoints.filter { !$0.merchants.isDisjoint(with: merchants) }.map(\.name))
    return try await outbox.endpoints().filter { names.contains($0.name) }
  }

  /// - Returns: the endpoint then; nil where there is no such endpoint.
  package func enable(_ name: EndpointName, of merchants: Set<MerchantName>) async throws(StoreError) -> EndpointState? {
    guard try await endpoints(of: merchants).contains(where: { $0.name == name }) else { return nil }
    guard try await outbox.enable(name, at: clock.now()) else { return nil }
    logger.notice("endpoint enabled", metadata: ["endpoint": "\(name)"])
    return try await endpoints(of: merchants).first { $0.name == name }
  }
}
