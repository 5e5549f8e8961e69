import Crypto
package import Payments

/// A key that opens the API for certain merchants. The key itself is known to its owner alone.
package struct APIKey: Sendable, CustomStringConvertible {
  package enum Kind: String, Sendable, CaseIterable {
    /// `sk_…`, for a shop's back end.
    case secret
    /// `pk_…`, for a browser: creates links from signed orders and does nothing else.
    case publishable

    var prefix: String { self == .secret ? "sk_" : "pk_" }
  }

  /// What logs, idempotency rows and metrics call it.
  package var name: String
  package var kind: Kind
  package var digest: KeyDigest
  package var scopes: Set<KeyScope>
  /// Every read, list and change is confined to these.
  package var merchants: Set<MerchantName>
  package var expiresAt: Timestamp?
  /// Verifies the signed orders of a publishable key; a secret key has none.
  package var order: OrderKey?

  package init(
    name: String, kind: Kind, digest: KeyDigest, scopes: Set<KeyScope>, merchants: Set<MerchantName>, expiresAt: Timestamp? = nil,
    order: OrderKey? = nil
  ) {
    self.name = name
    self.kind = kind
    self.digest = digest
    self.scopes = scopes
    self.merchants = merchants
    self.expiresAt = expiresAt
    self.order = order
  }

  package var description: String { "API key \(name)" }
}

/// All keys of this gateway.
package struct APIKeys: Sendable {
  /// No key of ours is longer; a longer text is not hashed.
  static let longestKey = 256

  private let keys: [APIKey]

  package init(_ keys: [APIKey]) { self.keys = keys }

  /// The key with this text. All are looked at, each in constant time, whether or not one has matched.
  func key(_ text: String) -> APIKey? {
    guard text.utf8.count <= Self.longestKey else { return nil }
    let digest = SHA256.hash(data: Array(text.utf8))
    var found: APIKey?
    for key in keys where key.digest.matches(digest) { found = key }
    guard let found, text.hasPrefix(found.kind.prefix) else { return nil }
    return found
  }
}
