/// One attempt at money under a link.
package struct Payment: Hashable, Sendable, Codable {
  /// Its place under the link, from 1 in the order of making.
  package var ordinal: Int
  /// The acquirer's number, as soon as it is known.
  package var id: PaymentID?
  package var status: PaymentStatus
  /// What the payer was charged or what is held.
  package var amount: Money?
  /// Minor units captured so far, never more than the amount.
  package var captured: Int64
  /// Minor units given back so far, never more than what was captured.
  package var refunded: Int64
  package var method: String?
  package var card: Card?
  /// In the order of `Flag.allCases`.
  package var flags: [Flag]
  package var failure: Failure?
  package var paidAt: Timestamp?
  /// When something was last answered ok that wants an outcome: a check, or a result that the status must confirm; nil again once it came.
  package var checkedAt: Timestamp?
  /// When we answered its result with a reject: a wish, until the acquirer says what became of it (design §5).
  package var rejectedAt: Timestamp?
  /// When the acquirer captures the hold by itself.
  package var captureBy: Timestamp?
  /// When the shop was told that this is near.
  package var captureToldAt: Timestamp?
  package var createdAt: Timestamp
  /// When its status last changed: an older status answer is stale.
  package var changedAt: Timestamp

  package init(ordinal: Int, id: PaymentID? = nil, status: PaymentStatus = .pending, createdAt: Timestamp) {
    self.ordinal = ordinal
    self.id = id
    self.status = status
    self.captured = 0
    self.refunded = 0
    self.flags = []
    self.createdAt = createdAt
    self.changedAt = createdAt
  }
}

/// A card as it may be shown: masked by the acquirer, never a full number.
package struct Card: Hashable, Sendable, Codable {
  /// Such as `4177-49XX-XXXX-2827`.
  package var maskedNumber: String
  /// Such as `VI`.
  package var brand: String?

  package init(maskedNumber: String, brand: String? = nil) {
    self.maskedNumber = maskedNumber
    self.brand = brand
  }
}

/// Why the acquirer says an attempt failed. Codes are open words, not a list (protocol §10).
package struct Failure: Hashable, Sendable, Codable {
  package var code: String
  package var message: String

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}
