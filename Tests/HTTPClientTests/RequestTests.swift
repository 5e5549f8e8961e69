import HTTPClient
import HTTPTypes
import Testing

@Suite("Requests")
struct RequestTests {
  private func arrival(_ request: (RawServer) -> HTTPClientRequest) async throws -> RawServer.Arrival {
    try await withServer { client, server in
      _ = try await client.send(request(server))
      return try #require(server.arrivals.first)
    }
  }

  @Test("arrive as they were given: target, fields and body, and nothing that nobody asked for")
  func asGiven() async throws {
    let arrival = try await arrival { server in
      HTTPClientRequest(
        method: .post, url: server.url("/a/../b%20c/?q=1&r=%2F"),
        fields: [.contentType: "text/plain", .cookie: "a=1", HTTPField.Name("X-Twice")!: "1", HTTPField.Name("X-Empty")!: ""]
          + [HTTPField(name: HTTPField.Name("X-Twice")!, value: "2")], body: Array("body".utf8))
    }
    #expect(arrival.requestLine == "POST /a/../b%20c/?q=1&r=%2F HTTP/1.1")
    #expect(arrival.values(of: "content-type") == ["text/plain"])
    #expect(arrival.values(of: "content-length") == ["4"])
    #expect(arrival.values(of: "x-twice") == ["1", "2"])
    #expect(arrival.values(of: "x-empty") == [""])
    #expect(arrival.body == Array("body".utf8))
    for name in ["expect", "accept", "user-agent", "transfer-encoding", "accept-encoding", "authorization"] {
      #expect(arrival.values(of: name) == [], "\(name)")
    }
  }

  @Test(
    "say the length of their body where the method has one",
    arguments: [(HTTPRequest.Method.post, 0), (.put, 0), (.patch, 0), (.post, 3), (.delete, 3), (.put, 100_000), (.post, 2_000_000)])
  func lengths(method: HTTPRequest.Method, size: Int) async throws {
    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
    let arrival = try await arrival { HTTPClientRequest(method: method, url: $0.url(), body: body) }
    #expect(arrival.requestLine.hasPrefix(method.rawValue))
    #expect(arrival.values(of: "content-length") == [String(size)])
    #expect(arrival.values(of: "content-type") == [])
    #expect(arrival.body == body)
  }

  @Test("without a body say nothing of one", arguments: [HTTPRequest.Method.get, .head, .delete, .options])
  func bodyless(method: HTTPRequest.Method) async throws {
    let arrival = try await arrival { HTTPClientRequest(method: method, url: $0.url()) }
    #expect(arrival.requestLine.hasPrefix(method.rawValue))
    #expect(arrival.values(of: "content-length") == [])
  }

  @Test("of every shape go through one handle, one after another, without traces of the one before")
  func oneAfterAnother() async throws {
    try await withServer { client, server in
      for _ in 0..<3 {
        for (method, body) in [
          (HTTPRequest.Method.post, "abc"), (.get, ""), (.head, ""), (.put, "de"), (.delete, ""), (.post, ""), (.get, ""),
        ] {
          let fields: HTTPFields = body.isEmpty ? [:] : [.contentType: "text/plain"]
          let response = try await client.send(
            HTTPClientRequest(method: method, url: server.url("/\(method.rawValue)"), fields: fields, body: Array(body.utf8)))
          #expect(response.status == 200)
          // The raw server answers HEAD with a body, after which the connection is of no use; libcurl then takes another.
          let last = try #require(server.arrivals.last)
          #expect(last.path == "/\(method.rawValue)" && last.requestLine.hasPrefix(method.rawValue))
          #expect(last.body == Array(body.utf8))
          #expect(last.values(of: "content-type") == (body.isEmpty ? [] : ["text/plain"]))
        }
      }
    }
  }

  struct Refused: Sendable {
    var url = "http://127.0.0.1:1/"
    var method = HTTPRequest.Method.post
    var fields: HTTPFields = [:]
    var body: [UInt8] = []
  }

