/// What the acquirer answered to the opening of a fresh page goes into the books. The link's status is never touched: without a page it is offered all the same.
struct RecordFreshPage: UnitOfWork {
  let merchant: MerchantName
  let link: LinkID
  /// Of the payment that the page is for.
  let ordinal: Int
  let answer: PageAnswer
  let now: Timestamp

  var scope: Scope {
    guard case .opened(let payment, _) = answer else { return Scope(merchant: merchant, link: link) }
    return Scope(merchant: merchant, link: link, payment: payment)
  }

  /// - Returns: nil where the books lost the link or its payment.
  func decide(_ snapshot: Snapshot) -> Decision<PaymentLink?> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }),
      let place = link.payments.firstIndex(where: { $0.ordinal == ordinal })
    else { return Decision(nil) }
    var changes = Changes()
    switch answer {
    case .opened(let payment, _) where snapshot.links.contains { $0.id != link.id && $0.payment(payment) != nil }:
      // Money for that page would count for the other link.
      settle(&link, place, .failed, Failure(code: "number_taken", message: "the acquirer gave a number of another order"))
      changes.record(.paymentAnomaly, &link, at: now)
    case .opened(let payment, let page): open(&link, place, payment, page)
    case .unknown: settle(&link, place, .unknown, nil)
    case .refused(let refusal): settle(&link, place, .failed, Failure(code: refusal.code, message: refusal.description))
    // Reconcile tries again later, and for it it was no try: an earlier call with this key may have been heard.
    case .notSent where link.openings > 1: link.openings -= 1
    case .notSent: settle(&link, place, .failed, Failure(code: Payment.notSent, message: "the acquirer could not be asked"))
    }
    link.scheduleLook(after: now)
    changes.updated = [link]
    return Decision(link, changes)
  }

  private func open(_ link: inout PaymentLink, _ place: Int, _ payment: PaymentID, _ page: PaymentPage) {
    let known = link.payments.firstIndex { $0.id == payment }
    if known == nil, link.payments[place].id == nil {
      link.payments[place].id = payment
      if link.payments[place].status == .unknown || link.payments[place].wasGivenUp { link.payments[place].status = .pending }
      link.payments[place].failure = nil
      link.payments[place].changedAt = now
    } else if known != place {
      // The old number with a page of its own, or one that a report brought meanwhile: this payment stands for nothing.
      if known == nil {
        link.payments.append(Payment(ordinal: link.payments.count + 1, id: payment, createdAt: now))
      }
      if link.payments[place].id == nil {
        settle(&link, place, .failed, Failure(code: "same_number", message: "the acquirer opened the page under another number"))
      }
    }
    link.page = page
    // Somebody is on the way to it: Reconcile looks as often as at a link that was just opened.
    link.seenAt = now
    link.sequence += 1
  }

  /// Only what nobody reported on is settled by this.
  private func settle(_ link: inout PaymentLink, _ place: Int, _ status: PaymentStatus, _ failure: Failure?) {
    guard link.payments[place].id == nil, link.payments[place].status == .pending || link.payments[place].status == .unknown else { return }
    link.payments[place].status = status
    link.payments[place].failure = failure
    link.payments[place].changedAt = now
    link.sequence += 1
  }
}

extension Payment {
  static let notRecovered = "not_recovered"

  var wasGivenUp: Bool { id == nil && status == .failed && failure?.code == Self.notRecovered }
}
