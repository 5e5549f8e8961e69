import HTTPClient
import HTTPTypes
import Logging
import Payments
import Synchronization

@testable import FreedomPay

/// What every test of this room starts from.
enum Fixture {
  static let now = Timestamp(milliseconds: 1_795_000_000_000)
  static let secret = SecretKey("test-secret")!
  static let previous = SecretKey("older-secret")!
  static let uzs = try! Currency("UZS")
  static let demo = try! MerchantName("demo")

  static func merchant(_ family: Family = .gateway, region: Region = .uz) -> FreedomPayMerchant {
    FreedomPayMerchant(
      name: demo, number: 100_000, secrets: SecretKeys(current: secret, previous: previous), region: region, family: family, currency: uzs,
      publicURL: "https://pay.example.uz/")
  }

  static func money(_ minorUnits: Int64) -> Money { Money(minorUnits: minorUnits, currency: uzs) }

  static let range = AmountRule.between(money(1_000_000), money(50_000_000), suggested: money(15_000_000))
  static let price = AmountRule.exactly(money(15_000_000))

  static func link(
    _ amount: AmountRule = price, order: String = "A1001", terms change: (inout LinkTerms) -> Void = { _ in }, payment: Int64? = 123_456,
    createdAt: Timestamp = now
  ) -> PaymentLink {
    var terms = LinkTerms(amount: amount, description: "Order A1001")
    change(&terms)
    var first = Payment(ordinal: 1, createdAt: createdAt)
    first.id = payment.map { try! PaymentID($0) }
    return PaymentLink(
      id: LinkID(at: createdAt), merchant: demo, order: try! OrderID(order), terms: terms, tokens: .init(), createdAt: createdAt,
      expiresAt: createdAt + .seconds(86_400), status: .active, sequence: 1, page: nil, payments: [first], seenAt: nil, acceptedAt: nil,
      canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: nil)
  }

  /// A link with everything that a shop can say.
  static func fullLink(_ amount: AmountRule) -> PaymentLink {
    link(
      amount,
      terms: { terms in
        terms.language = "uz"
        terms.paymentMethod = "bankcard"
        terms.customer = Customer(id: "u-7", phone: "+998901234567", email: "a@example.uz", ip: "192.0.2.7")
        terms.addresses = ShopAddresses(success: "https://shop.uz/ok", failure: "https://shop.uz/no", back: "https://shop.uz/cart")
        terms.wantsQR = true
        terms.isTest = true
        terms.options = AcquirerOptions([
          "params": .list([.text("p1"), .text("p2"), .text("p3")]),
          "loyalty": .group(["id": .text("777"), "amount": .text("12.50")]), "freedom_id": .text("f-9"),
        ])
      })
  }

  /// An operation on payment 123456, of all its 150,000.00 or of less.
  static func operation(
    _ kind: Operation.Kind, _ minorUnits: Int64 = 15_000_000, options: AcquirerOptions = .init()
  ) -> OperationRequest {
    let operation = Operation(
      id: OperationID(kind, at: now), kind: kind, payment: 1, amount: money(minorUnits), requestedAt: now, options: options, status: .sent)
    return OperationRequest(
      operation: operation, payment: try! PaymentID(123_456), order: try! OrderID("A1001"), isWhole: minorUnits == 15_000_000,
      link: LinkID(at: now))
  }

  /// A clock that a test sets by hand.
  final class Clock: WallClock {
    private let time = Mutex(Fixture.now)
    func now() -> Timestamp { time.withLock { $0 } }
    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
  }
}

/// An acquirer at the end of the wire: keeps the requests and answers what the test wants.
final class Wire: HTTPCaller {
  private let requests = Mutex<[HTTPClientRequest]>([])
  private let answer: @Sendable (HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse

  init(_ answer: @escaping @Sendable (HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse) {
    self.answer = answer
  }

  convenience init(status: Int = 200, _ body: [UInt8]) {
    self.init { _ throws(HTTPClientError) in HTTPClientResponse(status: status, body: body) }
  }

  convenience init(error: HTTPClientError) {
    self.init { _ throws(HTTPClientError) in throw error }
  }

  var sent: [HTTPClientRequest] { requests.withLock { $0 } }

  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    requests.withLock { $0.append(request) }
    return try answer(request)
  }
}

extension FreedomPayAcquirer {
  /// - Parameter picture: what every QR picture shows.
  init(
    _ merchant: FreedomPayMerchant = Fixture.merchant(), wire: Wire,
    picture: String? = "https://customer.freedompay.uz/pay.html?customer=1a&b=2",
    withheld: @escaping @Sendable (MerchantName) -> Void = { _ in }
  ) {
    self.init(
      merchant: merchant, caller: wire, clock: Fixture.Clock(), pictures: PagePictures(text: { _ in picture }, withheld: withheld),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }
}

/// An answer as the acquirer signs it.
func signedAnswer(_ fields: Fields, script: String, secret: SecretKey = Fixture.secret, root: String = "response") -> [UInt8] {
  XMLWriter.document(Signature.sign(fields, script: ScriptName(script), secret: secret), root: root)
}

extension Fields {
  /// The message with one text set, added or taken away.
  func setting(_ name: String, _ text: String?) -> Fields {
    var rest = without([name])
    if let text { rest.append(name, .text(text)) }
    return rest
  }
}
