import Payments
import Testing

/// Values for tests; what a test does not say is unimportant to it.
enum Sample {
  static let start = Timestamp(milliseconds: 1_795_000_000_000)
  static let shop = merchant("main")

  static func merchant(_ text: String) -> MerchantName { made { () throws(InvalidValue) in try MerchantName(text) } }
  static func order(_ text: String) -> OrderID { made { () throws(InvalidValue) in try OrderID(text) } }
  static func payment(_ number: Int64) -> PaymentID { made { () throws(InvalidValue) in try PaymentID(number) } }
  static let sum = made { () throws(InvalidValue) in try Currency("UZS") }

  static func money(_ units: Int64) -> Money { Money(minorUnits: units, currency: sum) }

  /// Seconds after the start.
  static func at(_ seconds: Int) -> Timestamp { start + .seconds(seconds) }

  static func link(
    _ order: String, merchant: MerchantName = shop, at created: Timestamp = start, status: LinkStatus = .active, expires: Timestamp? = nil,
    payments: [Payment] = [], operations: [Operation] = [], look: Timestamp? = nil, metadata: [String: String] = [:]
  ) -> PaymentLink {
    PaymentLink(
      id: LinkID(at: created), merchant: merchant, order: Sample.order(order),
      terms: LinkTerms(amount: .exactly(money(15_000_000)), description: "Order \(order)", metadata: metadata), tokens: .init(),
      createdAt: created,
      expiresAt: expires ?? created + .hours(24), status: status, sequence: 1, page: nil, payments: payments, operations: operations,
      seenAt: nil, acceptedAt: nil,
      canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: look)
  }

  static func attempt(
    _ status: PaymentStatus = .pending, ordinal: Int = 1, number: Int64? = nil, amount: Int64? = nil, captured: Int64 = 0,
    refunded: Int64 = 0, flags: [Flag] = []
  ) -> Payment {
    var payment = Payment(ordinal: ordinal, id: number.map(Sample.payment), status: status, createdAt: start)
    payment.amount = amount.map(money)
    payment.captured = captured
    payment.refunded = refunded
    payment.flags = flags
    return payment
  }

  static func operation(
    _ kind: Operation.Kind, _ amount: Int64, payment: Int = 1, status: Operation.Status = .requested,
    origin: Operation.Origin = .api, reference: Int64? = nil
  ) -> Operation {
    Operation(
      id: OperationID(kind, at: start), kind: kind, payment: payment, amount: money(amount), origin: origin, requestedAt: start,
      status: status, reference: reference.map(Sample.payment))
  }

  /// A refund.
  static func operation(
    _ amount: Int64, payment: Int = 1, status: Operation.Status = .requested, origin: Operation.Origin = .api, reference: Int64? = nil
  ) -> Operation {
    operation(.refund, amount, payment: payment, status: status, origin: origin, reference: reference)
  }

  /// An operation with every member set to something that no other member has.
  private static var fullOperation: Operation {
    Operation(
      id: OperationID(.refund, at: at(21)), kind: .refund, payment: 1, amount: money(60), origin: .acquirer, requestedAt: at(22),
      reason: "Возврат \"7\" 🙂\n", options: AcquirerOptions(["receipt": .list([.group(["count": .text("1")]), .text("")])]),
      status: .unknown, baseline: [payment(8), payment(7)], reference: payment(9_000_000_001),
      failure: Failure(code: "120", message: "Неверный статус 'платежа'"), sentAt: at(23), endedAt: at(24), looks: 4, nextLookAt: at(25))
  }

  static func active(_ link: PaymentLink) -> Event { Event(kind: .linkActive, at: start, merchant: link.merchant, link: link) }

  /// A link with every member set to something that no other member has.
  static var full: PaymentLink {
    var paid = attempt(.partiallyRefunded, number: 5_000_000_001, amount: 700, captured: 600, refunded: 500, flags: Flag.allCases)
    paid.method = "bankcard"
    paid.card = Card(maskedNumber: "4177-49XX-XXXX-2827", brand: "VI")
    paid.failure = Failure(code: "100", message: "Отказ «банка» \"x\"\n🙂")
    paid.paidAt = at(11)
    paid.checkedAt = at(12)
    paid.changedAt = at(13)
    paid.rejectedAt = at(14)
    paid.captureBy = at(15)
    paid.captureToldAt = at(16)
    var second = attempt(.failed, ordinal: 2)
    second.card = Card(maskedNumber: "4400-43XX-XXXX-0001")
    var terms = LinkTerms(
      amount: .between(money(100), money(900), suggested: money(500)), description: "Заказ \u{0} 'A' \"B\"",
      lifetime: .milliseconds(90_061_001),
      language: "uz", paymentMethod: "bankcard", capture: .manual,
      customer: Customer(id: "7", phone: "+998901234567", email: "a@b.uz", ip: "10.0.0.1"),
      addresses: ShopAddresses(success: "https://s", failure: "https://f", back: "https://b"), wantsQR: true, isTest: true,
      metadata: ["k": "v", "": "empty"])
    terms.options = AcquirerOptions([
      "params": .list([.text("a"), .text("")]), "loyalty": .group(["id": .text("777"), "deep": .list([])]),
    ])
    return PaymentLink(
      id: LinkID(at: at(1)), merchant: merchant("shop-2"), order: order("A_1-x"), terms: terms, tokens: .init(), createdAt: at(1),
      expiresAt: at(2), status: .review, sequence: 9,
      page: PaymentPage(url: "https://p", kind: "need data", qr: "data:image/png;base64,AA==", expiresAt: at(3)), payments: [paid, second],
      operations: [operation(.capture, 600, status: .succeeded), fullOperation, operation(.refund, 40)], seenAt: at(4), acceptedAt: at(5),
      canceledAt: at(6), openings: 3, askedAt: at(7), nextLookAt: at(8))
  }

  private static func made<Value>(_ make: () throws(InvalidValue) -> Value) -> Value {
    do { return try make() } catch { preconditionFailure("a sample is valid: \(error)") }
  }
}
