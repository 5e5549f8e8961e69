import FoundationEssentials
import Glibc
import HTTPTypes
import Logging
import Synchronization
import Testing
import Transport

@testable import HTTPServer

@Suite("Bounds and ends of the server") struct ServerBoundTests {
  static let get = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"

  static func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
    var limits = ServerLimits()
    change(&limits)
    return limits
  }

  @Test("A slow head is 408, a slow body too, and an idle connection is closed without a word") func slow() async throws {
    let limits = Self.limits {
      $0.headTime = .milliseconds(60)
      $0.bodyTime = .milliseconds(80)
      $0.idleTime = .milliseconds(100)
    }
    try await withServer(plainRoutes, limits: limits) { server in
      let slow = try WireClient(server.address)
      try slow.send("GET /hello HT")
      let answer = try #require(try slow.readAnswer())
      #expect(answer.status == 408)
      #expect(answer.body.contains(#""retryable":true"#))
      #expect(try slow.readAnswer() == nil)
      let dripping = try WireClient(server.address)
      try dripping.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
      // Bytes that keep coming do not move the deadline.
      var answered = false
      for _ in 0..<100 where !answered {
        try? dripping.send("a")
        usleep(5000)
        var poll = pollfd(fd: dripping.descriptor, events: Int16(POLLIN), revents: 0)
        answered = unsafe Glibc.poll(&poll, 1, 0) == 1
      }
      #expect(try dripping.readAnswer()?.status == 408)
      let idle = try WireClient(server.address)
      #expect(try idle.readAll() == "")
      let kept = try WireClient(server.address)
      try kept.send(Self.get)
      #expect(try kept.readAnswer()?.status == 200)
      #expect(try kept.readAll() == "")
    }
  }

  @Test("Of what a peer does not read the kernel takes little: its next request waits, and it is let go") func unread() async throws {
    let begun = Mutex(0)
    let routes = [
      Route(.get, "/some") { _ in
        begun.withLock { $0 += 1 }
        return Response(status: .ok, body: .bytes([UInt8](repeating: 65, count: 256 * 1024)))
      }
    ]
    let server = try TestServer(
      routes,
      limits: Self.limits {
        $0.writeTime = .milliseconds(300)
        $0.idleTime = .milliseconds(300)
      })
    let client = try WireClient(server.address)
    // The kernel would have room for all of them: it gives a socket on loopback more than two megabytes.
    try client.send(String(repeating: "GET /some HTTP/1.1\r\nHost: x\r\n\r\n", count: 4))
    try await eventually { begun.withLock { $0 } > 0 && server.server.openConnections == 0 }
    await server.stop()
    #expect(begun.withLock { $0 } == 1)
    withExtendedLifetime(client) {}
  }

  @Test("Peers that do not read share the bytes of an answer that many are given") func shared() async throws {
    let body = [UInt8](repeating: 65, count: 2_000_000)
    let begun = Mutex(0)
    let routes = [
      Route(.get, "/shared") { _ in
        begun.withLock { $0 += 1 }
        return Response(status: .ok, body: .bytes(body))
      }
    ]
    let server = try TestServer(routes)
    let peers = 100
    let before = try Self.residentBytes()
    let clients = try (0..<peers).map { _ in
      let client = try WireClient(server.address)
      try client.send("GET /shared HTTP/1.1\r\nHost: x\r\n\r\n")
      return client
    }
    try await eventually { begun.withLock { $0 } == peers }
    // A copy for each would be 190 MB.
    #expect(try Self.residentBytes() - before < 100_000_000)
    // And what they read late is whole.
    let last = try #require(clients.last)
    let answer = try await onThread { try last.readAnswer() }
    #expect(answer?.bytes == body)
    withExtendedLifetime(clients) {}
    await server.stop()
  }

  @Test("They share them too where small answers have filled the kernel, and it has no room even for the head")
  func sharedBehindSmallAnswers() async throws {
    let body = [UInt8](repeating: 65, count: 2_000_000)
    let large = Mutex(0)
    let answered = Mutex(0)
    let routes =
      plainRoutes + [
        Route(.get, "/small") { _ in Response(status: .ok, body: .bytes([UInt8](repeating: 66, count: 4000))) },
        Route(.get, "/shared") { _ in
          large.withLock { $0 += 1 }
          return Response(status: .ok, body: .bytes(body))
        },
      ]
    // The kernel takes what is sent to a unix socket whole or not at all, so that it can be filled exactly.
    let path = "unix:/tmp/paylink-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    let server = try TestServer(routes, addresses: [path]) { record in if record.route == "/small" { answered.withLock { $0 += 1 } } }
    let peers = 100
    let clients = try await onThread {
      let probe = try WireClient(server.address)
      // When it is answered the second time, the loop has done what came before the first: what is ready together may be told in any order.
      func settle() throws {
        for _ in 0..<2 {
          try probe.send(Self.get)
          #expect(try probe.readAnswer()?.body == "hello")
        }
      }
      let first = try WireClient(server.address)
      try first.send(Self.get)
      #expect(try first.readAnswer()?.body == "hello")
      var fitting = -1
      while answered.withLock({ $0 }) > fitting {
        fitting += 1
        try first.send("GET /small HTTP/1.1\r\nHost: x\r\n\r\n")
        try settle()
      }
      try #require(fitting > 3)
      let before = try Self.residentBytes()
      let clients = try (0..<peers).map { _ in
        let client = try WireClient(server.address)
        try client.send(
          String(repeating: "GET /small HTTP/1.1\r\nHost: x\r\n\r\n", count: fitting) + "GET /shared HTTP/1.1\r\nHost: x\r\n\r\n")
        return client
      }
      while large.withLock({ $0 }) < peers { try settle() }
      try settle()
      let last = try #require(clients.last)
      // The kernel has nothing of the large answer; the small ones' heads may differ.
      let (few, most) = (try last.waitingBytes(), try first.waitingBytes())
      #expect(abs(few - most) < 500)
      // A copy for each would be 190 MB.
      #expect(try Self.residentBytes() - before < 100_000_000)
      for _ in 0..<fitting { #expect(try last.readAnswer()?.bytes.count == 4000) }
      #expect(try last.readAnswer()?.bytes == body)
      try last.send(Self.get)
      #expect(try last.readAnswer()?.body == "hello")
      return clients + [first]
    }
    withExtendedLifetime(clients) {}
    await server.stop()
  }

  @Test("A piece that was not taken is followed by nothing, whatever the body makes of the error") func brokenPiece() async throws {
    let gate = Gate()
    let failed = Mutex(0)
    let ends = Mutex<[ConnectionEvent]>([])
    let routes = [
      Route(.get, "/pieces") { _ in
        Response(
          status: .ok,
          body: .stream { writer in
            do { try await writer.write([UInt8](repeating: 65, count: 16_000_000)) } catch { failed.withLock { $0 += 1 } }
            await gate.wait()
            do { try await writer.write([66]) } catch { failed.withLock { $0 += 1 } }
          })
      }
    ]
    let server = try TestServer(
      routes, limits: Self.limits { $0.writeTime = .milliseconds(50) }, note: { event in ends.withLock { $0.append(event) } })
    let client = try WireClient(server.address)
    try client.send("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n")
    try await eventually { failed.withLock { $0 } == 1 }
    // Now the client reads, and there would be room.
    let read = Task { try await onThread { try client.readAll() } }
    gate.open()
    let text = try await read.value
    #expect(text.hasSuffix("AAAA"))
    await server.stop()
    #expect(failed.withLock { $0 } == 2)
    #expect(ends.withLock { $0 } == [.ended(.writeTimeout)])
  }

  /// proc(5), `statm`: the second number, in pages.
  private static func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1])) * Int(getpagesize())
  }

  @Test("A peer that does not read its answer is let go") func slowReader() async throws {
    let routes = [Route(.get, "/large") { _ in Response(status: .ok, body: .bytes([UInt8](repeating: 65, count: 32_000_000))) }]
    let answered = Mutex(false)
    let server = try TestServer(routes, limits: Self.limits { $0.writeTime = .milliseconds(50) }) { _ in answered.withLock { $0 = true } }
    let client = try WireClient(server.address)
    try client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    try await eventually { answered.withLock { $0 } }
    try await eventually { server.server.openConnections == 0 }
    await server.stop()
  }

  @Test("Over the ordinary share the connection that idled longest makes room for a newcomer") func makesRoom() async throws {
    let limits = Self.limits {
      $0.connections = 4
      $0.callbackConnections = 1
      $0.idleTime = .seconds(30)
    }
    try await withServer(plainRoutes, limits: limits) { server in
      var early: [WireClient] = []
      for _ in 0..<3 {
        let client = try WireClient(server.address)
        try client.send(Self.get)
        #expect(try client.readAnswer()?.status == 200)
        early.append(client)
        usleep(2000)
      }
      // The first has been idle longer than the second, but has asked again since.
      try early[0].send(Self.get)
      #expect(try early[0].readAnswer()?.status == 200)
      let newcomer = try WireClient(server.address)
      try newcomer.send(Self.get)
      #expect(try newcomer.readAnswer()?.status == 200)
      #expect(try early[1].readAll() == "")
      for client in [early[0], early[2]] {
        try client.send(Self.get)
        #expect(try client.readAnswer()?.status == 200)
      }
    }
  }

  @Test("Over the ordinary share, with nobody to make room, only callbacks are served; over all of it, newcomers wait")
  func connections() async throws {
    let gate = Gate()
    let routes =
      plainRoutes + [
        Route(.post, "/callback", class: .callback) { _ in Response(status: .ok, contentType: "text/plain", text: "called") },
        Route(.post, "/slow", class: .callback) { _ in
          await gate.wait()
          return Response(status: .ok, contentType: "text/plain", text: "slow")
        },
      ]
    let limits = Self.limits {
      $0.connections = 3
      $0.callbackConnections = 1
    }
    try await withServer(routes, limits: limits) { server in
      let callback = "POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
      let slow = "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
      let first = try (0..<2).map { _ in
        let client = try WireClient(server.address)
        try client.send(slow)
        return client
      }
      while gate.waiting < 2 { usleep(1000) }
      do {
        let late = try WireClient(server.address)
        try late.send(callback)
        #expect(try late.readAnswer()?.body == "called")
        try late.send(Self.get)
        let refused = try #require(try late.readAnswer())
        #expect(refused.status == 503)
        #expect(refused["retry-after"] == "1")
        #expect(refused["connection"] == "close")
        #expect(refused.body.contains(#""code":"overloaded""#))
      }
      let third = try WireClient(server.address)
      try third.send(slow)
      while gate.waiting < 3 { usleep(1000) }
      let waiting = try WireClient(server.address)
      try waiting.send(callback)
      usleep(60_000)
      #expect(server.server.openConnections == 3)
      gate.open()
      // Who waits for his next request now makes room.
      #expect(try waiting.readAnswer()?.body == "called")
      #expect(try third.readAnswer()?.body == "slow")
      for client in first { #expect(try client.readAnswer()?.body == "slow") }
    }
  }

  @Test("A client that floods its connection leaves the others their turns") func flood() async throws {
    // Each request of the flood takes a while on the loop; all of it would take ten seconds and more.
    let routes =
      plainRoutes + [
        Route(.get, "/busy") { _ in
          let end = EventLoop.clock() + 1_000_000
          while EventLoop.clock() < end {}
          return Response(status: .ok)
        }
      ]
    try await withServer(routes) { server in
      let flooder = try WireClient(server.address)
      // What the kernel holds of it keeps the loop busy; the rest waits in our own thread's send, which the end of the server breaks off.
      try flooder.send(String(repeating: "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n", count: 3000))
      let other = try WireClient(server.address)
      let start = ContinuousClock.now
      try other.send(Self.get)
      #expect(try other.readAnswer()?.body == "hello")
      #expect(ContinuousClock.now - start < .seconds(2))
      flooder.reset()
    }
  }

  @Test("Every request is recorded once, with what it was") func observe() async throws {
    let records = Mutex<[AccessRecord]>([])
    let server = try TestServer(plainRoutes) { record in records.withLock { $0.append(record) } }
    let address = server.address
    let lengths = try await onThread {
      let client = try WireClient(address)
      try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nX-Request-Id: r1\r\n\r\nabc")
      _ = try client.readAnswer()
      try client.send("GET /things/secret HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try client.readAnswer()
      try client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try client.readAnswer()
      try client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
      _ = try client.readAnswer()
      try client.send("nonsense\r\n\r\n")
      return try client.readAll().utf8.count
    }
    await server.stop()
    let seen = records.withLock { $0 }
    #expect(seen.map(\.method) == ["POST", "GET", "GET", "GET", ""])
    #expect(seen.map(\.route) == ["/echo", "/things/{id}", "", "/stream", ""])
    #expect(seen.map(\.status) == [200, 200, 404, 200, 400])
    #expect(seen.map(\.bytesIn) == [3, 0, 0, 0, 0])
    #expect(seen[0].requestID == "r1")
    #expect(seen.allSatisfy { $0.peer == "127.0.0.1" && $0.duration >= .zero && $0.duration < .seconds(5) })
    #expect(seen[4].bytesOut == lengths)
    #expect(seen[3].bytesOut > 3 * 8)
  }

  @Test("A drain finishes what runs, closes what is idle, and accepts nobody") func drain() async throws {
    let gate = Gate()
    let routes =
      plainRoutes + [
        Route(.get, "/slow") { _ in
          await gate.wait()
          return Response(status: .ok, contentType: "text/plain", text: "done")
        }
      ]
    let server = try TestServer(routes, loopCount: 2)
    let address = server.address
    let (idle, running) = (try WireClient(address), try WireClient(address))
    let (half, body) = (try WireClient(address), try WireClient(address))
    try await onThread {
      // These have begun: one its head, the other its body.
      try half.send(Self.get + "GET /hello HTTP/1.1\r\n")
      #expect(try half.readAnswer()?.status == 200)
      try body.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
      #expect(try body.readAnswer()?.status == 100)
      // A line end that stands behind a request has begun no other.
      try idle.send(Self.get + "\r\n")
      #expect(try idle.readAnswer()?.status == 200)
      try running.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    }
    try await eventually { gate.waiting == 1 }
    let drained = Task { await server.server.drain(within: .seconds(10)) }
    // The idle connection ends while the other still runs.
    let end = try await onThread { try idle.readAll() }
    #expect(end == "")
    try await eventually { server.server.openConnections == 3 }
    // Each loop closes its own listener: until both have, the system may still give a newcomer to one of them.
    try await eventually { (try? WireClient(address)) == nil }
    gate.open()
    try await onThread {
      try half.send("Host: x\r\n\r\n")
      try body.send("abc")
      for (client, text) in [(running, "done"), (half, "hello"), (body, "abc")] {
        let answer = try #require(try client.readAnswer())
        #expect(answer.body == text)
        #expect(answer["connection"] == "close")
      }
    }
    await drained.value
    #expect(server.server.openConnections == 0)
    server.loops.shutdown()
  }

  @Test("What outlasts the drain's limit is cut") func drainCuts() async throws {
    let server = try TestServer(plainRoutes)
    let client = try WireClient(server.address)
    try client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
    try await eventually { server.server.openConnections == 1 }
    // A half-sent request is not idle: it has until the limit.
    let start = ContinuousClock.now
    await server.server.drain(within: .milliseconds(50))
    #expect(ContinuousClock.now - start < .seconds(3))
    #expect(server.server.openConnections == 0)
    let rest = try await onThread { try client.readAll() }
    #expect(rest == "")
    server.loops.shutdown()
  }

  @Test("A second server on the address is told so; another address is free", arguments: ["127.0.0.1:0", "[::1]:0", "unix:"])
  func addressInUse(_ text: String) async throws {
    let path = "unix:/tmp/paylink-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    let server = try TestServer(plainRoutes, addresses: [text == "unix:" ? path : text], loopCount: 2)
    let address = server.address
    let error = #expect(throws: ServerError.self) { try TestServer(plainRoutes, addresses: ["127.0.0.1:0", "\(address)"]) }
    #expect(error?.code == .addressInUse)
    #expect(error?.address == address)
    try await onThread {
      for _ in 0..<8 {
        let client = try WireClient(address)
        try client.send(Self.get)
        #expect(try client.readAnswer()?.body == "hello")
      }
    }
    await server.stop()
    // After the drain the address is free again, and the path gone.
    let next = try TestServer(plainRoutes, addresses: ["\(address)"])
    await next.stop()
    if let path = address.unixPath { #expect(unsafe access(path, F_OK) != 0) }
  }
}

/// Handlers wait until the test opens it.
final class Gate: Sendable {
  private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

  var waiting: Int { state.withLock { $0.waiters.count } }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiters.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}

/// Waits until something holds, or fails after five seconds.
func eventually(_ condition: @Sendable () -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(5)
  while !condition() {
    try #require(ContinuousClock.now < deadline, "it did not come to that in time")
    try await Task.sleep(for: .milliseconds(2))
  }
}
