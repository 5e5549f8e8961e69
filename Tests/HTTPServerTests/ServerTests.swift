import Glibc
import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

@Suite("The server over sockets") struct ServerTests {
  static let get = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"

  @Test("A request is answered, and the connection kept for the next") func keepAlive() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      for _ in 0..<3 {
        try client.send(Self.get)
        let answer = try #require(try client.readAnswer())
        #expect(answer.status == 200)
        #expect(answer.body == "hello")
        #expect(answer["content-type"] == "text/plain")
        #expect(answer["content-length"] == "5")
        #expect(answer["connection"] == nil)
        #expect(answer["server"] == nil)
        #expect(answer["date"]?.hasSuffix(" GMT") == true)
        #expect(answer["x-request-id"]?.count == 32)
      }
      try client.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: mine\r\n\r\n")
      let last = try #require(try client.readAnswer())
      #expect(last["connection"] == "close")
      #expect(last["x-request-id"] == "mine")
      #expect(try client.readAnswer() == nil)
    }
  }

  @Test("HTTP/1.0 closes, unless it asks to keep the connection") func oldVersion() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(try client.readAnswer()?["connection"] == "keep-alive")
      try client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let answer = try #require(try client.readAnswer())
      #expect(answer["transfer-encoding"] == nil)
      #expect(answer["content-length"] == nil)
      #expect(answer["connection"] == "close")
      #expect(answer.body == "piece 0\npiece 1\npiece 2\n")
      let other = try WireClient(server.address)
      try other.send("GET /hello HTTP/1.0\r\n\r\n")
      #expect(try other.readAll().hasSuffix("\r\n\r\nhello"))
    }
  }

  @Test("Requests sent at once are answered in order") func pipelining() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      var text = ""
      for number in 0..<50 {
        text += "GET /things/\(number) HTTP/1.1\r\nHost: x\r\n\r\n"
        text += "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n\(100 + number)"
      }
      try client.send(text)
      client.shutdownWriting()
      for number in 0..<50 {
        #expect(try client.readAnswer()?.body == "\(number)")
        #expect(try client.readAnswer()?.body == "\(100 + number)")
      }
      #expect(try client.readAnswer() == nil)
    }
  }

  @Test("A request byte by byte is a request") func byteByByte() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      for byte in Array("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8) {
        try client.send([byte])
      }
      #expect(try client.readAnswer()?.body == "abc")
    }
  }

  @Test("A body of the bound is echoed, a longer one is 413 at once and the answer can be read") func bodyLimit() async throws {
    try await withServer(plainRoutes) { server in
      let exact = String(repeating: "a", count: 1000)
      let client = try WireClient(server.address)
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n\(exact)")
      #expect(try client.readAnswer()?.body == exact)
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n\(exact)\r\n0\r\n\r\n")
      #expect(try client.readAnswer()?.body == exact)
      // More than the kernel takes unread: without the lingering close the client would see a reset.
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + String(repeating: "b", count: 500_000))
      let refused = try #require(try client.readAnswer())
      #expect(refused.status == 413)
      #expect(refused["connection"] == "close")
      #expect(refused["content-type"] == "application/problem+json")
      #expect(try client.readAnswer() == nil)
      let other = try WireClient(server.address)
      try other.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n\(exact)\r\n1\r\n")
      #expect(try other.readAnswer()?.status == 413)
    }
  }

  @Test("A stream is chunked in HTTP/1.1, and the connection goes on") func chunkedAnswer() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" + Self.get)
      let answer = try #require(try client.readAnswer())
      #expect(answer["transfer-encoding"] == "chunked")
      #expect(answer.body == "piece 0\npiece 1\npiece 2\n")
      #expect(try client.readAnswer()?.body == "hello")
    }
  }

  @Test("A stream that breaks off ends the connection without its last chunk") func brokenStream() async throws {
    struct Broken: Error {}
    let routes = [
      Route(.get, "/broken") { _ in
        Response(
          status: .ok,
          body: .stream { writer in
            try await writer.write(Array("some".utf8))
            throw Broken()
          })
      }
    ]
    try await withServer(routes) { server in
      let client = try WireClient(server.address)
      try client.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
      let all = try client.readAll()
      #expect(all.hasSuffix("\r\n\r\n4\r\nsome\r\n"))
    }
  }

  @Test("A large answer arrives whole, even when it is read slowly") func largeAnswer() async throws {
    let routes = [Route(.get, "/large") { _ in Response(status: .ok, body: .bytes([UInt8](repeating: 65, count: 8_000_000))) }]
    try await withServer(routes) { server in
      let client = try WireClient(server.address)
      try client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
      usleep(50_000)
      #expect(try client.readAnswer()?.body.utf8.count == 8_000_000)
    }
  }

  @Test("HEAD has GET's length and no body; streams have none") func head() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send(
        "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: x\r\n\r\nHEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
          + Self.get)
      let head = try #require(try client.readAnswer(isHead: true))
      #expect(head.status == 200)
      #expect(head["content-length"] == "5")
      #expect(try client.readAnswer(isHead: true)?["content-length"] == nil)
      #expect(try client.readAnswer(isHead: true)?.status == 404)
      #expect(try client.readAnswer()?.body == "hello")
    }
  }

  @Test("OPTIONS names the methods; 404 and 405 keep the connection") func options() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n")
      let options = try #require(try client.readAnswer())
      #expect(options.status == 204)
      #expect(options["allow"] == "OPTIONS, POST")
      #expect(options["content-length"] == nil)
      try client.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(try client.readAnswer()?.status == 204)
      try client.send("DELETE /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxx")
      let refused = try #require(try client.readAnswer())
      #expect(refused.status == 405)
      #expect(refused["allow"] == "OPTIONS, POST")
      try client.send("GET /nothing HTTP/1.1\r\nHost: x\r\nX-Request-Id: id-7\r\n\r\n")
      let missing = try #require(try client.readAnswer())
      #expect(missing.status == 404)
      #expect(missing.body.contains(#""code":"not_found","request_id":"id-7","retryable":false"#))
      try client.send(Self.get)
      #expect(try client.readAnswer()?.status == 200)
    }
  }

  @Test("100 Continue is sent when the body will be read, and only then") func expectContinue() async throws {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
      #expect(try client.readAnswer()?.status == 100)
      try client.send("abc")
      #expect(try client.readAnswer()?.body == "abc")
      // The body is here already: nothing to wait for.
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
      #expect(try client.readAnswer()?.status == 200)
      for (target, length, status) in [("/nothing", 3, 404), ("/hello", 3, 405), ("/echo", 1001, 413)] {
        let other = try WireClient(server.address)
        try other.send("POST \(target) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\nExpect: 100-continue\r\n\r\n")
        let answer = try #require(try other.readAnswer())
        #expect(answer.status == status)
        #expect(answer["connection"] == "close")
      }
      let other = try WireClient(server.address)
      try other.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: a-miracle\r\n\r\n")
      #expect(try other.readAnswer()?.status == 417)
    }
  }

  @Test(
    "A refused head gets its answer, and the connection ends",
    arguments: [
      ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: x\n\n", 400), ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
      ("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501), ("GET /" + String(repeating: "a", count: 20_000), 414),
      ("GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 20_000), 431),
      ("GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 100) + "\r\n", 431),
      (
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n",
        400
      ),
      ("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400), ("\u{16}\u{3}\u{1}", 400), ("GET /hello HT", 400),
    ]) func refused(_ text: String, _ status: Int) async throws
  {
    try await withServer(plainRoutes) { server in
      let client = try WireClient(server.address)
      try client.send(text)
      client.shutdownWriting()
      let answer = try #require(try client.readAnswer())
      #expect(answer.status == status)
      #expect(answer["connection"] == "close")
      #expect(answer["content-type"] == "application/problem+json")
      #expect(answer.body.contains("\"status\":\(status),"))
      #expect(try client.readAnswer() == nil)
    }
  }

  @Test("Half-closed peers get their answers, peers that reset harm nobody") func halfCloseAndReset() async throws {
    try await withServer(plainRoutes) { server in
      for _ in 0..<20 {
        do {
          let rude = try WireClient(server.address)
          try rude.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
          rude.reset()
        }
        let client = try WireClient(server.address)
        try client.send(Self.get)
        client.shutdownWriting()
        #expect(try client.readAnswer()?.body == "hello")
        #expect(try client.readAnswer() == nil)
      }
      // Half a body and an end: nothing to answer.
      let client = try WireClient(server.address)
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
      client.shutdownWriting()
      #expect(try client.readAll() == "")
    }
  }

  @Test("An answer's fields cannot bring a line of their own") func injection() async throws {
    let routes = [
      Route(.get, "/") { _ in
        var fields = HTTPFields()
        fields[.location] = "/a\r\nSet-Cookie: evil=1\r\n\r\nbody"
        fields[.contentLength] = "999"
        fields[.transferEncoding] = "chunked"
        fields[.connection] = "upgrade"
        fields[.date] = "never"
        return Response(status: .found, fields: fields, body: .bytes(Array("x".utf8)))
      }
    ]
    try await withServer(routes) { server in
      let client = try WireClient(server.address)
      try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let answer = try #require(try client.readAnswer())
      #expect(answer["location"] == "/a  Set-Cookie: evil=1    body")
      #expect(answer["set-cookie"] == nil)
      #expect(answer["content-length"] == "1")
      #expect(answer["transfer-encoding"] == nil)
      #expect(answer["connection"] == nil)
      #expect(answer["date"] != "never")
      #expect(answer.body == "x")
    }
  }

  @Test("A handler sees the request as it was sent") func request() async throws {
    let seen = Mutex<Request?>(nil)
    let routes = [
      Route(.post, "/a/{id}") { request in
        seen.withLock { $0 = request }
        return Response(status: .ok)
      }
    ]
    let server = try TestServer(routes)
    let address = server.address
    try await onThread {
      let client = try WireClient(address)
      try client.send(
        "POST http://shop.example:8080/a/x%2Fy?q=1&q=2 HTTP/1.1\r\nHost: other\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nhi")
      #expect(try client.readAnswer()?.status == 200)
    }
    await server.stop()
    let request = try #require(seen.withLock { $0 })
    #expect(request.head.method == .post)
    #expect(request.head.authority == "shop.example:8080")
    #expect(request.head.path == "/a/x%2Fy?q=1&q=2")
    #expect(request.segments == ["a", "x/y"])
    #expect(request.query == "q=1&q=2")
    #expect(request.parameters == ["id": "x/y"])
    #expect(request.route == "/a/{id}")
    #expect(request.body == Array("hi".utf8))
    #expect(request.peer == "127.0.0.1")
    #expect(request.id.count == 32)
    #expect(request.head.fields[values: HTTPField.Name("X-A")!] == ["1", "2"])
  }
}
