/// What we offer the payer. "Expired" and "canceled" do not mean that no money can come (design §1).
package enum LinkStatus: String, Hashable, Sendable, Codable, CaseIterable {
  /// Stored, and the acquirer's page is not known yet.
  case creating
  case active
  case completed
  /// Money came that a person must look at.
  case review
  /// Refused, not sent, or not recovered.
  case failed
  case expired
  case canceled
}

/// Where one attempt at money stands.
package enum PaymentStatus: String, Hashable, Sendable, Codable, CaseIterable {
  case pending
  /// Held, not captured.
  case authorized
  case paid
  case partiallyRefunded = "partially_refunded"
  case refunded
  case failed
  case canceled
  /// Nobody can say; ask.
  case unknown

  /// Whether money of the payer is, or was, taken or held.
  package var hasMoney: Bool {
    switch self {
    case .authorized, .paid, .partiallyRefunded, .refunded: true
    case .pending, .failed, .canceled, .unknown: false
    }
  }

  /// Whether money of the payer is taken or held now.
  package var moneyStands: Bool {
    switch self {
    case .authorized, .paid, .partiallyRefunded: true
    case .pending, .refunded, .failed, .canceled, .unknown: false
    }
  }
}

/// A fact beside a payment's status (design §5).
package enum Flag: String, Hashable, Sendable, Codable, CaseIterable {
  case late, over, under
  case outOfInterval = "out_of_interval"
  case duplicate
  case testMismatch = "test_mismatch"
}
