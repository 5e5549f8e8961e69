import HTTPClient
import HTTPTypes
import Testing
import Transport

@Suite("Connections")
struct ConnectionTests {
  @Test("are used again, for requests of every method")
  func reused() async throws {
    try await withServer { client, server in
      for index in 0..<10 {
        let request = HTTPClientRequest(method: index % 2 == 0 ? .post : .get, url: server.url(), body: index % 2 == 0 ? [1, 2, 3] : [])
        let answer = text(try await client.send(request))
        #expect(answer == "ok")
      }
      #expect(server.arrivals.count == 10)
      #expect(server.connections == 1)
    }
  }

  @Test("are opened anew for a call that asks for one of its own")
  func fresh() async throws {
    try await withServer { client, server in
      for fresh in [false, true, true, false] { _ = try await client.send(HTTPClientRequest(url: server.url(), freshConnection: fresh)) }
      #expect(server.arrivals.map(\.connection).prefix(3) == [1, 2, 3])
      #expect(server.connections == 3)
    }
  }

  @Test("are not used again when the server says so")
  func closing() async throws {
    let script: @Sendable (RawConnection) -> Void = { connection in
      while connection.read() != nil, connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") {}
    }
    try await withServer(script: script) { client, server in
      for _ in 0..<3 { _ = try await client.send(HTTPClientRequest(url: server.url())) }
      #expect(server.connections == 3)
    }
  }

  @Test("to one host are at most as many as configured; the calls over it wait and are answered")
  func perHost() async throws {
    try await withServer(HTTPClientConfiguration(connectionsPerHost: 2)) { client, server in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 { group.addTask { try await client.send(HTTPClientRequest(url: server.url(), body: [1])).status } }
        for try await status in group { #expect(status == 200) }
      }
      #expect(server.arrivals.count == 20)
      #expect((1...2).contains(server.connections))
    }
  }

  @Test("to all hosts are at most as many as configured: the oldest without work is closed")
  func inAll() async throws {
    let servers = try (0..<4).map { _ in try RawServer() }
    defer { for server in servers { server.stop() } }
    try await withClient(HTTPClientConfiguration(connections: 2)) { client, _ in
      for server in servers + servers {
        let status = try await client.send(HTTPClientRequest(url: server.url())).status
        #expect(status == 200)
      }
      try await eventually { servers.map(\.openConnections).reduce(0, +) <= 2 }
    }
  }

  @Test("without work are not used again after their time")
  func idleTimeout() async throws {
    try await withServer(HTTPClientConfiguration(idleTimeout: .seconds(1))) { client, server in
      _ = try await client.send(HTTPClientRequest(url: server.url()))
      try await Task.sleep(for: .milliseconds(2_100))
      _ = try await client.send(HTTPClientRequest(url: server.url()))
      #expect(server.connections == 2)
    }
  }

  @Test("and calls stay on the loop they were made on, and the caller too")
  func loopAffinity() async throws {
    try await withServer { _, server in
      try await withClient(loops: 2) { client, loops in
        for _ in 0..<3 {
          for loop in loops.loops {
            let stayed = try await Task(executorPreference: loop) {
              _ = try await client.send(HTTPClientRequest(url: server.url()))
              return EventLoop.current === loop
            }.value
            #expect(stayed)
          }
        }
        #expect(server.connections == 2, "one a loop, each used again")
      }
    }
  }

  @Test("carry many calls at a time from many tasks, and each caller gets its own answer")
  func manyAtOnce() async throws {
    let echo: @Sendable (RawConnection) -> Void = { connection in
      while let arrival = connection.read(), connection.answer(String(decoding: arrival.body, as: UTF8.self)) {}
    }
    try await withServer(loops: 2, script: echo) { client, server in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for worker in 0..<32 {
          group.addTask {
            for round in 0..<20 {
              let body = "\(worker)/\(round)"
              guard text(try await client.send(HTTPClientRequest(url: server.url(), body: Array(body.utf8)))) == body else { return false }
            }
            return true
          }
        }
        for try await right in group { #expect(right) }
      }
      #expect(server.arrivals.count == 640)
      #expect(server.connections <= 64, "at most one for each call at a time and loop")
      #expect(client.load == (0, 0))
    }
  }
}
