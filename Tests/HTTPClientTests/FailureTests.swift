import Foundation
import Glibc
import HTTPClient
import HTTPTypes
import Synchronization
import Testing
import Transport

@Suite("Calls that fail")
struct FailureTests {
  /// A port that nobody listens on.
  private func deadPort() throws -> UInt16 {
    let server = try RawServer(accepts: false)
    server.stop()
    return server.port
  }

  @Test("because the connection is refused have sent nothing", arguments: [false, true])
  func refused(fresh: Bool) async throws {
    let port = try deadPort()
    try await withClient { client, _ in
      let error = await failure(of: client, HTTPClientRequest(url: "http://127.0.0.1:\(port)/", body: [1], freshConnection: fresh))
      #expect(error?.code == .connect)
      #expect(error?.mayHaveBeenSent == false)
    }
  }

  /// Where names resolve slowly this also shows that the loop is not held up (tried by hand with a `getaddrinfo` that takes six seconds).
  @Test("because the name is unknown have sent nothing")
  func unknownName() async throws {
    try await withServer { client, server in
      async let lost = failure(of: client, HTTPClientRequest(url: "http://nobody.invalid/", connectTimeout: .milliseconds(700)))
      let status = try await client.send(HTTPClientRequest(url: server.url())).status
      #expect(status == 200)
      let error = await lost
      #expect(error?.code == .connect)
      #expect(error?.mayHaveBeenSent == false)
    }
  }

  @Test("because the reused connection died while its server went away have not been sent again, and say so at once")
  func serverGone() async throws {
    let server = try RawServer(script: { connection in
      guard connection.read() != nil, connection.answer() else { return }
      _ = connection.read()
    })
    try await withClient { client, _ in
      _ = try await client.send(HTTPClientRequest(url: server.url("/first")))
      async let lost = failure(of: client, HTTPClientRequest(url: server.url("/second")))
      try await eventually { server.count("/second") == 1 }
      server.stop()
      let error = await lost
      #expect(error?.code == .connectionLost)
      #expect(error?.mayHaveBeenSent == true)
      #expect(server.connections == 1)
    }
  }

  /// A server whose queue of connections is full, so that a further one is neither taken nor refused.
  private func withFullServer(_ body: (RawServer) async throws -> Void) async throws {
    let server = try RawServer(backlog: 0, accepts: false)
    defer { server.stop() }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = server.port.bigEndian
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    var fillers: [Int32] = []
    defer { for filler in fillers { close(filler) } }
    for _ in 0..<4 {
      let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = unsafe connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      fillers.append(filler)
    }
    try await body(server)
  }

  @Test("because nobody takes the connection end at the connection's bound, or at the call's where that is nearer; nothing was sent")
  func connectTimeout() async throws {
    try await withFullServer { server in
      try await withClient { client, _ in
        let bounds: [(connect: Int, whole: Int, code: HTTPClientError.Code)] = [(200, 20_000, .connect), (20_000, 200, .timeout)]
        for bound in bounds {
          let started = ContinuousClock.now
          let request = HTTPClientRequest(
            url: server.url(), body: [1], connectTimeout: .milliseconds(bound.connect), timeout: .milliseconds(bound.whole))
          let error = await failure(of: client, request)
          #expect(error?.code == bound.code)
          #expect(error?.mayHaveBeenSent == false)
          #expect((.milliseconds(190)...(.seconds(10))).contains(ContinuousClock.now - started))
        }
      }
    }
  }

  @Test(
    "because the answer is slow end at the call's bound, wherever in the answer",
    arguments: ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
  func slowAnswer(start: String) async throws {
    let script: @Sendable (RawConnection) -> Void = { connection in
      guard connection.read() != nil else { return }
      if !start.isEmpty { connection.write(start) }
      connection.waitUntilClosed()
    }
    try await withServer(script: script) { client, server in
      let started = ContinuousClock.now
      let error = await failure(of: client, HTTPClientRequest(url: server.url("/slow"), body: [1], timeout: .seconds(1)))
      #expect(error?.code == .timeout)
      #expect(error?.mayHaveBeenSent == true)
      #expect((.milliseconds(990)...(.seconds(10))).contains(ContinuousClock.now - started))
      #expect(server.count("/slow") == 1)
      try await eventually { server.openConnections == 0 }
    }
  }

  @Test("because the answer drips for ever end at the call's bound")
  func drippingAnswer() async throws {
    let script: @Sendable (RawConnection) -> Void = { connection in
      guard connection.read() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
      while connection.write("x") { usleep(10_000) }
    }
    try await withServer(script: script) { client, server in
      let error = await failure(of: client, HTTPClientRequest(url: server.url(), timeout: .milliseconds(300)))
      #expect(error?.code == .timeout)
    }
  }

  @Test("because there is no time at all are not sent", arguments: [Duration.zero, .milliseconds(-1)])
  func noTime(timeout: Duration) async throws {
    try await withServer { client, server in
      let error = await failure(of: client, HTTPClientRequest(url: server.url(), timeout: timeout))
      #expect(error?.code == .timeout)
      #expect(error?.mayHaveBeenSent == false)
      #expect(server.connections == 0)
    }
  }

  // MARK: Cancelling and shutting down

  private static let silent: @Sendable (RawConnection) -> Void = { connection in
    if connection.read() != nil { connection.waitUntilClosed() }
  }

  @Test("because the task was cancelled end at once; what had begun may have been sent")
  func canceled() async throws {
    try await withServer(script: Self.silent) { client, server in
      let call = Task { await failure(of: client, HTTPClientRequest(url: server.url("/once"), body: [1])) }
      try await eventually { server.count("/once") == 1 }
      call.cancel()
      let error = await call.value
      #expect(error?.code == .canceled)
      #expect(error?.mayHaveBeenSent == true)
      try await eventually { server.openConnections == 0 }
      #expect(client.load == (0, 0))
    }
  }

  @Test("because the task was cancelled before have sent nothing")
  func canceledBefore() async throws {
    try await withServer { client, server in
      let call = Task {
        while !Task.isCancelled { await Task.yield() }
        return await failure(of: client, HTTPClientRequest(url: server.url(), body: [1]))
      }
      call.cancel()
      let error = await call.value
      #expect(error?.code == .canceled)
      #expect(error?.mayHaveBeenSent == false)
      #expect(server.connections == 0)
      #expect(client.load == (0, 0))
    }
  }

  @Test("because their tasks were cancelled at any moment leave nothing behind")
  func canceledAnyTime() async throws {
    try await withServer(loops: 2) { client, server in
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<200 {
          group.addTask {
            let call = Task { try? await client.send(HTTPClientRequest(url: server.url(), body: [1])).status }
            for _ in 0..<(index % 50) { await Task.yield() }
            call.cancel()
            let status = await call.value
            #expect(status == nil || status == 200)
          }
        }
      }
      #expect(client.load == (0, 0))
      let status = try await client.send(HTTPClientRequest(url: server.url())).status
      #expect(status == 200)
    }
  }

