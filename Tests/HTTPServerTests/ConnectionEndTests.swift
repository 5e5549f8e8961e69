import Glibc
import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

/// Why connections end, each counted once (issue 5, "hard to hurt").
@Suite("Ends of connections") struct ConnectionEndTests {
  /// A server that keeps what it is told of connections.
  final class Watched: Sendable {
    let server: TestServer
    private let noted: Noted

    final class Noted: Sendable {
      let events = Mutex<[ConnectionEvent]>([])
    }

    init(
      _ routes: [Route] = ConnectionEndTests.routes, limits: ServerLimits = ServerLimits(), proxies: ProxyProtocol? = nil,
      tls: CurrentTLS? = nil
    ) throws {
      let noted = Noted()
      self.noted = noted
      server = try TestServer(
        routes, limits: limits, proxies: proxies, tls: tls, note: { event in noted.events.withLock { $0.append(event) } })
    }

    var ends: [ConnectionEnd] {
      noted.events.withLock { $0 }.compactMap { if case .ended(let reason) = $0 { reason } else { nil } }
    }

    var pauses: [AcceptPause] {
      noted.events.withLock { $0 }.compactMap { if case .acceptPaused(let reason) = $0 { reason } else { nil } }
    }

    /// How many ended for each reason.
    var counts: [ConnectionEnd: Int] { Dictionary(grouping: ends, by: \.self).mapValues(\.count) }
  }

  static let routes =
    plainRoutes + [
      Route(.get, "/large") { _ in Response(status: .ok, body: .bytes([UInt8](repeating: 65, count: 16_000_000))) },
      Route(.get, "/broken") { _ in
        Response(
          status: .ok,
          body: .stream { writer in
            try await writer.write([65])
            throw WireError("broken")
          })
      },
    ]

  static let hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
  static let large = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
  static let body = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"

