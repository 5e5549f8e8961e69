import Foundation
import HTTPClient
import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

@Suite("TLS on our own listener") struct TLSTests {
  @Test("TLS 1.2 and 1.3 are spoken, older ones are not") func versions() async throws {
    let stand = try await TLSStand()
    try await stand.run { server in
      for version in ["-tls1_2", "-tls1_3"] {
        let said = try await stand.certificate.client(server, version)
        #expect(said.status == 0 && said.output.contains("Verify return code: 0 (ok)"), "\(said.output)")
      }
      let old = try await stand.certificate.client(server, "-tls1_1 -cipher DEFAULT@SECLEVEL=0")
      #expect(old.status == 1 && old.output.contains("alert protocol version"), "\(old.output)")
    }
    #expect(stand.outcomes == [.full, .full, .version])
  }

  @Test("http/1.1 is agreed on by ALPN; who speaks h2 alone is told that there is no protocol") func protocols() async throws {
    let stand = try await TLSStand()
    try await stand.run { server in
      let both = try await stand.certificate.client(server, "-alpn h2,http/1.1")
      #expect(both.status == 0 && both.output.contains("ALPN protocol: http/1.1"), "\(both.output)")
      let other = try await stand.certificate.client(server, "-alpn h2")
      #expect(other.status == 1 && other.output.contains("alert no application protocol"), "\(other.output)")
    }
    #expect(stand.outcomes == [.full, .applicationProtocol])
  }

  @Test("A request over TLS has the scheme https, with curl and with our own client; a unix path speaks plain HTTP") func scheme()
    async throws
  {
    let stand = try await TLSStand()
    let path = "unix:\(stand.certificate.folder.path)/paylink.sock"
    try await stand.run(addresses: ["127.0.0.1:0", path]) { server in
      let said = try await stand.certificate.curl(server, "/scheme")
      #expect(said.output == "https of 127.0.0.1")
      try await Self.withClient(trusting: stand.certificate) { client in
        for _ in 0..<3 { try await Self.expect(client, server, "/scheme", "https of 127.0.0.1") }
      }
      let plain = try await stand.certificate.shell("curl -sS --unix-socket paylink.sock http://x/scheme")
      #expect(plain.output == "http of unix")
    }
    // The client's three requests went over one connection, and the path's peer shook no hands.
    #expect(stand.outcomes == [.full, .full])
  }

  @Test("What is no TLS ends the connection without an answer, and so do silence and a client that stops in mid-handshake") func noTLS()
    async throws
  {
    let stand = try await TLSStand()
    var limits = ServerLimits()
    limits.handshakeTime = .milliseconds(150)
    try await stand.run(limits: limits) { server in
      let address = server.address
      try await onThread {
        for bytes in [Array("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n".utf8), [], Self.begunHello, Self.noHello] {
          let client = try WireClient(address)
          try client.send(bytes)
          _ = try client.readAll()
        }
        let leaving = try WireClient(address)
        try leaving.send(Self.begunHello)
        leaving.shutdownWriting()
        #expect(try leaving.readAll() == "")
      }
      try await eventually { stand.outcomes.count == 5 && server.server.openConnections == 0 }
    }
    #expect(stand.outcomes == [.plainHTTP, .timedOut, .timedOut, .malformed, .cutOff])
    #expect(stand.ends == [ConnectionEnd](repeating: .tlsHandshake, count: 5))
  }

  @Test("Who does not know the certificate's authority says so, and the next one is served") func stranger() async throws {
    let stand = try await TLSStand()
    try await stand.run { server in
      let stranger = try await stand.certificate.shell("curl -sS https://\(server.address)/hello")
      #expect(stranger.status == 60, "\(stranger.output)")
      try await eventually { stand.outcomes.count == 1 && server.server.openConnections == 0 }
      let served = try await stand.certificate.curl(server, "/hello")
      #expect(served.output == "hello")
    }
    #expect(stand.outcomes == [.alert, .full])
    #expect(stand.ends == [.tlsHandshake, .done])
  }

