import HTTPClient
import HTTPServer
import HTTPTypes
import Logging
import Payments
import Testing

@testable import FreedomPay

@Suite("Returns")
struct ReturnTests {
  /// A gateway with one link and an acquirer that says it is paid.
  struct House {
    let books: MemoryBooks
    let link: PaymentLink
    let wire: Wire
    let clock = Fixture.Clock()
    let router: Router

    init(_ addresses: ShopAddresses, wire: Wire? = nil) throws {
      link = Fixture.link(terms: { $0.addresses = addresses })
      books = MemoryBooks([link])
      self.wire = wire ?? Wire(signedAnswer(StatusReadingTests.paid, script: "status_v2"))
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let acquirer = FreedomPayAcquirer(Fixture.merchant(), wire: self.wire)
      let merchants = Merchants([Merchant(name: Fixture.demo, currency: Fixture.uzs, acquirer: acquirer)])
      let settle = SettlePayment(store: books, merchants: merchants, clock: clock, logger: logger)
      let returns = FreedomPayReturns(
        read: ReadLinks(store: books), markSeen: MarkSeen(store: books, clock: clock),
        sync: SyncLink(store: books, merchants: merchants, settle: settle, clock: clock, logger: logger), logger: logger)
      router = try Router(returns.routes)
    }

    func open(_ side: String, token: String? = nil, method: HTTPRequest.Method = .get, query: String? = nil) async -> Response {
      let token = token ?? link.tokens.return.text
      return await router.respond(
        to: Request(
          head: HTTPRequest(method: method, scheme: "http", authority: "shop", path: "/return/\(token)/\(side)"),
          segments: ["return", token, side], query: query))
    }
  }

  @Test("a return asks the acquirer, settles what it says, and leads to the shop", arguments: [HTTPRequest.Method.get, .post])
  func home(_ method: HTTPRequest.Method) async throws {
    let house = try House(ShopAddresses(success: "https://shop.uz/ok?a=1#top", failure: "https://shop.uz/no"))
    let response = await house.open("success", method: method, query: "pg_order_id=A1001&pg_sig=x")
    #expect(response.status == .seeOther)
    #expect(response.fields[.location] == "https://shop.uz/ok?a=1&payment_link_id=\(house.link.id)&order_id=A1001#top")
    #expect(response.fields[.cacheControl] == "no-store")
    #expect(response.fields[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
    #expect(house.wire.sent.count == 1)
    #expect(house.wire.sent.first.map { $0.timeout <= .seconds(3) } == true)
    #expect(house.books.now(house.link.id)?.payments.first?.status == .paid)
    #expect(house.books.now(house.link.id)?.seenAt == Fixture.now)
  }

  @Test("a link is asked about at most once in 10 seconds; the payer always goes on")
  func bounded() async throws {
    let pending = signedAnswer(StatusReadingTests.paid.setting("pg_payment_status", "new"), script: "status_v2")
    let house = try House(ShopAddresses(failure: "https://shop.uz/no"), wire: Wire(pending))
    for _ in 0..<3 { #expect(await house.open("failure").status == .seeOther) }
    #expect(house.wire.sent.count == 1)
    house.clock.advance(.milliseconds(9_999))
    _ = await house.open("failure")
    #expect(house.wire.sent.count == 1)
    house.clock.advance(.milliseconds(1))
    _ = await house.open("failure")
    #expect(house.wire.sent.count == 2)
  }

  @Test("success is no proof: an acquirer that says nothing changes nothing")
  func noProof() async throws {
    let house = try House(
      ShopAddresses(success: "https://shop.uz/ok"), wire: Wire(error: .init(code: .timeout, mayHaveBeenSent: true, detail: "test")))
    #expect(await house.open("success").status == .seeOther)
    #expect(house.books.now(house.link.id)?.payments.first?.status == .pending)
  }

  @Test("without an address of the shop a small page says thank you, or that it failed, and never that it is paid")
  func pages() async throws {
    let house = try House(ShopAddresses())
    for side in ["success", "failure"] {
      let response = await house.open(side)
      #expect(response.status == .ok)
      #expect(response.fields[.contentType] == "text/html; charset=utf-8")
      #expect(response.fields[HTTPField.Name("Referrer-Policy")!] == "no-referrer" && response.fields[.cacheControl] == "no-store")
      guard case .bytes(let bytes) = response.body else { return #expect(Bool(false), "no body") }
      let html = String(decoding: bytes, as: UTF8.self)
      #expect(html.contains(side == "success" ? "Thank you" : "not completed") && !html.contains("paid"))
    }
    #expect(await house.open("failure").fields[.location] == nil)
  }

  @Test("unknown tokens are 404 and ask nobody; with the database down the payer is told to wait")
  func unknown() async throws {
    let house = try House(ShopAddresses(success: "https://shop.uz/ok"))
    for token in ["x", Token().text, house.link.tokens.short.text, house.link.tokens.client.text] {
      #expect(await house.open("success", token: token).status == .notFound)
    }
    #expect(await house.open("other").status == .notFound)
    #expect(house.wire.sent.isEmpty)
    house.books.fail(StoreError(.unavailable, "test"))
    #expect(await house.open("success").status == .serviceUnavailable)
  }

  @Test(
    "parameters go behind the query and before the fragment",
    arguments: [
      ("https://s", "https://s?i=p%26&o=1"), ("https://s/", "https://s/?i=p%26&o=1"), ("https://s/a?", "https://s/a?i=p%26&o=1"),
      ("https://s/a?b", "https://s/a?b&i=p%26&o=1"), ("https://s/a?b=1&", "https://s/a?b=1&i=p%26&o=1"),
      ("https://s/a#f", "https://s/a?i=p%26&o=1#f"), ("https://s/a?b=%20#f?g", "https://s/a?b=%20&i=p%26&o=1#f?g"),
      ("https://s/#/spa?x=1", "https://s/?i=p%26&o=1#/spa?x=1"), ("https://s/é?ü=1", "https://s/%C3%A9?%C3%BC=1&i=p%26&o=1"),
      ("https://s/\r\nX: y", "https://s/%0D%0AX:%20y?i=p%26&o=1"),
    ])
  func addresses(url: String, expected: String) {
    #expect(ShopAddress.adding(["i": "p&", "o": "1"], to: url) == expected)
  }
}
