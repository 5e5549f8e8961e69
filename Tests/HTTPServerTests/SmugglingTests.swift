import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

/// The shapes by which a request is smuggled past one reader to another (RFC 9112 §11.2), each over a real socket: its answers, what handlers saw, and whether the
/// connection ended. Behind every case stands one more request: where the connection must end, it is never served.
@Suite("Smuggled requests") struct SmugglingTests {
  /// What handlers saw: method, path, body.
  final class Calls: Sendable {
    private let calls = Mutex<[String]>([])

    func take() -> [String] {
      calls.withLock { calls in
        defer { calls = [] }
        return calls
      }
    }

    var routes: [Route] {
      [Route(.post, "/echo", bodyLimit: 1000, handler: handle)]
        + ["/hello", "/hidden", "/next"].map { Route(.get, $0, bodyLimit: 1000, handler: handle) }
    }

    @Sendable private func handle(_ request: Request) async -> Response {
      // A trailer never becomes a field of the head (RFC 9110 §6.5.1).
      let merged = request.head.fields.all.contains { $0.value == "from-trailer" } ? " merged" : ""
      calls.withLock {
        $0.append("\(request.head.method) \(request.head.path) \(String(decoding: request.body, as: UTF8.self))\(merged)")
      }
      return Response(status: .ok, contentType: "text/plain", text: "served")
    }
  }

  /// What came of some bytes.
  struct Outcome: Equatable {
    var statuses: [Int] = []
    var served: [String] = []
    /// Whether the server ended the connection before we asked for it.
    var closed = false
  }

  static let next = "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

  static func expected(_ test: SmugglingCase) -> Outcome {
    test.closes
      ? Outcome(statuses: test.statuses, served: test.served, closed: true)
      : Outcome(statuses: test.statuses + [200], served: test.served + ["GET /next "])
  }

  /// Sends the pieces, each once the one before is read, and reads all answers.
  /// - Parameter witness: a connection on the server's only loop: when it is answered, what was sent before has been read.
  static func outcome(_ pieces: [[UInt8]], _ server: TestServer, _ calls: Calls, witness: WireClient?) throws -> Outcome {
    let client = try WireClient(server.address)
    var outcome = Outcome()
    try pass(witness)
    for piece in pieces {
      // The server may have ended the connection already: then there is nobody to send to.
      try? client.send(piece)
      try pass(witness)
    }
    do {
      while let answer = try client.readAnswer() {
        // 100 Continue is no answer yet.
        guard answer.status >= 200 else { continue }
        outcome.statuses.append(answer.status)
        outcome.closed = answer["connection"] == "close"
      }
    } catch let error as WireError where error == WireError("reset") && outcome.closed {
      // What came after the end of the connection was thrown away.
    }
    outcome.served = calls.take()
    if outcome.served.last == "GET /next " { outcome.closed = false }
    return outcome
  }

  /// Lets the loop do all that it has to do before it answers the witness.
  private static func pass(_ witness: WireClient?) throws {
    guard let witness else { return }
    try witness.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    try #require(try witness.readAnswer()?.status == 204)
  }

  @Test("Each is answered as the RFC says, and what it hides is never served", arguments: SmugglingCase.all)
  func whole(_ test: SmugglingCase) async throws {
    let calls = Calls()
    try await withServer(calls.routes) { server in
      let rest = test.closes ? SmugglingCase.hidden + Self.next : Self.next
      let outcome = try Self.outcome([test.bytes + Array(rest.utf8)], server, calls, witness: nil)
      #expect(outcome == Self.expected(test))
    }
  }

  /// Longer cases are long for a bound's sake, which is tested at every split where the bound is small (`HeadBoundTests`, `ChunkedDecoderTests`).
  static let splitLength = 300

  @Test(
    "Each is answered the same when its bytes come in two pieces, cut anywhere",
    arguments: SmugglingCase.all.filter { $0.bytes.count <= splitLength })
  func split(_ test: SmugglingCase) async throws {
    let calls = Calls()
    try await withServer(calls.routes) { server in
      let rest = Array((test.closes ? SmugglingCase.hidden + Self.next : Self.next).utf8)
      let witness = try WireClient(server.address)
      for cut in 1..<test.bytes.count {
        let pieces = [Array(test.bytes[..<cut]), test.bytes[cut...] + rest]
        var expected = [Self.expected(test)]
        // A body that nobody reads ends the connection where it is not all here (RFC 9112 §9.3); the kernel may still bring both pieces at once.
        if test.isUnread, cut >= test.headLength { expected.append(Outcome(statuses: test.statuses, closed: true)) }
        let outcome = try Self.outcome(pieces, server, calls, witness: witness)
        #expect(expected.contains(outcome), "\(test.testDescription), cut at \(cut): \(outcome)")
      }
    }
  }
}
