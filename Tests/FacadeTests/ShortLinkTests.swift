import HTTPTypes
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// `GET /p/{token}` (design §4.3): what a payer meets in every state of the link.
struct ShortLinkTests {
  static let path = "/p/00000000000000000000000002"

  static func link(_ status: LinkStatus, language: String? = nil, hasPage: Bool = true) throws -> PaymentLink {
    let full = try ReadRouteTests.fullLink()
    var terms = full.terms
    terms.language = language
    return PaymentLink(
      id: full.id, merchant: full.merchant, order: full.order, terms: terms, tokens: full.tokens, createdAt: full.createdAt,
      expiresAt: full.expiresAt + .days(1), status: status, sequence: 1, page: hasPage ? Desk.page : nil, payments: full.payments,
      seenAt: nil,
      acceptedAt: nil, canceledAt: nil, openings: 1, askedAt: nil, nextLookAt: nil)
  }

  struct Case: Sendable {
    var status: LinkStatus
    var http: Int
    var title: String
  }

  @Test(
    "A link that cannot be paid shows its state and nothing of the order, and is not marked as seen",
    arguments: [
      Case(status: .creating, http: 202, title: "One moment"), Case(status: .completed, http: 200, title: "Paid"),
      Case(status: .review, http: 200, title: "The payment is being checked"),
      Case(status: .failed, http: 410, title: "The link does not work"),
      Case(status: .expired, http: 410, title: "The link has expired"), Case(status: .canceled, http: 410, title: "The link was canceled"),
    ])
  func states(_ example: Case) async throws {
    let desk = try Desk()
    let link = try Self.link(example.status)
    desk.books.put(link)
    let answer = try await desk.call(.get, Self.path, key: nil)
    #expect(answer.status == example.http)
    #expect(answer.text.contains("<h1>\(example.title)</h1>"))
    #expect(answer.text.contains("<html lang=\"en\">"))
    #expect(answer.fields[.contentType] == "text/html; charset=utf-8")
    #expect(answer.fields[.cacheControl] == "no-store")
    #expect(answer.fields[.referrerPolicy] == "no-referrer")
    #expect(try #require(answer.fields[.contentSecurityPolicy]).contains("frame-ancestors 'none'"))
    #expect((answer.fields[.refresh] != nil) == (example.status == .creating))
    for secret in ["A1001", "150000", "4177", "customer.example", link.id.text, link.tokens.client.text, "UZS"] {
      #expect(!answer.text.contains(secret))
    }
    #expect(desk.books.allLinks.first?.seenAt == nil)
  }

