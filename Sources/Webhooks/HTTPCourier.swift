package import Payments

/// Brings events to the shop's endpoints: signs and posts (design §4.5).
package struct HTTPCourier: Courier {
  private let places: [EndpointName: WebhookPlace]
  private let post: WebhookPost
  /// What the receiver's own clock shows, too: in a sandbox the books' time may run ahead of it.
  private let clock: any WallClock
  private let body: @Sendable (Event) -> [UInt8]

  /// - Parameter body: the event as feed and stream show it, the same bytes.
  package init(places: [WebhookPlace], post: WebhookPost, clock: any WallClock, body: @escaping @Sendable (Event) -> [UInt8]) {
    self.places = Dictionary(places.map { ($0.endpoint.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.post = post
    self.clock = clock
    self.body = body
  }

  package func deliver(_ event: Event, to endpoint: EndpointName) async -> DeliveryAnswer {
    guard let place = places[endpoint] else { return DeliveryAnswer(.failed(.invalidRequest)) }
    let message = SignedMessage(
      id: event.id.text, timestamp: clock.now().milliseconds / 1000, body: body(event), secrets: place.secrets.all)
    return await post.send(message, to: place.address, allowsPrivate: place.allowsPrivate)
  }
}
