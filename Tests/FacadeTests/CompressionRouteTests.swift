import HTTPServer
import HTTPTypes
import Payments
import PaymentsTesting
import Testing

@testable import Facade

/// Which answers may leave compressed (decision 0009): what opens anything never does.
struct CompressionRouteTests {
  /// Takes nothing but gzip, so that no answer is too small for it.
  static let gzipOnly: HTTPFields = [.acceptEncoding: "gzip, identity;q=0"]

  /// Every GET route of the API, called for a link that is there.
  private static func answers(_ desk: Desk, _ made: Answer, _ fields: HTTPFields) async throws -> [String: Answer] {
    let short = try #require(desk.books.allLinks.first).tokens.short.text
    var answers: [String: Answer] = [:]
    for route in desk.routes where route.method == .get {
      let path = route.pattern.replacing("/v1/payment-links/{id}", with: "/v1/payment-links/\(made["id"] ?? "?")")
        .replacing("{token}", with: short)
      answers[route.pattern] = try await desk.call(.get, path, fields: fields)
    }
    return answers
  }

  @Test("No answer that holds a token, a page's address or a picture of one is compressed, on any route, however much it is wanted")
  func secrets() async throws {
    let desk = try Desk()
    let made = try await desk.create(fields: Self.gzipOnly)
    let short = try #require(desk.books.allLinks.first).tokens.short.text
    let token = try #require(made["client_token"])
    #expect(made.status == 201 && made.fields[.contentEncoding] == nil && made.text.contains(token))
    let plain = try await Self.answers(desk, made, [:])
    let asked = try await Self.answers(desk, made, Self.gzipOnly)
    var secret: Set<String> = []
    for (route, answer) in plain {
      let isPicture = answer.fields[.contentType]?.hasPrefix("image/") == true
      guard isPicture || [token, short, "customer.example", "base64,AAAA"].contains(where: answer.text.contains) else { continue }
      secret.insert(route)
      #expect(asked[route]?.fields[.contentEncoding] == nil && asked[route]?.bytes == answer.bytes, "\(route)")
    }
    #expect(secret.isSuperset(of: ["/v1/payment-links", "/v1/payment-links/{id}", "/v1/payment-links/{id}/qr.svg"]))
    let coded = Set(asked.filter { $0.value.fields[.contentEncoding] == "gzip" }.keys)
    #expect(coded == ["/openapi.yaml", "/v1/payment-links/{id}/events", "/v1/events", "/v1/deliveries", "/v1/endpoints"])
  }

  @Test("The state page may be compressed, whatever it says") func statePage() async throws {
    let desk = try Desk()
    for method in [HTTPRequest.Method.get, .post] {
      let answer = try await desk.call(method, "/p/none", key: nil, fields: Self.gzipOnly)
      #expect(answer.status == 404 && answer.fields[.contentEncoding] == "gzip" && answer.fields[.vary] == "Accept-Encoding")
    }
  }

  @Test("Vary names both, the origin and the coding") func vary() async throws {
    let desk = try Desk(origins: [CrossOriginTests.shop])
    let id = try #require(try await desk.create()["id"])
    for accepted in ["gzip, identity;q=0", "identity"] {
      let answer = try await desk.call(.get, "/v1/payment-links/\(id)/events", fields: [.acceptEncoding: accepted])
      #expect(answer.status == 200 && answer.fields[.vary] == "Origin, Accept-Encoding")
    }
    #expect(try await desk.call(.get, "/v1/payment-links/\(id)", fields: Self.gzipOnly).fields[.vary] == "Origin")
  }
}
