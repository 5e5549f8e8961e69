/// Verified callbacks whose payment we do not know (design §1): what they said of it, until somebody adopts it.
package struct Orphan: Hashable, Sendable {
  package var merchant: MerchantName
  package var payment: PaymentID
  /// The order that the newest of them named, where it is one that a shop could have given.
  package var order: OrderID?
  /// What the newest said: `pending` for a check.
  package var status: PaymentStatus
  package var amount: Money?
  package var firstAt: Timestamp
  package var lastAt: Timestamp
  /// How many messages came, repeats among them.
  package var messages: Int

  package init(
    merchant: MerchantName, payment: PaymentID, order: OrderID?, status: PaymentStatus, amount: Money?, firstAt: Timestamp,
    lastAt: Timestamp,
    messages: Int
  ) {
    self.merchant = merchant
    self.payment = payment
    self.order = order
    self.status = status
    self.amount = amount
    self.firstAt = firstAt
    self.lastAt = lastAt
    self.messages = messages
  }
}

extension Orphan {
  /// The first message of it; nil where the report names no payment.
  package init?(_ report: Report, at now: Timestamp) {
    guard let payment = report.paymentID else { return nil }
    self.init(
      merchant: report.merchant, payment: payment, order: report.order, status: report.status, amount: report.amount, firstAt: now,
      lastAt: now,
      messages: 1)
  }
}

/// A page of orphans that nobody has adopted, the acquirer's newest number first.
package struct OrphanQuery: Hashable, Sendable {
  /// Confined to these; never empty.
  package var merchants: [MerchantName]
  package var limit: Int
  /// Only numbers below this one.
  package var before: PaymentID?

  package init(merchants: [MerchantName], limit: Int = 20, before: PaymentID? = nil) {
    self.merchants = merchants
    self.limit = limit
    self.before = before
  }
}

package struct OrphanPage: Hashable, Sendable {
  package var orphans: [Orphan]
  package var hasMore: Bool

  package init(orphans: [Orphan], hasMore: Bool) {
    self.orphans = orphans
    self.hasMore = hasMore
  }
}
