package import Payments

/// What the REST surface is told at start.
package struct FacadeConfiguration: Sendable {
  /// Our own address as payers and shops see it, such as `https://pay.example.uz`, without a slash at its end.
  package var publicURL: String
  package var keys: APIKeys
  package var merchants: Merchants
  /// Bound of a body in bytes: the longest order, with 100 receipt positions, is a third of the usual 64 KiB (design §4.7).
  package var bodyLimit: Int
  /// Origins of pages that may call what a browser may call: `https://shop.example`, as browsers write it.
  package var origins: [String] = []
  package var rates = Rates()
  /// Told when a key is used, at most once a minute and key; it must not block.
  package var keyUsed: @Sendable (_ key: String, _ at: Timestamp) -> Void = { _, _ in }

  package init(publicURL: String, keys: [APIKey], merchants: Merchants, bodyLimit: Int = 64 * 1024) {
    self.publicURL = String(publicURL.reversed().drop { $0 == "/" }.reversed())
    self.keys = APIKeys(keys)
    self.merchants = merchants
    self.bodyLimit = bodyLimit
  }
}
