import HTTPTypes
import Testing
import Transport

@testable import HTTPServer

/// What RFC 9110 and 9112 ask of an answer, where no other suite looks at it.
@Suite("Rules for answers") struct AnswerRuleTests {
  @Test("The blank behind the status stands even where no reason follows") func emptyReason() async throws {
    try await withServer([Route(.get, "/") { _ in Response(status: HTTPResponse.Status(code: 299)) }]) { server in
      let client = try WireClient(server.address)
      try client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(try client.readAll().hasPrefix("HTTP/1.1 299 \r\n"))
    }
  }

  @Test("An answer that has no body says neither length nor coding, whatever its handler made", arguments: [204, 304])
  func noBody(_ code: Int) async throws {
    let status = HTTPResponse.Status(code: code)
    let routes = [
      Route(.get, "/bytes") { _ in Response(status: status, fields: [.contentLength: "3"], body: .bytes(Array("abc".utf8))) },
      Route(.get, "/stream") { _ in Response(status: status, body: .stream { try await $0.write(Array("abc".utf8)) }) },
    ]
    try await withServer(routes) { server in
      let client = try WireClient(server.address)
      try client.send("GET /bytes HTTP/1.1\r\nHost: x\r\n\r\nGET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      for _ in 0..<2 {
        let answer = try #require(try client.readAnswer())
        #expect(answer.status == code)
        #expect(answer["content-length"] == nil)
        #expect(answer["transfer-encoding"] == nil)
      }
      #expect(try client.readAll() == "")
    }
  }

  @Test(
    "HEAD gets no content where it is refused either, with the length that GET's has",
    arguments: ["HEAD / HTTP/1.1\r\n\r\n", "\r\nHEAD / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", "HEAD / HTTP/3.0\r\n\r\n", "HEAD \n"])
  func refusedHead(_ request: String) async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send(request)
      let answer = try client.readAll()
      #expect(answer.hasPrefix("HTTP/1.1 400 ") || answer.hasPrefix("HTTP/1.1 505 "))
      #expect(answer.hasSuffix("\r\n\r\n") && answer.contains("Content-Length: ") && !answer.contains("Content-Length: 0\r"))
      // Another method, or a text that only begins like it, has content.
      for other in ["GET / HTTP/1.1\r\n\r\n", "HEAD\n", "HEADER / HTTP/1.1\r\n\r\n"] {
        let another = try WireClient(server.address)
        try another.send(other)
        #expect(try another.readAll().hasSuffix("}"), "\(other)")
      }
    }
  }

  @Test("HTTP/1.0 gets no 100 Continue: its expectation is ignored") func oldExpectation() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send("POST /echo HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      // Answered on the same loop: the head above has been read by then.
      let witness = try WireClient(server.address)
      try witness.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try witness.readAnswer()?.status == 200)
      try client.send("abc")
      #expect(try client.readAnswer()?.status == 200)
    }
  }

  @Test("Every answer of 2xx, 3xx and 4xx has one Date") func date() async throws {
    let routes = plainRoutes + [Route(.get, "/away") { _ in Response(status: .seeOther, fields: [.location: "/"]) }]
    try await withServer(routes) { server in
      let client = try WireClient(server.address)
      for (target, status) in [("/hello", 200), ("/stream", 200), ("/away", 303), ("/nothing", 404)] {
        try client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try #require(try client.readAnswer())
        #expect(answer.status == status)
        #expect(answer["date"]?.hasSuffix(" GMT") == true)
      }
      try client.send("nonsense\r\n\r\n")
      #expect(try client.readAnswer()?["date"]?.hasSuffix(" GMT") == true)
    }
  }

  @Test("A refused media type does not ask for another content coding, a refused content coding does") func mediaType() async throws {
    let routes = [
      Route(.post, "/") { request in
        do throws(HTTPError) {
          _ = try request.form()
          return Response(status: .ok)
        } catch {
          return error.response(requestID: request.id)
        }
      }
    ]
    try await withServer(routes) { server in
      let client = try WireClient(server.address)
      try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\na")
      let answer = try #require(try client.readAnswer())
      #expect(answer.status == 415)
      #expect(answer["accept-encoding"] == nil)
      // For that reason it says which codings would do.
      let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b"
      try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n\(form)")
      let coded = try #require(try client.readAnswer())
      #expect(coded.status == 415)
      #expect(coded["accept-encoding"] == "identity")
      try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: identity\r\n\(form)")
      #expect(try client.readAnswer()?.status == 200)
    }
  }
}
