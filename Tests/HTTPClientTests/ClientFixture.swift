import HTTPClient
import HTTPTypes
import Testing
import Transport

/// Runs a test with a client on loops of its own, and shuts both down.
func withClient<Result>(
  _ configuration: HTTPClientConfiguration = .init(), loops count: Int = 1, _ body: (HTTPClient, EventLoopGroup) async throws -> Result
) async throws -> Result {
  let loops = try EventLoopGroup(count: count, name: "client")
  let client = HTTPClient(configuration: configuration, loops: loops)
  let result: Swift.Result<Result, any Error>
  do { result = .success(try await body(client, loops)) } catch { result = .failure(error) }
  await client.shutdown()
  loops.shutdown()
  return try result.get()
}

/// Runs a test with a client and a scripted server.
func withServer<Result>(
  _ configuration: HTTPClientConfiguration = .init(), loops: Int = 1,
  script: @escaping @Sendable (RawConnection) -> Void = { $0.answerAll() }, _ body: (HTTPClient, RawServer) async throws -> Result
) async throws -> Result {
  let server = try RawServer(script: script)
  defer { server.stop() }
  return try await withClient(configuration, loops: loops) { client, _ in try await body(client, server) }
}

/// The error of a call that must fail.
func failure(of client: HTTPClient, _ request: HTTPClientRequest, _ location: SourceLocation = #_sourceLocation) async -> HTTPClientError? {
  do {
    let response = try await client.send(request)
    Issue.record("answered \(response.status)", sourceLocation: location)
    return nil
  } catch { return error }
}

/// Waits until something holds, at most ten seconds.
func eventually(_ location: SourceLocation = #_sourceLocation, _ condition: () -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record("it did not come about in ten seconds", sourceLocation: location)
      return
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

func text(_ response: HTTPClientResponse) -> String { String(decoding: response.body, as: UTF8.self) }
