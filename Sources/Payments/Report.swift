/// A fact about a payment in our words, whoever brought it.
package struct Report: Hashable, Sendable {
  package enum Source: String, Hashable, Sendable, Codable {
    case check, result, status
  }

  package var source: Source
  package var merchant: MerchantName
  package var paymentID: PaymentID?
  package var order: OrderID?
  /// Our own field, come back signed.
  package var link: LinkID?
  /// What the acquirer says; unknown words of its mean `pending`.
  package var status: PaymentStatus
  package var amount: Money?
  /// nil means: all of the amount when paid, none when held.
  package var captured: Money?
  package var refunded: Money?
  package var discount: Money?
  /// Refunds as a status answer lists them.
  package var refunds: [ReportedRefund]
  /// The acquirer's test mode; nil where it does not say.
  package var isTest: Bool?
  package var method: String?
  package var card: Card?
  package var failure: Failure?
  /// When the payer paid, by the acquirer's clock.
  package var paidAt: Timestamp?
  /// When the acquirer captures the hold by itself; nil where nothing is held.
  package var captureBy: Timestamp?
  /// Whether a `reject` would still be heard.
  package var canReject: Bool
  /// When it came (callback) or was asked for (status).
  package var asOf: Timestamp
  /// The message's signature held only by a fallback reading: nothing is settled before the status says the same (design §3).
  package var needsConfirmation: Bool
  package var evidence: Evidence

  package init(
    source: Source, merchant: MerchantName, paymentID: PaymentID?, order: OrderID?, link: LinkID? = nil, status: PaymentStatus,
    amount: Money? = nil, captured: Money? = nil, refunded: Money? = nil, discount: Money? = nil, refunds: [ReportedRefund] = [],
    isTest: Bool? = nil,
    method: String? = nil, card: Card? = nil, failure: Failure? = nil, paidAt: Timestamp? = nil,
    captureBy: Timestamp? = nil, canReject: Bool = false, asOf: Timestamp, needsConfirmation: Bool = false, evidence: Evidence
  ) {
    self.source = source
    self.merchant = merchant
    self.paymentID = paymentID
    self.order = order
    self.link = link
    self.status = status
    self.amount = amount
    self.captured = captured
    self.refunded = refunded
    self.discount = discount
    self.refunds = refunds
    self.isTest = isTest
    self.method = method
    self.card = card
    self.failure = failure
    self.paidAt = paidAt
    self.captureBy = captureBy
    self.canReject = canReject
    self.asOf = asOf
    self.needsConfirmation = needsConfirmation
    self.evidence = evidence
  }
}

/// The message a report was read from, opaque to the domain.
package struct Evidence: Hashable, Sendable, Codable {
  /// The message as the adapter keeps it, such as JSON of its fields. Never with a secret; cards only masked.
  package var message: String
  /// Hex of SHA-256 over merchant and all fields but salt, signature and `can_reject`: what makes a repeat a repeat (design §1, Answer memory).
  package var digest: String

  package init(message: String, digest: String) {
    self.message = message
    self.digest = digest
  }
}

/// What we answer a callback.
package enum Verdict: Hashable, Sendable, Codable {
  case accept
  /// The reason is shown to the payer.
  case reject(reason: String)
  /// The message was understood but belongs to nothing here.
  case error(reason: String)
}
