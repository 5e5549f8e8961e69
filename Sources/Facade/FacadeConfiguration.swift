package import Payments

/// What the REST surface is told at start.
package struct FacadeConfiguration: Sendable {
  /// Our own address as payers and shops see it, such as `https://pay.example.uz`, without a slash at its end.
  package var publicURL: String
  package var keys: APIKeys
  package var merchants: Merchants

  package init(publicURL: String, keys: [APIKey], merchants: Merchants) {
    self.publicURL = String(publicURL.reversed().drop { $0 == "/" }.reversed())
    self.keys = APIKeys(keys)
    self.merchants = merchants
  }
}