  /// A record that announces a ClientHello of 512 bytes, and its beginning.
  static let begunHello: [UInt8] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 7, 7, 7]
  /// A record with a message that no client begins with.
  static let noHello: [UInt8] = [0x16, 3, 1, 0, 6, 99, 0, 0, 2, 1, 1]

  @Test("Whole requests that stand in one record are all answered, though they are more than is read at a time") func oneRecord()
    async throws
  {
    let stand = try await TLSStand()
    let count = 100
    let requests =
      String(repeating: "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", count: count - 1)
      + "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try requests.write(to: stand.certificate.folder.appendingPathComponent("requests"), atomically: true, encoding: .utf8)
    try await stand.run { server in
      let said = try await stand.certificate.client(server, "-quiet -ign_eof", input: "requests")
      #expect(said.output.components(separatedBy: "HTTP/1.1 200 OK").count == count + 1, "\(said.output.suffix(500))")
      #expect(!said.output.contains("unexpected eof"))
    }
  }

  @Test("Large bodies go both ways unharmed") func large() async throws {
    let stand = try await TLSStand()
    var body = Data((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
    try body.write(to: stand.certificate.folder.appendingPathComponent("body"))
    body = Data()
    try await stand.run { server in
      for options in ["", "--tls-max 1.2", "-H 'Transfer-Encoding: chunked'", "--limit-rate 6M"] {
        let said = try await stand.certificate.curl(server, "/large", "-H Expect: --data-binary @body -o back \(options)")
        let same = try await stand.certificate.shell("cmp body back")
        #expect(said.status == 0 && same.status == 0, "\(options): \(said) \(same)")
      }
    }
  }

  @Test("One byte a read in the handshake, the request and the answer changes nothing") func split() async throws {
    let certificate = try await TestCertificate()
    let context = try certificate.context()
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let pair = try Self.socketPair()
    let relay = try OneByteRelay(to: pair.far)
    async let served = Task(executorPreference: loop) {
      let stream = Transport.Stream(descriptor: pair.near, peer: try SocketAddress("127.0.0.1:1"), loop: loop)
      defer { stream.close() }
      return try await Self.serveOne(stream, context)
    }.value
    try await Self.withClient(trusting: certificate) { client in
      let answer = try await client.send(
        HTTPClientRequest(method: .get, url: "https://localhost:\(relay.port)/split", timeout: .seconds(20)))
      #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self) == "ok")
    }
    let head = try await served
    #expect(head.hasPrefix("GET /split HTTP/1.1\r\n"))
  }

  /// Shakes hands, receives a head and answers it.
  @concurrent private static func serveOne(_ stream: Transport.Stream, _ context: TLSContext) async throws -> String {
    let outcome = await stream.secure(with: context, deadline: EventLoop.clock() + 20_000_000_000)
    #expect(outcome == .full && stream.isSecure)
    let input = ReceiveBuffer(capacity: 16)
    func head() -> String { input.withBytes { bytes in String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self) } }
    while !head().hasSuffix("\r\n\r\n") {
      guard try await stream.receive(into: input, deadline: EventLoop.clock() + 20_000_000_000) > 0 else { break }
    }
    let output = SendBuffer()
    output.append("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    try await stream.send(output, deadline: EventLoop.clock() + 20_000_000_000)
    stream.sayEnd()
    return head()
  }

  @Test("A header of the PROXY protocol stands before the handshake, in the clear") func proxied() async throws {
    let stand = try await TLSStand()
    try await stand.run(proxies: ProxyProtocol { _ in true }) { server in
      let port = try #require(server.address.port)
      // The relay is a proxy: the header first, then what the client says.
      let script = """
        import socket, threading, sys
        listening = socket.create_server(("127.0.0.1", 0))
        print(listening.getsockname()[1], flush=True)
        near, _ = listening.accept()
        far = socket.create_connection(("127.0.0.1", \(port)))
        far.sendall(b"\\r\\n\\r\\n\\0\\r\\nQUIT\\n\\x21\\x11\\0\\x0c\\xc6\\x33\\x64\\x07\\x0a\\0\\0\\1\\x1f\\x90\\1\\xbb" + near.recv(65536))
        def back():
            while data := far.recv(65536): near.sendall(data)
            near.shutdown(socket.SHUT_WR)
        threading.Thread(target=back, daemon=True).start()
        while data := near.recv(65536): far.sendall(data)
        """
      try script.write(to: stand.certificate.folder.appendingPathComponent("proxy.py"), atomically: true, encoding: .utf8)
      let said = try await stand.certificate.shell(
        "{ python3 proxy.py > port 2> /dev/null & } && while ! [ -s port ]; do sleep 0.05; done && curl -sS --cacert server.pem https://127.0.0.1:$(cat port)/scheme"
      )
      #expect(said.output == "https of 198.51.100.7")
    }
    #expect(stand.noted.withLock { Array($0.prefix(2)) } == [.proxyHeader(.accepted), .tlsHandshake(.full)])
  }
}

// MARK: - Ends

extension TLSTests {
  @Test("The end of an answer's connection is told by close_notify; a body that breaks off is not taken as whole") func ends() async throws
  {
    let stand = try await TLSStand()
    // curl takes every end for one; s_client tells them apart.
    for path in ["stream", "broken"] {
      try "GET /\(path) HTTP/1.0\r\n\r\n"
        .write(to: stand.certificate.folder.appendingPathComponent(path), atomically: true, encoding: .utf8)
    }
    try await stand.run { server in
      for version in ["-tls1_2", "-tls1_3"] {
        let whole = try await stand.certificate.client(server, "-quiet \(version)", input: "stream")
        #expect(whole.output.contains("piece 0\npiece 1\npiece 2\n") && !whole.output.contains("unexpected eof"), "\(whole)")
        let broken = try await stand.certificate.client(server, "-quiet \(version)", input: "broken")
        #expect(broken.output.contains("half of it") && broken.output.contains("unexpected eof"), "\(broken)")
      }
    }
  }

  @Test("A refusal that reads on is whole, and an idle connection ends by close_notify, at its time and at the drain") func idle()
    async throws
  {
    let stand = try await TLSStand()
    var limits = ServerLimits()
    limits.idleTime = .milliseconds(200)
    try "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
      .write(to: stand.certificate.folder.appendingPathComponent("request"), atomically: true, encoding: .utf8)
    try "GET /hello\r\n\r\n".write(to: stand.certificate.folder.appendingPathComponent("malformed"), atomically: true, encoding: .utf8)
    try await stand.run(limits: limits) { server in
      // The client takes the end of its input for no end: it is the server that ends.
      let said = try await stand.certificate.client(server, "-quiet", input: "request")
      #expect(said.output.contains("\r\n\r\nhello") && !said.output.contains("unexpected eof"), "\(said)")
      let refused = try await stand.certificate.curl(server, "/echo", "-H Expect: --data-binary @/usr/bin/openssl -w ' %{http_code}'")
      #expect(refused.status == 0 && refused.output.hasSuffix(" 413"), "\(refused)")
      let malformed = try await stand.certificate.client(server, "-quiet", input: "malformed")
      #expect(malformed.output.contains("HTTP/1.1 400") && !malformed.output.contains("unexpected eof"), "\(malformed)")
    }
    let server = try TestServer(TLSStand.routes, tls: stand.current, note: { event in stand.noted.withLock { $0.append(event) } })
    let before = stand.outcomes.count
    async let said = stand.certificate.client(server, "-quiet", input: "request")
    try await eventually { stand.outcomes.count == before + 1 }
    await server.stop()
    let output = try await said.output
    #expect(output.contains("verify return:1") && !output.contains("unexpected eof") && !output.contains("errno"), "\(output)")
  }

  @Test("Who has not finished the handshake does not hold up a drain") func drain() async throws {
    let stand = try await TLSStand()
    let server = try TestServer(TLSStand.routes, tls: stand.current)
    let address = server.address
    let clients = try await onThread {
      let clients = [try WireClient(address), try WireClient(address)]
      try clients[1].send(Self.begunHello)
      return clients
    }
    try await eventually { server.server.openConnections == 2 }
    let begin = ContinuousClock.now
    await server.server.drain(within: .seconds(9))
    #expect(server.server.openConnections == 0 && ContinuousClock.now - begin < .seconds(5))
    withExtendedLifetime(clients) {}
    server.loops.shutdown()
  }
}

// MARK: - Certificates

extension TLSTests {
  @Test("A new certificate is seen by the next connection; a request under way and its connection keep the old one") func replaced()
    async throws
  {
    let (stand, next) = (try await TLSStand(), try await TestCertificate())
    let (begun, gate) = (AsyncStream.makeStream(of: Void.self), AsyncStream.makeStream(of: Void.self))
    let slow = Route(.get, "/slow") { _ in
      begun.continuation.yield()
      for await _ in gate.stream { break }
      return Response(status: .ok, contentType: "text/plain", text: "slow")
    }
    try await stand.run(TLSStand.routes + [slow]) { server in
      try await Self.withClient(trusting: stand.certificate) { old in
        async let answer = Self.get(old, server, "/slow")
        for await _ in begun.stream { break }
        stand.current.replace(with: try next.context())
        try await Self.withClient(trusting: next) { try await Self.expect($0, server, "/hello", "hello") }
        gate.continuation.yield()
        let text = try await answer
        #expect(text == "slow")
        try await Self.expect(old, server, "/hello", "hello")
      }
      try await Self.withClient(trusting: stand.certificate) { old in
        do {
          try await Self.expect(old, server, "/hello", "no answer")
        } catch let error as HTTPClientError {
          #expect(error.code == .tls)
        }
      }
    }
    #expect(stand.outcomes == [.full, .full, .alert])
  }

  @Test("A ticket shortens the next handshake, until the context is replaced", arguments: ["-tls1_2", "-tls1_3"]) func tickets(
    version: String
  ) async throws {
    let stand = try await TLSStand()
    try "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      .write(to: stand.certificate.folder.appendingPathComponent("request"), atomically: true, encoding: .utf8)
    try await stand.run { server in
      for options in ["-sess_out ticket", "-sess_in ticket"] {
        let said = try await stand.certificate.client(server, "\(version) -ign_eof \(options)", input: "request")
        #expect(said.output.contains("\r\n\r\nhello"), "\(said)")
      }
      stand.current.replace(with: try stand.certificate.context())
      let said = try await stand.certificate.client(server, "\(version) -ign_eof -sess_in ticket", input: "request")
      #expect(said.output.contains("\r\n\r\nhello"), "\(said)")
    }
    #expect(stand.outcomes == [.full, .resumed, .full])
  }

  @Test("What is no certificate, no key, or not its key is refused") func refused() async throws {
    let (one, other) = (try await TestCertificate(), try await TestCertificate())
    let made = try await one.shell(
      """
      openssl req -x509 -newkey rsa:1024 -nodes -keyout weak.key -out weak.pem -days 2 -subj /CN=weak &&
      openssl ec -in server.key -aes256 -passout pass:secret -out locked.key && head -c 300 server.pem > half.pem && cat server.pem half.pem > tail.pem
      """)
    try #require(made.status == 0, "\(made.output)")
    func failure(_ certificates: String, _ key: String) -> TLSContext.Failure? {
      do throws(TLSContext.Failure) {
        _ = try TLSContext(certificates: certificates, key: key)
        return nil
      } catch {
        return error
      }
    }
    let (certificate, key) = (try one.text("server.pem"), try one.text("server.key"))
    #expect(failure(certificate, key) == nil)
    #expect(failure(certificate + (try other.text("server.pem")), key) == nil)
    for broken in ["", "no PEM", key, try one.text("half.pem"), try one.text("tail.pem")] {
      #expect(failure(broken, key) == .noCertificate)
    }
    #expect(failure(try one.text("weak.pem"), try one.text("weak.key")) == .weakCertificate)
    for broken in ["", certificate, try one.text("locked.key")] { #expect(failure(certificate, broken) == .noKey) }
    for wrong in [try other.text("server.key"), try one.text("weak.key")] { #expect(failure(certificate, wrong) == .wrongKey) }
    let validity = try one.context().validity
    #expect(validity.upperBound - validity.lowerBound == 2 * 86_400 && validity.contains(Int64(Date().timeIntervalSince1970)))
  }
}

// MARK: - Our own client

extension TLSTests {
  static func withClient(trusting certificate: TestCertificate, _ body: (HTTPClient) async throws -> Void) async throws {
    let loops = try EventLoopGroup(count: 1, name: "client")
    let client = HTTPClient(configuration: HTTPClientConfiguration(trust: .only(file: certificate.file)), loops: loops)
    let result: Swift.Result<Void, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    await client.shutdown()
    loops.shutdown()
    try result.get()
  }

  static func get(_ client: HTTPClient, _ server: TestServer, _ path: String) async throws -> String {
    let answer = try await client.send(HTTPClientRequest(method: .get, url: "https://\(server.address)\(path)", timeout: .seconds(10)))
    return String(decoding: answer.body, as: UTF8.self)
  }

  static func expect(_ client: HTTPClient, _ server: TestServer, _ path: String, _ wanted: String) async throws {
    let text = try await get(client, server, path)
    #expect(text == wanted)
  }

  /// Two ends of a unix socket: the near one for a stream, the far one blocking.
  static func socketPair() throws -> (near: Int32, far: Int32) {
    var pair: [Int32] = [0, 0]
    // SAFETY: the kernel writes two descriptors.
    let code = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
    try #require(code == 0)
    _ = fcntl(pair[0], F_SETFL, O_NONBLOCK)
    return (pair[0], pair[1])
  }
}
