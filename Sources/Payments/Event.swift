/// What happened to a link, for the shop: written in the transaction of the change (design §4.5).
package struct Event: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case linkActive = "payment_link.active"
    case linkCompleted = "payment_link.completed"
    case linkReview = "payment_link.review"
    case linkFailed = "payment_link.failed"
    case linkExpired = "payment_link.expired"
    case linkCanceled = "payment_link.canceled"
    case paymentAuthorized = "payment.authorized"
    case paymentPaid = "payment.paid"
    case paymentFailed = "payment.failed"
    case paymentFlagged = "payment.flagged"
    case paymentCanceled = "payment.canceled"
    /// The acquirer captures a hold by itself in a day.
    case paymentCaptureDue = "payment.capture_due"
    case paymentAnomaly = "payment.anomaly"
    case paymentOrphaned = "payment.orphaned"
    case refundSucceeded = "refund.succeeded"
    case refundFailed = "refund.failed"
  }

  package var id: EventID
  package var kind: Kind
  package var at: Timestamp
  package var merchant: MerchantName
  /// The link's own count at this event; 0 where no link is known.
  package var sequence: Int64
  /// The link as it stood after the change; nil for an orphan.
  package var link: PaymentLink?
  /// What an orphan's message said.
  package var orphan: Orphan?

  /// A message of a payment that we do not know.
  init(orphan report: Report, at: Timestamp) {
    self.init(kind: .paymentOrphaned, at: at, merchant: report.merchant, link: nil)
    orphan = Orphan(report, at: at)
  }

  package init(kind: Kind, at: Timestamp, merchant: MerchantName, link: PaymentLink?) {
    id = EventID(at: at)
    self.kind = kind
    self.at = at
    self.merchant = merchant
    sequence = link?.sequence ?? 0
    self.link = link
  }

  /// For loading.
  package init(id: EventID, kind: Kind, at: Timestamp, merchant: MerchantName, sequence: Int64, link: PaymentLink?, orphan: Orphan? = nil) {
    self.id = id
    self.kind = kind
    self.at = at
    self.merchant = merchant
    self.sequence = sequence
    self.link = link
    self.orphan = orphan
  }
}