  static func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
    var limits = ServerLimits()
    change(&limits)
    return limits
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let end: ConnectionEnd
    var limits: @Sendable (inout ServerLimits) -> Void = { _ in }
    var takesProxyHeader = false
    /// Whether the client is there until the server has ended the connection.
    var stays = false
    /// What the client does; otherwise it is let go then.
    let act: @Sendable (WireClient) throws -> Void
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "the client leaves after its answer", end: .done) { client in
      try client.send(hello)
      #expect(try client.readAnswer()?.status == 200)
    },
    Case(name: "the client says close", end: .done) { client in
      try client.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(try client.readAll().hasSuffix("hello"))
    },
    Case(name: "the client leaves without a word", end: .done) { $0.shutdownWriting() },
    Case(name: "half-closed after a whole request", end: .done) { client in
      try client.send(large)
      client.shutdownWriting()
      #expect(try client.readAnswer()?.bytes.count == 16_000_000)
    },
    Case(name: "nothing ever comes", end: .idleTimeout, limits: { $0.idleTime = .milliseconds(30) }) { client in
      let answer = try client.readAll()
      #expect(answer == "")
    },
    Case(name: "nothing more comes", end: .idleTimeout, limits: { $0.idleTime = .milliseconds(30) }) { client in
      try client.send(hello)
      #expect(try client.readAll().hasSuffix("hello"))
    },
    Case(
      name: "a line end behind a body", end: .idleTimeout, limits: { ($0.headTime, $0.idleTime) = (.milliseconds(20), .milliseconds(60)) }
    ) { client in
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\r\n")
      #expect(try client.readAll().hasSuffix("\r\n\r\nabc"))
    },
    Case(name: "half a line end", end: .idleTimeout, limits: { ($0.headTime, $0.idleTime) = (.milliseconds(20), .milliseconds(60)) }) {
      client in
      try client.send(hello + "\r")
      #expect(try client.readAll().hasSuffix("\r\n\r\nhello"))
    },
    Case(name: "half a head", end: .headTimeout, limits: { $0.headTime = .milliseconds(30) }) { client in
      try client.send("GET /hello HTTP/1.1\r\nHo")
      #expect(try client.readAnswer()?.status == 408)
    },
    Case(name: "half a body", end: .bodyTimeout, limits: { $0.bodyTime = .milliseconds(30) }) { client in
      try client.send(body)
      #expect(try client.readAnswer()?.status == 408)
    },
    Case(name: "an answer that is not read", end: .writeTimeout, limits: { $0.writeTime = .milliseconds(30) }, stays: true) { client in
      try client.send(large)
    },
    Case(name: "half a head and an end", end: .cutOff) { client in
      try client.send("GET /hello HTTP/1.1\r\n")
      client.shutdownWriting()
      #expect(try client.readAnswer()?.status == 400)
    },
    Case(name: "half a body and an end", end: .cutOff) { client in
      try client.send(body)
      client.shutdownWriting()
      #expect(try client.readAll() == "")
    },
    Case(name: "a reset between requests", end: .reset) { client in
      try client.send(hello)
      #expect(try client.readAnswer()?.status == 200)
      client.reset()
    },
    Case(name: "a reset amid a body", end: .reset) { client in
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n")
      #expect(try client.readAnswer()?.status == 100)
      client.reset()
    },
    Case(name: "a reset amid a large answer", end: .reset) { client in
      try client.send(large)
      try client.waitForBytes()
      client.reset()
    },
    Case(name: "nonsense", end: .refused) { client in
      try client.send("nonsense\r\n\r\n")
      #expect(try client.readAnswer()?.status == 400)
    },
    Case(name: "a head that is too large", end: .refused) { client in
      try client.send("GET / HTTP/1.1\r\nHost: x\r\nA: " + String(repeating: "a", count: 20_000))
      #expect(try client.readAnswer()?.status == 431)
    },
    Case(name: "a body that is too large", end: .refused) { client in
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
      #expect(try client.readAnswer()?.status == 413)
    },
    Case(name: "a chunked body that becomes too large", end: .refused) { client in
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n")
      #expect(try client.readAnswer()?.status == 413)
    },
    Case(name: "a newcomer to a crowded server", end: .overloaded, limits: { ($0.connections, $0.callbackConnections) = (10, 10) }) {
      client in
      try client.send(hello)
      #expect(try client.readAnswer()?.status == 503)
    },
    Case(name: "no header of a proxy", end: .proxyHeader, takesProxyHeader: true) { client in
      try client.send(hello)
      #expect(ProxyProtocolTests.Stand.ended(client))
    },
    Case(name: "an answer of ours that breaks off", end: .failed) { client in
      try client.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(throws: WireError.self) { try client.readAnswer() }
    },
  ]

  @Test("Each way to end is told apart", arguments: cases) func reason(_ each: Case) async throws {
    let watched = try Watched(limits: Self.limits(each.limits), proxies: each.takesProxyHeader ? ProxyProtocol { _ in true } : nil)
    try await tell(each, watched) { watched.server.address }
  }

  /// Only over TLS.
  static let noRecord = Case(name: "what is no record of TLS", end: .reset) { client in
    try client.send(hello)
    #expect(try client.readAnswer()?.status == 200)
    try client.send(TLSRelay.asItIs + hello)
    #expect(try client.readAll() == "")
  }

  @Test("So it is over TLS, where no client says that it leaves", arguments: cases.filter { !$0.takesProxyHeader } + [noRecord])
  func reasonOverTLS(_ each: Case) async throws {
    let certificate = try await TestCertificate()
    let watched = try Watched(limits: Self.limits(each.limits), tls: CurrentTLS(certificate.context()))
    try await tell(each, watched) { try await TLSRelay.start(to: watched.server, certificate) }
  }

  private func tell(_ each: Case, _ watched: Watched, _ way: () async throws -> SocketAddress) async throws {
    do {
      let address = try await way()
      let client = try await onThread {
        let client = try WireClient(address)
        try each.act(client)
        return each.stays ? client : nil
      }
      try await eventually { !watched.ends.isEmpty }
      withExtendedLifetime(client) {}
    } catch {
      await watched.server.stop()
      throw error
    }
    await watched.server.stop()
    #expect(watched.ends == [each.end])
  }

  @Test("At drain the idle end as drained, and so does what outlasts it") func drained() async throws {
    let watched = try Watched()
    let address = watched.server.address
    let clients = try await onThread {
      let (idle, half) = (try WireClient(address), try WireClient(address))
      try idle.send(Self.hello)
      #expect(try idle.readAnswer()?.status == 200)
      try half.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n")
      #expect(try half.readAnswer()?.status == 100)
      return [idle, half]
    }
    await watched.server.server.drain(within: .milliseconds(30))
    #expect(watched.ends == [.drained, .drained])
    withExtendedLifetime(clients) {}
    watched.server.loops.shutdown()
  }

  @Test("Who idles when the server is crowded makes room") func madeRoom() async throws {
    let watched = try Watched(limits: Self.limits { ($0.connections, $0.callbackConnections) = (2, 1) })
    let address = watched.server.address
    do {
      try await onThread {
        let idle = try WireClient(address)
        try idle.send(Self.hello)
        #expect(try idle.readAnswer()?.status == 200)
        let newcomer = try WireClient(address)
        let rest = try idle.readAll()
        #expect(rest == "")
        withExtendedLifetime(newcomer) {}
      }
      try await eventually { watched.ends.count == 2 }
    } catch {
      await watched.server.stop()
      throw error
    }
    await watched.server.stop()
    #expect(watched.ends == [.madeRoom, .done])
  }

  static let callback = "POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"

  @Test(
    "Who begins a request and stops makes room too, so that a callback comes through",
    arguments: ["G", "GET /hello HTTP/1.1\r\nHost: ", "POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"])
  func begunMakesRoom(_ beginning: String) async throws {
    let watched = try Watched(
      plainRoutes + [Route(.post, "/callback", class: .callback) { _ in Response(status: .ok, contentType: "text/plain", text: "called") }],
      limits: Self.limits {
        ($0.connections, $0.callbackConnections) = (12, 4)
        ($0.headTime, $0.bodyTime) = (.seconds(30), .seconds(30))
      })
    let address = watched.server.address
    do {
      try await onThread {
        var besiegers: [WireClient] = []
        for _ in 0..<40 {
          let client = try WireClient(address)
          try client.send(beginning)
          besiegers.append(client)
        }
        for _ in 0..<3 {
          let caller = try WireClient(address)
          try caller.send(Self.callback)
          #expect(try caller.readAnswer()?.body == "called")
        }
        // Whoever has to go goes without a word: nothing of what it began was done.
        let first = try besiegers[0].readAll()
        #expect(first == "")
      }
    } catch {
      await watched.server.stop()
      throw error
    }
    await watched.server.stop()
    #expect(watched.counts[.madeRoom] ?? 0 >= 40 - 12 && watched.counts[.failed] == nil, "\(watched.counts)")
  }

  @Test("A full server pauses, says so, and takes who waits as soon as there is room") func full() async throws {
    let gate = Gate()
    let watched = try Watched(
      plainRoutes + [
        Route(.get, "/slow") { _ in
          await gate.wait()
          return Response(status: .ok, contentType: "text/plain", text: "slow")
        }
      ], limits: Self.limits { ($0.connections, $0.callbackConnections) = (1, 0) })
    let address = watched.server.address
    do {
      let first = try WireClient(address)
      try first.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
      try await eventually { gate.waiting == 1 }
      let waiting = try WireClient(address)
      try await eventually { watched.pauses.count >= 2 }
      gate.open()
      try await onThread {
        #expect(try first.readAnswer()?.body == "slow")
        try waiting.send(Self.hello)
        #expect(try waiting.readAnswer()?.status == 200)
        // It was asked for nothing more, and made room.
        #expect(try first.readAll() == "")
      }
    } catch {
      await watched.server.stop()
      throw error
    }
    await watched.server.stop()
    #expect(Set(watched.pauses) == [.full])
    #expect(watched.ends.first == .madeRoom)
  }

  @Test(
    "Slow heads, bodies and readers, idle ones and resets, many at once: each is cut off and counted, and who behaves is served all the while"
  )
  func siege() async throws {
    let each = 60
    let watched = try Watched(
      limits: Self.limits {
        $0.headTime = .milliseconds(400)
        $0.bodyTime = .milliseconds(400)
        $0.writeTime = .milliseconds(400)
        $0.idleTime = .milliseconds(400)
      })
    let address = watched.server.address
    do {
      try await onThread {
        var besiegers: [WireClient] = []
        for _ in 0..<each {
          for words in ["GET /hello HTTP/1.1\r\nHo", Self.body, Self.large, "", "POST /echo HTTP/1.1\r\n"] {
            let client = try WireClient(address)
            try client.send(words)
            besiegers.append(client)
          }
          let rude = try WireClient(address)
          try rude.send(Self.hello)
          #expect(try rude.readAnswer()?.status == 200)
          rude.reset()
          // A client that behaves, between all these.
          let good = try WireClient(address)
          let start = ContinuousClock.now
          try good.send(Self.hello)
          #expect(try good.readAnswer()?.body == "hello")
          #expect(ContinuousClock.now - start < .seconds(2))
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while watched.server.server.openConnections > 0, ContinuousClock.now < deadline { usleep(5000) }
        withExtendedLifetime(besiegers) {}
      }
    } catch {
      await watched.server.stop()
      throw error
    }
    await watched.server.stop()
    #expect(
      watched.counts == [.headTimeout: 2 * each, .bodyTimeout: each, .writeTimeout: each, .idleTimeout: each, .reset: each, .done: each])
  }
}

extension WireClient {
  /// Waits until something has come, and leaves it where it is.
  func waitForBytes() throws {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: one structure, for the call.
    guard unsafe poll(&waiting, 1, 5000) == 1 else { throw WireError("nothing came") }
  }

  /// How many bytes have come that nobody has read.
  func waitingBytes() throws -> Int32 {
    var count: Int32 = 0
    // SAFETY: the kernel writes one Int32.
    guard unsafe ioctl(descriptor, UInt(FIONREAD), &count) == 0 else { throw WireError("ioctl: errno \(errno)") }
    return count
  }
}
