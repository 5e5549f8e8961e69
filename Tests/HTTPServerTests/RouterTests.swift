import HTTPTypes
import Testing

@testable import HTTPServer

@Suite("The router") struct RouterTests {
  /// Routes whose answer tells which of them it was and what its parameters were.
  static func router(_ routes: [(HTTPRequest.Method, String)]) throws -> Router {
    try Router(
      routes.map { method, pattern in
        Route(method, pattern, bodyLimit: 4) { request in
          let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
          return Response(status: .ok, contentType: "text/plain", text: "\(request.route) \(parameters)")
        }
      })
  }

  static let routes: [(HTTPRequest.Method, String)] = [
    (.get, "/"), (.get, "/v1/links"), (.post, "/v1/links"), (.get, "/v1/links/{id}"), (.post, "/v1/links/{id}/cancel"),
    (.get, "/v1/links/new"),
    (.get, "/v1/{kind}/{id}/tail"), (.delete, "/v1/links/{link}"),
    (.post, "/g2g/page/"),
  ]

  struct Case: Sendable {
    var method: HTTPRequest.Method
    var target: String
    var status: Int
    var body: String?
    var allow: String?
  }

  @Test(
    "Requests find their routes",
    arguments: [
      Case(method: .get, target: "/", status: 200, body: "/ "),
      Case(method: .get, target: "/v1/links?x=/y", status: 200, body: "/v1/links "),
      Case(method: .get, target: "/v1/links/42", status: 200, body: "/v1/links/{id} id=42"),
      Case(method: .delete, target: "/v1/links/42", status: 200, body: "/v1/links/{link} link=42"),
      Case(method: .get, target: "/v1/links/new", status: 200, body: "/v1/links/new "),
      Case(method: .delete, target: "/v1/links/new", status: 200, body: "/v1/links/{link} link=new"),
      Case(method: .get, target: "/v1/links/a%2Fb", status: 200, body: "/v1/links/{id} id=a/b"),
      Case(method: .post, target: "/v1/links/a/cancel", status: 200, body: "/v1/links/{id}/cancel id=a"),
      Case(method: .get, target: "/v1/links/a/tail", status: 200, body: "/v1/{kind}/{id}/tail id=a,kind=links"),
      Case(method: .get, target: "/v1/x/a/tail", status: 200, body: "/v1/{kind}/{id}/tail id=a,kind=x"),
      Case(method: .head, target: "/v1/links", status: 200, body: ""),
      Case(method: .post, target: "/g2g/page/", status: 200, body: "/g2g/page/ "),
      Case(method: .post, target: "/g2g/page", status: 404),
      Case(method: .get, target: "/v1", status: 404),
      Case(method: .get, target: "/v1/links/", status: 404),
      Case(method: .get, target: "//v1/links", status: 404),
      Case(method: .get, target: "/V1/links", status: 404),
      Case(method: .get, target: "/v1/links/a/b", status: 404),
      Case(method: .put, target: "/v1/links", status: 405, allow: "GET, HEAD, OPTIONS, POST"),
      Case(method: .get, target: "/v1/links/a/cancel", status: 405, allow: "OPTIONS, POST"),
      Case(method: .put, target: "/v1/links/new", status: 405, allow: "DELETE, GET, HEAD, OPTIONS"),
      Case(method: .options, target: "/v1/links/a", status: 204, allow: "DELETE, GET, HEAD, OPTIONS"),
      Case(method: .options, target: "/nothing", status: 404),
    ]) func routes(_ test: Case) async throws
  {
    let response = await (try Self.router(Self.routes)).respond(to: try Request(test.method, test.target))
    #expect(response.status.code == test.status)
    #expect(response.fields[.allow] == test.allow)
    if let body = test.body { #expect(response.text == body) }
  }

  @Test("HEAD has the length GET would have, and no body") func head() async throws {
    let response = await (try Self.router(Self.routes)).respond(to: try Request(.head, "/v1/links"))
    #expect(response.fields[.contentLength] == "10")
    #expect(response.text == "")
  }

  @Test("A body of the route's bound is taken, one byte more is 413") func bodyLimit() async throws {
    let router = try Self.router(Self.routes)
    #expect(await router.respond(to: try Request(.post, "/v1/links", body: [1, 2, 3, 4])).status == .ok)
    let refused = await router.respond(to: try Request(.post, "/v1/links", body: [1, 2, 3, 4, 5], id: "id-1"))
    #expect(refused.status == .contentTooLarge)
    #expect(
      refused.text
        == #"{"type":"urn:paylink:problem:body_too_large","title":"The body is too large","status":413,"detail":"The body may have at most 4 bytes.","code":"body_too_large","request_id":"id-1","retryable":false}"#
    )
    #expect(refused.fields[.contentType] == "application/problem+json")
  }

  @Test(
    "A pattern that cannot be meant is an error",
    arguments: ["", "a", "//", "/a//b", "/{", "/}", "/{}", "/{a", "/a}", "/x{a}", "/{a}x", "/{A}", "/{a b}", "/{a}/{a}", "/{{a}}"])
  func badPatterns(_ pattern: String) {
    let error = #expect(throws: RouterError.self) { try Self.router([(.get, pattern)]) }
    #expect(error?.code == .invalidPattern)
  }

  @Test("Two routes for the same requests are an error, whatever their parameters are called") func conflicts() {
    for (one, other) in [("/a", "/a"), ("/{a}", "/{b}"), ("/x/{a}/y", "/x/{b}/y")] {
      let error = #expect(throws: RouterError.self) { try Self.router([(.get, one), (.get, other)]) }
      #expect(error?.code == .conflict)
      #expect(throws: Never.self) { try Self.router([(.get, one), (.post, other)]) }
    }
    #expect(throws: RouterError.self) { try Self.router([(.connect, "/a")]) }
  }

  @Test("A JSON text is escaped") func json() {
    #expect(Response.jsonString("a\"b\\c\n\r\t\u{1}\u{7f}/é\u{1F600}") == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f/é\u{1F600}\"")
  }
}

extension Response {
  var text: String {
    switch body {
    case .empty: ""
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .stream: "<stream>"
    }
  }
}
