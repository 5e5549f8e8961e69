package import Payments

/// Brings events to the shop's endpoints: signs and posts (design §4.5).
package struct HTTPCourier: Courier {
  private let places: [EndpointName: WebhookPlace]
  private let post: WebhookPost
  private let body: @Sendable (Event) -> [UInt8]

  /// - Parameter body: the event as feed and stream show it, the same bytes.
  package init(places: [WebhookPlace], post: WebhookPost, body: @escaping @Sendable (Event) -> [UInt8]) {
    self.places = Dictionary(places.map { ($0.endpoint.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.post = post
    self.body = body
  }

  package func deliver(_ event: Event, to endpoint: EndpointName, at now: Timestamp) async -> DeliveryAnswer {
    guard let place = places[endpoint] else { return DeliveryAnswer(.failed(.invalidRequest)) }
    let message = SignedMessage(id: event.id.text, timestamp: now.milliseconds / 1000, body: body(event), secrets: place.secrets.all)
    return await post.send(message, to: place.address, allowsPrivate: place.allowsPrivate)
  }
}
