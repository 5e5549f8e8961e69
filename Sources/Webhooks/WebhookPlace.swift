package import Payments

/// An endpoint with all that it takes to reach it.
package struct WebhookPlace: Sendable {
  package var endpoint: Endpoint
  package var address: WebhookAddress
  package var secrets: WebhookSecrets
  package var allowsPrivate: Bool

  package init(
    name: EndpointName, merchants: Set<MerchantName>, patterns: [EventPattern], address: WebhookAddress, secrets: WebhookSecrets,
    allowsPrivate: Bool
  ) {
    endpoint = Endpoint(name: name, merchants: merchants, patterns: patterns, address: address.digest)
    self.address = address
    self.secrets = secrets
    self.allowsPrivate = allowsPrivate
  }
}
