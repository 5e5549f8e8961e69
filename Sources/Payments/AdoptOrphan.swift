package import Logging

/// An operator takes an orphan into the books: the acquirer is asked what it is, the payment goes under a link of its order, and what the
/// acquirer says is settled through the one door. From then on it is money like any other: to be accepted, refunded or released.
package struct AdoptOrphan: Sendable {
  package enum Outcome: Sendable {
    /// The link that has the payment now, whoever put it there.
    case adopted(PaymentLink)
    /// No such orphan of this merchant.
    case notFound
    /// The acquirer does not know such a payment: there is nothing to adopt.
    case unknownToAcquirer
    /// The acquirer could not be asked; nothing was done.
    case notAsked
  }

  let store: any Store
  let merchants: Merchants
  let settle: SettlePayment
  let logger: Logger

  package init(store: any Store, merchants: Merchants, settle: SettlePayment, logger: Logger) {
    self.store = store
    self.merchants = merchants
    self.settle = settle
    self.logger = logger
  }

  /// - Throws: when nothing was stored. Once the payment stands under its link, Reconcile goes on with it, whatever happens here.
  package func callAsFunction(_ payment: PaymentID, of name: MerchantName) async throws(StoreError) -> Outcome {
    guard let merchant = merchants[name] else { preconditionFailure("a handler passes only merchants that are configured") }
    guard let orphan = try await store.orphan(payment, of: name) else {
      return try await store.perform(FindPayment(merchant: name, payment: payment)).map { .adopted($0) } ?? .notFound
    }
    let order: OrderID
    do { order = try orphan.order ?? OrderID("orphan\(payment)") } catch { preconditionFailure("a number makes an order of our own") }
    let query = orphan.order.map { StatusQuery.payment(payment, $0) } ?? .stranger(payment)
    switch await merchant.acquirer.status(query, within: merchant.acquirer.callLimit) {
    case .notFound: return .unknownToAcquirer
    case .unknown, .refundRecord: return .notAsked
    case .report(var report):
      // As old as what is known of it: a payment that were younger than the answer would find it stale.
      let link = try await store.perform(
        AdoptPayment(
          merchant: name, payment: payment, order: order, amount: report.amount ?? orphan.amount, currency: merchant.currency,
          isTest: report.isTest ?? merchant.isTesting, now: report.asOf))
      report.link = link.id
      report.order = link.order
      let settled = try await settle(report).link ?? link
      logger.notice("orphan adopted", metadata: ["merchant": "\(name)", "payment": "\(payment)", "link": "\(link.id)"])
      return .adopted(settled)
    }
  }
}

/// Finds the link that has a payment already.
struct FindPayment: UnitOfWork {
  let merchant: MerchantName
  let payment: PaymentID

  var scope: Scope { Scope(merchant: merchant, payment: payment) }

  func decide(_ snapshot: Snapshot) -> Decision<PaymentLink?> { Decision(snapshot.links.first { $0.payment(payment) != nil }) }
}

/// Puts a payment that no link has under one: the newest of its order, the live one first. An order that is not in the books gets a link of
/// its own, which is offered to nobody: canceled, so that its money is late money.
struct AdoptPayment: UnitOfWork {
  let merchant: MerchantName
  let payment: PaymentID
  let order: OrderID
  let amount: Money?
  let currency: Currency
  let isTest: Bool
  let now: Timestamp

  var scope: Scope { Scope(merchant: merchant, order: order, payment: payment) }

  func decide(_ snapshot: Snapshot) -> Decision<PaymentLink> {
    if let known = snapshot.links.first(where: { $0.payment(payment) != nil }) { return Decision(known) }
    var changes = Changes()
    // A payment without a number is of a page that is being opened: that place is not free.
    let candidates = snapshot.links.filter { link in
      link.order == order && link.payments.allSatisfy { $0.id != nil } && amount.map { $0.currency == link.terms.amount.currency } ?? true
    }
    guard var link = candidates.first(where: \.isLive) ?? candidates.first else {
      let link = ownLink
      changes.inserted = link
      return Decision(link, changes)
    }
    let (index, _) = link.adopt(payment, at: now)
    // Asked about until its outcome is known, also where nobody comes back from here.
    link.payments[index].checkedAt = now
    link.sequence += 1
    link.seenAt = link.seenAt ?? now
    link.scheduleLook(after: now)
    changes.updated = [link]
    return Decision(link, changes)
  }

  private var ownLink: PaymentLink {
    let terms = LinkTerms(
      amount: .exactly(amount ?? Money(minorUnits: 1, currency: currency)), description: "Payment \(payment), adopted",
      lifetime: .seconds(300))
    var link = PaymentLink.reserved(NewLink(merchant: merchant, order: order, terms: terms), isTest: isTest, at: now, firstLook: now)
    link.status = .canceled
    link.canceledAt = now
    link.openings = 0
    link.seenAt = now
    _ = link.adopt(payment, at: now)
    link.scheduleLook(after: now)
    return link
  }
}
