import Facade
import Payments

/// An API key as the settings give it: never the key itself, only the hash of its whole text.
struct KeySettings: Sendable {
  var key: APIKey
  /// In the order of the settings, for messages.
  var merchants: [MerchantName]
}

extension KeySettings: Decodable {
  enum CodingKeys: String, CodingKey {
    case name, kind, sha256, scopes, merchants
    case expiresAt = "expires_at"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.need(.name, Self.name)
    let kind = try values.read(.kind, Self.kind) ?? .secret
    let digest = try values.need(.sha256) { text throws(InvalidValue) in try KeyDigest(hex: text) }
    let scopes = Set(try values.readAll(.scopes, SettingText.word(KeyScope.self)) ?? [])
    guard !scopes.isEmpty else {
      throw values.broken(.scopes, "is required: a list of \(SettingText.list(KeyScope.allCases.map(\.rawValue)))")
    }
    merchants = try values.readAll(.merchants) { text throws(InvalidValue) in try MerchantName(text) } ?? []
    guard !merchants.isEmpty else { throw values.broken(.merchants, "is required: the names of the merchants that the key serves") }
    let expiresAt = try values.read(.expiresAt) { text throws(InvalidValue) in try Timestamp(rfc3339: text) }
    key = APIKey(name: name, kind: kind, digest: digest, scopes: scopes, merchants: Set(merchants), expiresAt: expiresAt)
  }

  private static func name(_ text: String) throws(InvalidValue) -> String {
    let isWord: (UInt8) -> Bool = { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
      default: false
      }
    }
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(isWord) else { throw InvalidValue("must be 1 to 32 of a-z, 0-9 and -") }
    return text
  }

  private static func kind(_ text: String) throws(InvalidValue) -> APIKey.Kind {
    if text == "publishable" { throw InvalidValue("publishable \(SettingsError.notBuilt); use secret") }
    guard text == "secret" else { throw InvalidValue("must be secret") }
    return .secret
  }
}