  @Test("because the client is shut down end at once, those that wait and those that come later too")
  func shutDown() async throws {
    try await withServer(HTTPClientConfiguration(inFlight: 1), script: Self.silent) { client, server in
      async let first = failure(of: client, HTTPClientRequest(url: server.url()))
      try await eventually { server.arrivals.count == 1 }
      async let second = failure(of: client, HTTPClientRequest(url: server.url()))
      try await eventually { client.load.waiting == 1 }
      await client.shutdown()
      let inFlight = await first
      #expect(inFlight?.code == .canceled && inFlight?.mayHaveBeenSent == true)
      let waiting = await second
      #expect(waiting?.code == .canceled && waiting?.mayHaveBeenSent == false)
      let later = await failure(of: client, HTTPClientRequest(url: server.url()))
      #expect(later?.code == .canceled && later?.mayHaveBeenSent == false)
      try await eventually { server.openConnections == 0 }
      #expect(server.connections == 1)
    }
  }

  // MARK: Admission

  /// Holds every request until it is let go.
  private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func open(_ count: Int) { for _ in 0..<count { semaphore.signal() } }
    func script(_ connection: RawConnection) {
      while connection.read() != nil {
        guard semaphore.wait(timeout: .now() + 10) == .success, connection.answer() else { return }
      }
    }
  }

  @Test("because too many are in flight and wait are refused at once, and those that wait get their turn in order")
  func overloaded() async throws {
    let gate = Gate()
    try await withServer(HTTPClientConfiguration(inFlight: 2, waiting: 2), script: gate.script) { client, server in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for index in 0..<4 {
          group.addTask { try await client.send(HTTPClientRequest(url: server.url("/\(index)"))).status }
          try await eventually { client.load == (min(index + 1, 2), max(index - 1, 0)) }
        }
        try await eventually { server.arrivals.count == 2 }
        let error = await failure(of: client, HTTPClientRequest(url: server.url("/over")))
        #expect(error?.code == .overloaded)
        #expect(error?.mayHaveBeenSent == false)
        gate.open(1)
        try await eventually { server.count("/2") == 1 }
        #expect(server.count("/3") == 0)
        gate.open(3)
        for try await status in group { #expect(status == 200) }
      }
      #expect(server.count("/over") == 0)
      #expect(client.load == (0, 0))
      gate.open(1)
      let status = try await client.send(HTTPClientRequest(url: server.url())).status
      #expect(status == 200)
    }
  }

  @Test("while they wait: a cancelled one leaves the line, and the time in the line counts")
  func waiters() async throws {
    let gate = Gate()
    try await withServer(HTTPClientConfiguration(inFlight: 1, waiting: 1), script: gate.script) { client, server in
      async let first = client.send(HTTPClientRequest(url: server.url("/first"))).status
      try await eventually { server.count("/first") == 1 }

      let second = Task { await failure(of: client, HTTPClientRequest(url: server.url("/second"))) }
      try await eventually { client.load.waiting == 1 }
      second.cancel()
      let canceled = await second.value
      #expect(canceled?.code == .canceled && canceled?.mayHaveBeenSent == false)
      #expect(client.load == (1, 0))

      let started = ContinuousClock.now
      let late = await failure(of: client, HTTPClientRequest(url: server.url("/third"), timeout: .milliseconds(200)))
      #expect(late?.code == .timeout && late?.mayHaveBeenSent == false)
      #expect((.milliseconds(190)...(.seconds(10))).contains(ContinuousClock.now - started))
      #expect(client.load == (1, 0))

      gate.open(1)
      #expect(try await first == 200)
      #expect(server.arrivals.count == 1)
    }
  }
}
