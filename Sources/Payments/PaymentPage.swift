/// The acquirer's hosted page.
package struct PaymentPage: Hashable, Sendable, Codable {
  /// Where the payer goes.
  package var url: String
  /// The acquirer's word for what kind of page it is, such as `need data`.
  package var kind: String?
  /// `data:image/png;base64,…` where one was asked for.
  package var qr: String?
  /// Until when it can be paid.
  package var expiresAt: Timestamp

  package init(url: String, kind: String? = nil, qr: String? = nil, expiresAt: Timestamp) {
    self.url = url
    self.kind = kind
    self.qr = qr
    self.expiresAt = expiresAt
  }
}
