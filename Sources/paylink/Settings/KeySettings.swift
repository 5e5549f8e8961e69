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
    case orderAlgorithm = "order_alg"
    case orderSecret = "order_secret"
    case orderPublicKey = "order_public_key"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.need(.name, Self.name)
    let kind = try values.read(.kind, SettingText.word(APIKey.Kind.self)) ?? .secret
    let digest = try values.need(.sha256) { text throws(InvalidValue) in try KeyDigest(hex: text) }
    let scopes = try Self.scopes(values, kind)
    let order = try Self.order(values, kind)
    merchants = try values.readAll(.merchants) { text throws(InvalidValue) in try MerchantName(text) } ?? []
    guard !merchants.isEmpty else { throw values.broken(.merchants, "is required: the names of the merchants that the key serves") }
    let expiresAt = try values.read(.expiresAt) { text throws(InvalidValue) in try Timestamp(rfc3339: text) }
    key = APIKey(name: name, kind: kind, digest: digest, scopes: scopes, merchants: Set(merchants), expiresAt: expiresAt, order: order)
  }

  /// A publishable key has none: it creates links from signed orders, and does nothing else.
  private static func scopes(_ values: KeyedDecodingContainer<CodingKeys>, _ kind: APIKey.Kind) throws -> Set<KeyScope> {
    let scopes = Set(try values.readAll(.scopes, SettingText.word(KeyScope.self)) ?? [])
    switch kind {
    case .secret where scopes.isEmpty:
      throw values.broken(.scopes, "is required: a list of \(SettingText.list(KeyScope.allCases.map(\.rawValue)))")
    case .publishable where !scopes.isEmpty:
      throw values.broken(.scopes, "must not be given: a publishable key only creates links, from signed orders")
    default: return scopes
    }
  }

  /// What signed orders are verified with: a publishable key's, and needed there.
  private static func order(_ values: KeyedDecodingContainer<CodingKeys>, _ kind: APIKey.Kind) throws -> OrderKey? {
    let algorithm = try values.read(.orderAlgorithm, SettingText.word(OrderKey.Algorithm.self))
    guard kind == .publishable else {
      for key in [CodingKeys.orderAlgorithm, .orderSecret, .orderPublicKey] where values.contains(key) {
        throw values.broken(key, "is for publishable keys")
      }
      return nil
    }
    guard let algorithm else {
      throw values.broken(.orderAlgorithm, "is required: \(SettingText.list(OrderKey.Algorithm.allCases.map(\.rawValue)))")
    }
    let (needed, other): (CodingKeys, CodingKeys) =
      algorithm == .hs256 ? (.orderSecret, .orderPublicKey) : (.orderPublicKey, .orderSecret)
    guard !values.contains(other) else { throw values.broken(other, "is not for \(algorithm.rawValue)") }
    let key = try values.read(needed) { text throws(InvalidValue) in
      algorithm == .hs256 ? try OrderKey(secret: text) : try OrderKey(algorithm, publicKeyPEM: text)
    }
    guard let key else { throw values.broken(needed, "is required for \(algorithm.rawValue): \(needed.rawValue)_file in the file") }
    return key
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
}
