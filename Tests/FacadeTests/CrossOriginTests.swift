import HTTPTypes
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Pages of other origins (design §4.2 `cors`; Fetch standard).
struct CrossOriginTests {
  static let shop = "https://shop.example"

  @Test("A preflight from a listed origin is told what a page may do, on each route that a browser may call")
  func preflights() async throws {
    let desk = try Desk(origins: [Self.shop, "http://localhost:3000"])
    let routes: [(path: String, methods: String, allow: String)] = [
      ("/v1/payment-links", "POST", "GET, HEAD, OPTIONS, POST"), ("/v1/payment-links/pl_1", "GET", "GET, HEAD, OPTIONS"),
      ("/v1/payment-links/pl_1/qr.svg", "GET", "GET, HEAD, OPTIONS"), ("/v1/payment-links/pl_1/qr.png", "GET", "GET, HEAD, OPTIONS"),
    ]
    for origin in [Self.shop, "http://localhost:3000"] {
      for route in routes {
        let answer = try await desk.call(.options, route.path, key: nil, fields: [.origin: origin, .accessControlRequestMethod: "POST"])
        #expect(answer.status == 204)
        #expect(answer.fields[.accessControlAllowOrigin] == origin)
        #expect(answer.fields[.accessControlAllowMethods] == route.methods)
        #expect(answer.fields[.accessControlAllowHeaders]?.contains("Authorization") == true)
        #expect(answer.fields[.accessControlAllowCredentials] == nil)
        #expect(answer.fields[.allow] == route.allow)
        #expect(answer.fields[.vary] == "Origin")
      }
    }
  }

  static let strangers = [
    "https://shop.example.evil.example", "https://evil.example", "http://shop.example", "https://shop.example:8443", "https://SHOP.example",
    "https://shop.example/", "null", "*", "",
  ]

  @Test("Any other origin is told nothing, before and with the call", arguments: strangers)
  func strange(_ origin: String) async throws {
    let desk = try Desk(origins: [Self.shop])
    let preflight = try await desk.call(.options, "/v1/payment-links", key: nil, fields: [.origin: origin])
    #expect(preflight.status == 204 && preflight.fields[.vary] == "Origin")
    #expect(preflight.fields.allSatisfy { !$0.name.canonicalName.hasPrefix("access-control") })
    let call = try await desk.call(.post, "/v1/payment-links", key: nil, fields: [.origin: origin], body: "{}")
    #expect(call.status == 401 && call.fields[.vary] == "Origin")
    #expect(call.fields.allSatisfy { !$0.name.canonicalName.hasPrefix("access-control") })
  }

  @Test("Two origins are none")
  func twice() async throws {
    let desk = try Desk(origins: [Self.shop])
    var fields: HTTPFields = [.origin: Self.shop]
    fields.append(HTTPField(name: .origin, value: Self.shop))
    #expect(try await desk.call(.options, "/v1/payment-links", key: nil, fields: fields).fields[.accessControlAllowOrigin] == nil)
  }

  @Test("The answer can be read by the page, refusals too, with the fields it needs")
  func calls() async throws {
    let desk = try Desk(origins: [Self.shop])
    let token = OrderToken(now: desk.clock.now()).text
    let made = try await desk.call(
      .post, "/v1/payment-links", key: "pk_page", fields: [.origin: Self.shop], body: #"{"signed_order":"\#(token)"}"#)
    #expect(made.status == 201 && made.fields[.accessControlAllowOrigin] == Self.shop)
    let exposed = try #require(made.fields[.accessControlExposeHeaders])
    for name in ["Idempotency-Replayed", "Retry-After", "RateLimit", "X-Request-Id"] { #expect(exposed.contains(name)) }
    let refused = try await desk.call(.post, "/v1/payment-links", key: nil, fields: [.origin: Self.shop], body: "{}")
    #expect(refused.status == 401 && refused.fields[.accessControlAllowOrigin] == Self.shop)
    let id = try #require(made["id"])
    let read = try await desk.call(.get, "/v1/payment-links/\(id)", key: made["client_token"], fields: [.origin: Self.shop])
    #expect(read.status == 200 && read.fields[.accessControlAllowOrigin] == Self.shop)
  }

  @Test("What is for shops' back ends is closed to pages")
  func closed() async throws {
    let desk = try Desk(origins: [Self.shop])
    for path in ["/v1/payment-links/pl_1/cancel", "/v1/payment-links/pl_1/refunds", "/p/abc"] {
      let answer = try await desk.call(.options, path, key: nil, fields: [.origin: Self.shop])
      #expect(answer.status == 204 && answer.fields[.accessControlAllowOrigin] == nil)
    }
    let list = try await desk.call(.get, "/v1/payment-links", fields: [.origin: Self.shop])
    #expect(list.status == 200 && list.fields[.accessControlAllowOrigin] == nil)
  }

  @Test("Where no origin is listed nothing is said of origins")
  func off() async throws {
    let desk = try Desk()
    let answer = try await desk.call(.get, "/v1/payment-links/pl_1", key: nil, fields: [.origin: Self.shop])
    #expect(answer.fields[.vary] == nil && answer.fields[.accessControlAllowOrigin] == nil)
    #expect(try await desk.call(.options, "/v1/payment-links", key: nil, fields: [.origin: Self.shop]).fields[.vary] == nil)
  }
}
