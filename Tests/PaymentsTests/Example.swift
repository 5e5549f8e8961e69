@testable import Payments

/// Links and reports for the rules' tests, made the way the use cases make them.
enum Example {
  static let start = Timestamp(milliseconds: 1_795_470_000_000)
  static let merchant = try! MerchantName("main")
  static let uzs = try! Currency("UZS")

  static func money(_ units: Int64) -> Money { Money(minorUnits: units, currency: uzs) }

  static func link(
    order: String = "A1", amount: AmountRule = .exactly(money(1000)), status: LinkStatus = .active, payment: Int64? = 7,
    isTest: Bool = false, capture: Capture = .automatic, at now: Timestamp = start
  ) -> PaymentLink {
    let new = NewLink(
      merchant: merchant, order: try! OrderID(order),
      terms: LinkTerms(amount: amount, description: "an order", capture: capture, isTest: isTest))
    var link = PaymentLink.reserved(new, isTest: false, at: now, firstLook: now + .seconds(25))
    link.status = status
    if status != .creating { link.page = PaymentPage(url: "https://pay.example/1", expiresAt: link.expiresAt) }
    link.payments[0].id = payment.map { try! PaymentID($0) }
    return link
  }

  static func report(
    _ source: Report.Source = .result, payment: Int64? = 7, order: String? = "A1", link: LinkID? = nil, status: PaymentStatus = .paid,
    amount: Int64? = 1000, digest: String = "d1", asOf: Timestamp = start
  ) -> Report {
    Report(
      source: source, merchant: merchant, paymentID: payment.map { try! PaymentID($0) }, order: order.map { try! OrderID($0) }, link: link,
      status: status, amount: amount.map(money), asOf: asOf, evidence: Evidence(message: "{}", digest: digest))
  }

  static func settle(
    _ report: Report, _ links: [PaymentLink], answer: Verdict? = nil, now: Timestamp = start, lateMoney: LateMoney = .hold,
    isDryRun: Bool = false
  ) -> Decision<SettlePayment.Outcome> {
    Settle(report: report, now: now, policy: .init(lateMoney, isDryRun: isDryRun), timing: Timing()).decide(
      Snapshot(links: links, answer: answer))
  }

  static func check(_ report: Report, _ links: [PaymentLink], now: Timestamp = start) -> Decision<Verdict> {
    DecideCheck(report: report, now: now, timing: Timing()).decide(Snapshot(links: links))
  }

  /// All orders in which things can come.
  static func orders<Element>(of elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { place in
      var rest = elements
      let first = rest.remove(at: place)
      return orders(of: rest).map { [first] + $0 }
    }
  }
}