  @Test(
    "that cannot be sent are refused, and nothing is sent",
    arguments: [
      Refused(url: ""), Refused(url: "/path"), Refused(url: "127.0.0.1"), Refused(url: "http://"), Refused(url: "http:///x"),
      Refused(url: "http://?x"),
      Refused(url: "http://:80/"), Refused(url: "ftp://127.0.0.1/"), Refused(url: "file:///etc/passwd"),
      Refused(url: "gopher://127.0.0.1/"),
      Refused(url: "http://user:password@127.0.0.1/"), Refused(url: "http://user@127.0.0.1/"), Refused(url: "http://127.0.0.1/a b"),
      Refused(url: "http://127.0.0.1/\r\nX: y"), Refused(url: "http://127.0.0.1/\u{e9}"), Refused(url: "http://127.0.0.1:99999/"),
      Refused(url: "http://127.0.0.1:x/"), Refused(url: "http://[::1/"), Refused(url: "http://ho\\st/"), Refused(url: "http://a%00b/"),
      Refused(url: "http://127.0.0.1/" + String(repeating: "x", count: 16 * 1024)), Refused(method: .get, body: [1]),
      Refused(method: .head, body: [1]),
      Refused(method: .connect), Refused(method: .trace), Refused(fields: [.transferEncoding: "chunked"]),
      Refused(fields: [.contentLength: "5"]),
      Refused(fields: [.connection: "close"]), Refused(fields: [.expect: "100-continue"]),
      Refused(fields: [HTTPField.Name("X-Long")!: String(repeating: "x", count: 16 * 1024)]),
    ])
  func refused(_ test: Refused) async throws {
    try await withClient { client, _ in
      let error = await failure(of: client, HTTPClientRequest(method: test.method, url: test.url, fields: test.fields, body: test.body))
      #expect(error?.code == .invalidRequest)
      #expect(error?.mayHaveBeenSent == false)
      #expect(error?.detail.contains("password") == false)
    }
  }

  @Test("may name a Content-Length that is right")
  func rightContentLength() async throws {
    let arrival = try await arrival { HTTPClientRequest(url: $0.url(), fields: [.contentLength: "3"], body: [1, 2, 3]) }
    #expect(arrival.values(of: "content-length") == ["3"])
  }

  @Test("leave nothing of query, fields or body in an error")
  func errorsTellNothing() async throws {
    try await withServer(script: { _ = $0.read() }) { client, server in
      for url in [server.url("/path?secret=1#secret"), "http://127.0.0.1:1/path?secret=1", "http://127.0.0.1:99999/path?secret"] {
        let error = await failure(of: client, HTTPClientRequest(url: url, fields: [.authorization: "secret"], body: Array("secret".utf8)))
        #expect(error?.detail.contains("secret") == false)
        #expect(url.contains("99999") || error?.detail.contains("/path") == true, "but they tell where")
      }
    }
  }

  @Test("carry no cookie of an answer before")
  func noCookies() async throws {
    let script: @Sendable (RawConnection) -> Void = { connection in
      while connection.read() != nil, connection.write("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n") {}
    }
    try await withServer(script: script) { client, server in
      for _ in 0..<2 { _ = try await client.send(HTTPClientRequest(url: server.url())) }
      #expect(server.arrivals.count == 2)
      #expect(server.arrivals.allSatisfy { $0.values(of: "cookie") == [] })
    }
  }

  @Test("go through the proxy of the configuration, and none of another's")
  func proxy() async throws {
    try await withServer { _, proxy in
      try await withClient(HTTPClientConfiguration(proxy: proxy.url())) { client, _ in
        _ = try await client.send(HTTPClientRequest(url: "http://127.0.0.1:1/path", body: [1]))
        #expect(proxy.arrivals.first?.requestLine == "POST http://127.0.0.1:1/path HTTP/1.1")
      }
    }
  }
}
