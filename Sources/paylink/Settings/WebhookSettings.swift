import Payments
import Webhooks

/// An endpoint of the shop's as the settings give it (design §4.2, `webhooks`).
struct WebhookSettings: Sendable {
  var place: WebhookPlace
  /// In the order in which they are written.
  var merchants: [MerchantName]
}

extension WebhookSettings: Decodable {
  enum CodingKeys: String, CodingKey {
    case name, url, merchants, secret, events
    case previousSecret = "previous_secret"
    case allowPrivate = "allow_private"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.need(.name) { text throws(InvalidValue) in try EndpointName(text) }
    let allowsPrivate = try values.read(.allowPrivate, SettingText.flag) ?? false
    let address = try values.need(.url) { text throws(InvalidValue) in try WebhookAddress(text, allowsPrivate: allowsPrivate) }
    merchants = try values.readAll(.merchants) { text throws(InvalidValue) in try MerchantName(text) } ?? []
    guard !merchants.isEmpty else { throw values.broken(.merchants, "is required: the names of the merchants whose events are sent") }
    let patterns = try values.readAll(.events) { text throws(InvalidValue) in try EventPattern(text) } ?? [try EventPattern("*")]
    guard !patterns.isEmpty else { throw values.broken(.events, "must name at least one type, or * for all") }
    guard let secret = try values.read(.secret, Self.secret) else {
      throw values.broken(.secret, "is required: secret_file in the file, or PAYLINK_WEBHOOKS_…_SECRET in the environment")
    }
    let secrets = WebhookSecrets(current: secret, previous: try values.read(.previousSecret, Self.secret))
    place = WebhookPlace(
      name: name, merchants: Set(merchants), patterns: patterns, address: address, secrets: secrets, allowsPrivate: allowsPrivate)
  }

  private static func secret(_ text: String) throws(InvalidValue) -> WebhookSecret { try WebhookSecret(text) }
}

extension Settings {
  /// - Parameter merchants: all that there are.
  func brokenWebhook(_ merchants: Set<MerchantName>) -> SettingsError? {
    var names: Set<EndpointName> = []
    for (index, webhook) in webhooks.enumerated() {
      let path = "webhooks[\(index)]"
      let name = webhook.place.endpoint.name
      if !names.insert(name).inserted { return SettingsError(path: "\(path).name", "\(name) stands twice") }
      for (place, name) in webhook.merchants.enumerated() where !merchants.contains(name) {
        let hint = Spelling.nearest(to: name.text, among: merchants.map(\.text)).map { ", did you mean \($0)?" } ?? ""
        return SettingsError(path: "\(path).merchants[\(place)]", "no merchant has the name \(name)\(hint)")
      }
    }
    return nil
  }
}