  @Test("An active link goes to its page and is marked as seen; HEAD answers the same and marks nothing")
  func redirect() async throws {
    let desk = try Desk()
    desk.books.put(try Self.link(.active))
    let head = try await desk.call(.head, Self.path, key: nil)
    #expect(head.status == 302)
    #expect(desk.books.allLinks.first?.seenAt == nil)
    let answer = try await desk.call(.get, Self.path + "?utm_source=telegram", key: nil)
    #expect(answer.status == 302)
    #expect(answer.fields[.location] == Desk.page.url)
    #expect(answer.fields[.cacheControl] == "no-store")
    #expect(answer.fields[.referrerPolicy] == "no-referrer")
    #expect(answer.bytes.isEmpty)
    #expect(desk.books.allLinks.first?.seenAt == desk.clock.now())
    for name in [HTTPField.Name.location, .cacheControl, .referrerPolicy] { #expect(head.fields[name] == answer.fields[name]) }
  }

  @Test("The page is open until its last moment, then the link says so, and at the link's end it has expired")
  func ends() async throws {
    let desk = try Desk()
    var link = try Self.link(.active)
    link.payments.removeLast()
    desk.books.put(link)
    desk.clock.advance(by: Desk.page.expiresAt - desk.clock.now() - .milliseconds(1))
    #expect(try await desk.call(.get, Self.path, key: nil).status == 302)
    desk.clock.advance(by: .milliseconds(1))
    // The acquirer may count a little longer than we do.
    let ended = try await desk.call(.get, Self.path, key: nil)
    #expect(ended.status == 202)
    #expect(!ended.text.contains("<form"))
    desk.clock.advance(by: .minutes(2))
    let renewable = try await desk.call(.get, Self.path, key: nil)
    #expect(renewable.status == 200)
    #expect(renewable.text.contains("<form method=\"post\"><button>Open the payment page</button></form>"))
    #expect(desk.acquirer.requests.isEmpty)
    // Less time than any page lives.
    desk.clock.advance(by: link.expiresAt - desk.clock.now() - .seconds(299))
    #expect(try await desk.call(.get, Self.path, key: nil).text.contains("The payment page has closed"))
    desk.clock.advance(by: link.expiresAt - desk.clock.now())
    #expect(try await desk.call(.get, Self.path, key: nil).status == 410)
    #expect(LinkState(try Self.link(.active, hasPage: false), door: .shut, now: link.createdAt) == .pageEnded)
  }

  @Test("The button opens a fresh page once, and whoever presses it later is led to the same")
  func renewed() async throws {
    let desk = try Desk()
    var link = try Self.link(.active)
    link.payments.removeLast()
    desk.books.put(link)
    desk.acquirer.answer(pages: [
      .opened(try PaymentID(900), PaymentPage(url: "https://customer.example/2", expiresAt: link.expiresAt))
    ])
    #expect(try await desk.call(.post, Self.path, key: nil).fields[.location] == Desk.page.url)
    desk.clock.advance(by: Desk.page.expiresAt - desk.clock.now() + .minutes(2))
    // Looking opens nothing.
    for method in [HTTPRequest.Method.get, .head] { #expect(try await desk.call(method, Self.path, key: nil).status == 200) }
    #expect(desk.acquirer.requests.isEmpty)
    for _ in 0..<2 {
      let answer = try await desk.call(.post, Self.path, key: nil)
      #expect(answer.status == 303)
      #expect(answer.fields[.location] == "https://customer.example/2")
      #expect(answer.fields[.cacheControl] == "no-store")
      #expect(answer.fields[.referrerPolicy] == "no-referrer")
    }
    #expect(desk.acquirer.requests.map(\.idempotencyKey) == ["\(link.id)-2"])
    #expect(try await desk.call(.get, Self.path, key: nil).status == 302)
  }

  @Test(
    "What hinders a fresh page is said, and the link stays as it was",
    arguments: [
      (.notSent(.unreachable("no route")), 503, "Please try again"),
      (.unknown("time-out"), 202, "One moment"),
      (.refused(AcquirerRefusal(kind: .refused, code: "9999", description: "no")), 410, "The link does not work"),
    ] as [(PageAnswer, Int, String)])
  func notRenewed(_ answer: PageAnswer, _ status: Int, _ title: String) async throws {
    let desk = try Desk(pages: [answer])
    var link = try Self.link(.active)
    link.payments.removeLast()
    desk.books.put(link)
    desk.clock.advance(by: Desk.page.expiresAt - desk.clock.now() + .minutes(2))
    let shown = try await desk.call(.post, Self.path, key: nil)
    #expect(shown.status == status)
    #expect(shown.text.contains(title))
    #expect(desk.books.allLinks.first?.status == .active)
    #expect(desk.books.allLinks.first?.page == Desk.page)
  }

  @Test(
    "A button pressed on a link that has ended opens nothing",
    arguments: [LinkStatus.creating, .completed, .review, .expired, .canceled, .failed])
  func shut(_ status: LinkStatus) async throws {
    let desk = try Desk()
    desk.books.put(try Self.link(status))
    desk.clock.advance(by: Desk.page.expiresAt - desk.clock.now() + .minutes(2))
    let get = try await desk.call(.get, Self.path, key: nil)
    let post = try await desk.call(.post, Self.path, key: nil)
    #expect(post.status == get.status)
    #expect(post.text == get.text)
    #expect(try await desk.call(.post, "/p/00000000000000000000000009", key: nil).status == 404)
    #expect(desk.acquirer.requests.isEmpty)
  }

  @Test("An unknown token, another of the link's tokens and a text that is none are one 404 page")
  func unknown() async throws {
    let desk = try Desk()
    desk.books.put(try Self.link(.active))
    for token in ["00000000000000000000000009", "00000000000000000000000001", "00000000000000000000000003", "x", "<script>"] {
      let answer = try await desk.call(.get, "/p/\(token)", key: nil)
      #expect(answer.status == 404)
      #expect(answer.text.contains("No such link"))
      #expect(!answer.text.contains("<script>"))
    }
  }

  @Test("With the books down it is a 503 page; a mark that cannot be written does not hold the payer up")
  func failure() async throws {
    let desk = try Desk()
    desk.books.put(try Self.link(.active))
    desk.books.fail(StoreError(.unavailable, "gone"))
    let answer = try await desk.call(.get, Self.path, key: nil)
    #expect(answer.status == 503)
    #expect(answer.fields[.retryAfter] == "5")
    #expect(answer.text.contains("Please try again"))
  }

  @Test(
    "It speaks the link's language, without one the browser's first, and English otherwise",
    arguments: [
      ("ru", nil, "Оплачено", "ru"), ("uz", "ru", "To‘landi", "uz"), ("kk", nil, "Төленді", "kk"), ("ky", nil, "Төлөндү", "ky"),
      ("de", "ru", "Paid", "en"), (nil, "ru-RU,ru;q=0.9,en;q=0.8", "Оплачено", "ru"), (nil, "fr", "Paid", "en"), (nil, nil, "Paid", "en"),
    ] as [(String?, String?, String, String)])
  func languages(_ language: String?, _ accepted: String?, _ title: String, _ shown: String) async throws {
    let desk = try Desk()
    desk.books.put(try Self.link(.completed, language: language))
    let answer = try await desk.call(.get, Self.path, key: nil, fields: accepted.map { [.acceptLanguage: $0] } ?? [:])
    #expect(answer.text.contains("<h1>\(title)</h1>"))
    #expect(answer.text.contains("<html lang=\"\(shown)\">"))
  }

  @Test("Every state has its words in every language")
  func words() {
    let states: [LinkState] = [
      .creating, .renewable, .pageEnded, .paying, .paid, .review, .expired, .canceled, .failed, .notFound, .unavailable,
    ]
    for language in PageLanguage.allCases {
      let titles = states.map { language.words(for: $0).title }
      #expect(Set(titles).count == states.count)
      #expect(!titles.contains(""))
    }
  }

  @Test("The pictures show the short address")
  func pictures() async throws {
    let desk = try Desk()
    let link = try Self.link(.active)
    desk.books.put(link)
    let svg = try await desk.call(.get, "/v1/payment-links/\(link.id)/qr.svg")
    #expect(svg.status == 200)
    #expect(svg.fields[.contentType] == "image/svg+xml")
    #expect(svg.text.contains("<svg"))
    let png = try await desk.call(.get, "/v1/payment-links/\(link.id)/qr.png?client_token=ct_\(link.tokens.client.text)", key: nil)
    #expect(png.fields[.contentType] == "image/png")
    #expect(png.fields[.referrerPolicy] == "no-referrer")
    #expect(png.bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]))
  }
}
