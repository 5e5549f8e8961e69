import Glibc
import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

@Suite("Pauses: requests that wait") struct PauseTests {
  /// Keeps what wakes the pauses that have begun.
  final class Bell: Sendable {
    private let wakes = Mutex<[@Sendable () -> Void]>([])
    private let ends = Mutex<[Pause.End]>([])

    var waiting: Int { wakes.withLock { $0.count } }
    func hang(_ wake: @escaping @Sendable () -> Void) { wakes.withLock { $0.append(wake) } }
    func ring() { for wake in wakes.withLock({ $0 }) { wake() } }
    func note(_ end: Pause.End) { ends.withLock { $0.append(end) } }
    var noted: [Pause.End] { ends.withLock { $0 } }
  }

  /// `/wait` answers how its pause ended; `/live` writes a line at each wake until it ends.
  static func routes(_ bell: Bell, limit: Duration = .seconds(20)) -> [Route] {
    plainRoutes + [
      Route(.get, "/wait") { request in
        let end = await request.pause.wait(atMost: limit) { bell.hang($0) }
        bell.note(end)
        return Response(status: .ok, contentType: "text/plain", text: "\(end)")
      },
      Route(.get, "/live") { request in
        Response(
          status: .ok, fields: [.contentType: "text/event-stream"],
          body: .stream { writer in
            try await writer.write(Array("begun\n".utf8))
            while true {
              let end = await request.pause.wait(atMost: limit) { bell.hang($0) }
              bell.note(end)
              guard end == .woken else { return }
              try await writer.write(Array("rung\n".utf8))
            }
          })
      },
    ]
  }

  static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n" }

  @Test("A wait is woken from any thread, and the connection serves on") func woken() async throws {
    let bell = Bell()
    try await withServer(Self.routes(bell)) { server in
      let client = try WireClient(server.address)
      try client.send(Self.get("/wait"))
      while bell.waiting == 0 { usleep(500) }
      bell.ring()
      #expect(try client.readAnswer()?.body == "woken")
      // What rings late finds nobody.
      bell.ring()
      try client.send(Self.get("/hello"))
      #expect(try client.readAnswer()?.body == "hello")
    }
  }

  @Test("A wait ends by itself when its time is over, and no other time-out cuts it") func timeOver() async throws {
    let limits = ServerBoundTests.limits {
      $0.idleTime = .milliseconds(20)
      $0.writeTime = .milliseconds(20)
      $0.headTime = .milliseconds(20)
    }
    try await withServer(Self.routes(Bell(), limit: .milliseconds(150)), limits: limits) { server in
      let client = try WireClient(server.address)
      let start = ContinuousClock.now
      try client.send(Self.get("/wait"))
      #expect(try client.readAnswer()?.body == "timeOver")
      #expect(ContinuousClock.now - start >= .milliseconds(150))
    }
  }

  @Test("A client that leaves ends its wait and its stream at once; one that sends on does not") func left() async throws {
    let bell = Bell()
    try await withServer(Self.routes(bell)) { server in
      for path in ["/wait", "/live"] {
        do {
          let client = try WireClient(server.address)
          let before = bell.waiting
          try client.send(Self.get(path))
          while bell.waiting == before { usleep(500) }
        }
        while server.server.openConnections > 0 { usleep(500) }
      }
      #expect(bell.noted == [.ended, .ended])
      let patient = try WireClient(server.address)
      try patient.send(Self.get("/wait"))
      while bell.waiting < 3 { usleep(500) }
      // The next request, sent early, waits its turn.
      try patient.send(Self.get("/hello"))
      usleep(20_000)
      #expect(bell.noted.count == 2)
      bell.ring()
      #expect(try patient.readAnswer()?.body == "woken")
      #expect(try patient.readAnswer()?.body == "hello")
    }
  }

  @Test("At drain waits are answered and streams end whole, at once") func drain() async throws {
    let bell = Bell()
    let server = try TestServer(Self.routes(bell))
    let (waiting, live) = (try WireClient(server.address), try WireClient(server.address))
    try await onThread { () throws in
      try waiting.send(Self.get("/wait"))
      try live.send(Self.get("/live"))
      while bell.waiting < 2 { usleep(500) }
    }
    let start = ContinuousClock.now
    await server.server.drain(within: .seconds(20))
    #expect(ContinuousClock.now - start < .seconds(5))
    try await onThread { () throws in
      #expect(try waiting.readAnswer()?.body == "ended")
      // The last chunk is there: nothing was broken off.
      #expect(try live.readAnswer()?.body == "begun\n")
      #expect(try live.readAnswer() == nil)
    }
    await server.stop()
  }

  @Test("A stream goes on from wake to wake, in chunks and, for HTTP/1.0, until the end of the connection", arguments: ["1.1", "1.0"])
  func streams(version: String) async throws {
    let bell = Bell()
    try await withServer(Self.routes(bell)) { server in
      let client = try WireClient(server.address)
      try client.send("GET /live HTTP/\(version)\r\nHost: x\r\n\r\n")
      for turn in 1...3 {
        while bell.waiting < turn { usleep(500) }
        bell.ring()
      }
      while bell.noted.count < 3 { usleep(500) }
      client.shutdownWriting()
      #expect(try client.readAnswer()?.body == "begun\nrung\nrung\nrung\n")
    }
  }

  @Test("A request without a connection never waits") func none() async throws {
    let router = try Router(Self.routes(Bell()))
    guard case .bytes(let bytes) = await router.respond(to: try Request(.get, "/wait")).body else { return #expect(Bool(false)) }
    #expect(String(decoding: bytes, as: UTF8.self) == "ended")
  }
}
