/// Which link and payment a report speaks of (design §3): by the payment's number; by our own field with the same order; by the only link
/// of the order that has no number yet.
enum ReportMatch {
  case link(PaymentLink)
  /// The number is known, but of another order.
  case otherOrder(PaymentLink)
  case none

  init(_ report: Report, among links: [PaymentLink]) {
    if let id = report.paymentID, let link = links.first(where: { $0.payment(id) != nil }) {
      self = report.order.map { $0 == link.order } ?? true ? .link(link) : .otherOrder(link)
    } else if let name = report.link, let link = links.first(where: { $0.id == name }), report.order.map({ $0 == link.order }) ?? true {
      self = .link(link)
    } else if report.link == nil {
      let open = links.filter { link in link.order == report.order && link.payments.contains { $0.id == nil } }
      self = open.count == 1 ? .link(open[0]) : .none
    } else {
      // It names a link, and that one is not here: it is nobody else's money.
      self = .none
    }
  }
}

extension Report {
  /// All that may be needed to find and judge it.
  var scope: Scope {
    Scope(
      merchant: merchant, link: link, order: order, payment: paymentID, answerDigest: source == .result ? evidence.digest : nil)
  }

  func record(
    at now: Timestamp, link: LinkID?, reading: MessageRecord.Reading, verdict: Verdict, isRemembered: Bool
  ) -> MessageRecord {
    MessageRecord(
      at: now, merchant: merchant, source: source, paymentID: paymentID, order: order, link: link, reading: reading,
      verdict: source == .status ? nil : verdict, isRemembered: isRemembered && source == .result, evidence: evidence)
  }
}
