import Glibc
import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

@Suite("Connections behind a proxy that speaks the PROXY protocol") struct ProxyProtocolTests {
  static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
  static let client = signature + [0x21, 0x11, 0, 12, 198, 51, 100, 7, 10, 0, 0, 1, 0x1f, 0x90, 0x01, 0xbb]
  static let local = signature + [0x20, 0, 0, 0]
  static let get = Array("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
  static let routes = [Route(.get, "/peer") { Response(status: .ok, contentType: "text/plain", text: $0.peer) }]

  /// A server that takes headers, what its connections came to, and whom its access records name.
  final class Stand: Sendable {
    let events = Mutex<[ConnectionEvent]>([])
    let peers = Mutex<[String]>([])

    func run(trusts: Bool = true, address: String = "127.0.0.1:0", _ body: @escaping @Sendable (SocketAddress) throws -> Void) async throws
    {
      var limits = ServerLimits()
      limits.headTime = .milliseconds(150)
      let server = try TestServer(
        ProxyProtocolTests.routes, limits: limits, addresses: [address],
        observe: { record in self.peers.withLock { $0.append(record.peer) } },
        proxies: ProxyProtocol { _ in trusts },
        note: { event in
          if case .proxyHeader = event { self.events.withLock { $0.append(event) } }
        })
      do {
        try await onThread { try body(server.address) }
        try await eventually { server.server.openConnections == 0 }
      } catch {
        await server.stop()
        throw error
      }
      await server.stop()
    }
  }

  @Test("The client's address stands in the request and in the access record, whatever pieces the header comes in") func split()
    async throws
  {
    let stand = Stand()
    try await stand.run { address in
      let bytes = Self.client + Self.get
      for end in 0...Self.client.count {
        let client = try WireClient(address)
        try client.send(Array(bytes[..<end]))
        if end == Self.client.count { #expect(Stand.nothingCame(client)) }
        try client.send(Array(bytes[end...]))
        #expect(try client.readAnswer()?.body == "198.51.100.7", "cut at \(end)")
      }
      let slow = try WireClient(address)
      for byte in bytes { try slow.send([byte]) }
      #expect(try slow.readAnswer()?.body == "198.51.100.7")
      // What follows is a request like any other.
      try slow.send(Self.get)
      #expect(try slow.readAnswer()?.body == "198.51.100.7")
    }
    #expect(Set(stand.peers.withLock { $0 }) == ["198.51.100.7"])
    #expect(stand.events.withLock { $0 } == Array(repeating: .proxyHeader(.accepted), count: Self.client.count + 2))
  }

  @Test("A proxy that speaks for itself is the peer, and its client on a unix socket has no address") func others() async throws {
    let stand = Stand()
    try await stand.run { address in
      for (header, peer) in [
        (Self.local, "127.0.0.1"), (Self.signature + [0x21, 0x31, 0, 216] + [UInt8](repeating: 0x61, count: 216), "proxied-unix"),
        (Self.signature + [0x21, 0x21, 0, 36, 0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 31) + [1], "2001:db8::"),
      ] {
        let client = try WireClient(address)
        try client.send(header + Self.get)
        #expect(try client.readAnswer()?.body == peer)
      }
    }
    #expect(stand.events.withLock { $0 } == [.proxyHeader(.local), .proxyHeader(.accepted), .proxyHeader(.accepted)])
  }

  @Test("What is no header ends the connection without an answer, and so does silence") func refused() async throws {
    let stand = Stand()
    try await stand.run { address in
      for bytes in [Self.get, Array("PROXY TCP4 198.51.100.7 10.0.0.1 8080 443\r\n".utf8) + Self.get, Self.signature + [0x31]] {
        let client = try WireClient(address)
        try client.send(bytes)
        #expect(Stand.ended(client))
      }
      for bytes in [[], Array(Self.client.dropLast())] {
        let client = try WireClient(address)
        try client.send(bytes)
        #expect(try client.readAll() == "")
      }
      let leaving = try WireClient(address)
      try leaving.send(Array(Self.client.dropLast()))
      leaving.shutdownWriting()
      #expect(try leaving.readAll() == "")
    }
    #expect(
      stand.events.withLock { $0 }
        == [.malformed, .malformed, .malformed, .timedOut, .timedOut, .cutOff].map { .proxyHeader($0) })
    #expect(stand.peers.withLock { $0 } == [])
  }

  @Test("A peer that is no proxy of ours is not heard") func untrusted() async throws {
    let stand = Stand()
    try await stand.run(trusts: false) { address in
      let client = try WireClient(address)
      try client.send(Self.client + Self.get)
      #expect(Stand.ended(client))
    }
    #expect(stand.events.withLock { $0 } == [.proxyHeader(.untrusted)])
  }
}

extension ProxyProtocolTests.Stand {
  /// Whether the connection ends without a byte; what was sent and not read may make the end a reset.
  static func ended(_ client: WireClient) -> Bool {
    do { return try client.readAll() == "" } catch { return (error as? WireError) == WireError("reset") }
  }

  static func nothingCame(_ client: WireClient) -> Bool {
    var waiting = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: one structure, for the call.
    return unsafe poll(&waiting, 1, 0) == 0
  }
}
