import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

/// Compressed answers, over sockets, read back by GNU gzip and by curl.
@Suite("Compressed answers") struct CompressionTests {
  /// Text that a compressor likes, though not the same all over.
  static func text(_ count: Int) -> [UInt8] {
    Array((0...count / 8).flatMap { "{\"n\":\($0)}, ".utf8 }.prefix(count))
  }

  static func route(_ compressor: Compressor = Compressor(), _ path: String = "/", answer: @escaping Handler) -> Route {
    compressor.compressed(Route(.get, path, handler: answer))
  }

  static func plain(_ bytes: [UInt8], _ fields: HTTPFields = [:]) -> Handler {
    { _ in Response(status: .ok, fields: fields, body: .bytes(bytes)) }
  }

  static func get(_ path: String = "/", _ accepted: String? = "gzip", method: String = "GET") -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: x\r\n" + (accepted.map { "Accept-Encoding: \($0)\r\n" } ?? "") + "\r\n"
  }

  /// One below, at and above the threshold and a slice, and many slices.
  @Test(
    "It is the same answer for one who unpacks it, with its length and on a connection that goes on",
    arguments: [1024, 1025, 16_383, 16_384, 16_385, 32_768, 1_000_000])
  func same(_ count: Int) async throws {
    let body = Self.text(count)
    try await withServer([Self.route(answer: Self.plain(body))]) { server in
      let client = try WireClient(server.address)
      // Behind one another: a wrong length would spoil the next answer.
      try client.send(Self.get() + Self.get("/", nil) + Self.get("/", "gzip", method: "HEAD") + Self.get())
      let coded = try #require(try client.readAnswer())
      #expect(coded["content-encoding"] == "gzip")
      #expect(coded["vary"] == "Accept-Encoding")
      #expect(coded.bytes.count < count / 2)
      #expect(try gunzipped(coded.bytes) == body)
      let plain = try #require(try client.readAnswer())
      #expect(plain["content-encoding"] == nil)
      #expect(plain["vary"] == "Accept-Encoding")
      #expect(plain.bytes == body)
      let head = try #require(try client.readAnswer(isHead: true))
      #expect(head["content-encoding"] == "gzip")
      #expect(head["content-length"] == "\(coded.bytes.count)")
      #expect(try client.readAnswer()?.bytes == coded.bytes)
    }
  }

  @Test("A small answer is sent as it is, and coded only for one who takes nothing else") func small() async throws {
    try await withServer([
      Self.route(answer: Self.plain(Self.text(Compressor.smallest - 1))), Self.route(Compressor(), "/none", answer: Self.plain([])),
    ]) { server in
      let client = try WireClient(server.address)
      try client.send(Self.get() + Self.get("/", "gzip, identity;q=0") + Self.get("/none", "gzip, *;q=0"))
      let plain = try #require(try client.readAnswer())
      #expect(plain["content-encoding"] == nil && plain["vary"] == "Accept-Encoding")
      let coded = try #require(try client.readAnswer())
      #expect(coded["content-encoding"] == "gzip")
      #expect(try gunzipped(coded.bytes) == plain.bytes)
      let empty = try #require(try client.readAnswer())
      #expect(empty["content-encoding"] == "gzip")
      #expect(try gunzipped(empty.bytes) == [])
    }
  }

  @Test("What would not become smaller is sent as it is") func noise() async throws {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    try await withServer([Self.route(answer: Self.plain(noise))]) { server in
      let client = try WireClient(server.address)
      try client.send(Self.get() + Self.get("/", "gzip, identity;q=0"))
      let plain = try #require(try client.readAnswer())
      #expect(plain["content-encoding"] == nil && plain.bytes == noise)
      let coded = try #require(try client.readAnswer())
      #expect(try coded["content-encoding"] == "gzip" && gunzipped(coded.bytes) == noise)
    }
  }

  @Test("What is coded already, streams, answers without body, and routes that were not chosen are left alone") func leftAlone()
    async throws
  {
    let body = Self.text(5000)
    let compressor = Compressor()
    let routes = [
      Self.route(compressor, "/coded", answer: Self.plain(body, [.contentEncoding: "br"])),
      Self.route(compressor, "/stream") { _ in Response(status: .ok, body: .stream { try await $0.write(body) }) },
      Self.route(compressor, "/away") { _ in Response(status: .found, fields: [.location: "/"]) },
      Self.route(compressor, "/nothing") { _ in Response(status: .noContent, body: .bytes(body)) },
      Route(.get, "/secret", handler: Self.plain(body)),
    ]
    try await withServer(routes) { server in
      let client = try WireClient(server.address)
      try client.send(["/coded", "/stream", "/away", "/nothing", "/secret"].map { Self.get($0, "gzip, identity;q=0") }.joined())
      let coded = try #require(try client.readAnswer())
      #expect(coded["content-encoding"] == "br" && coded.bytes == body)
      let stream = try #require(try client.readAnswer())
      #expect(stream["content-encoding"] == nil && stream.bytes == body)
      for status in [302, 204] {
        let empty = try #require(try client.readAnswer())
        #expect(empty.status == status && empty["content-encoding"] == nil && empty["vary"] == nil && empty.bytes.isEmpty)
      }
      let secret = try #require(try client.readAnswer())
      #expect(secret["content-encoding"] == nil && secret["vary"] == nil && secret.bytes == body)
    }
  }

  struct Vary: CustomTestStringConvertible {
    let before: String?
    let after: String
    var testDescription: String { before ?? "none" }
  }

  static let varies = [
    Vary(before: nil, after: "Accept-Encoding"), Vary(before: "Origin", after: "Origin, Accept-Encoding"), Vary(before: "*", after: "*"),
    Vary(before: "accept-encoding", after: "accept-encoding"), Vary(before: "Origin , Accept-Encoding", after: "Origin , Accept-Encoding"),
    Vary(before: "X-Accept-Encoding", after: "X-Accept-Encoding, Accept-Encoding"),
  ]

  @Test("Vary keeps what it names, in one field, whether the answer is coded or not", arguments: varies) func vary(_ each: Vary)
    async throws
  {
    let fields: HTTPFields = each.before.map { [.vary: $0] } ?? [:]
    try await withServer([Self.route(answer: Self.plain(Self.text(5000), fields))]) { server in
      let client = try WireClient(server.address)
      try client.send(Self.get() + Self.get("/", "identity"))
      for isCoded in [true, false] {
        let answer = try #require(try client.readAnswer())
        #expect((answer["content-encoding"] != nil) == isCoded)
        #expect(answer["vary"] == each.after)
      }
    }
  }

  @Test("curl unpacks it, with HTTP/1.0 too") func curl() async throws {
    let body = Self.text(200_000)
    try await withServer([Self.route(answer: Self.plain(body))]) { server in
      for words in ["--compressed", "--compressed --http1.0", ""] {
        #expect(try printed(by: "curl -sSf \(words) http://\(server.address)/") == body)
      }
      let fields = String(decoding: try printed(by: "curl -sSf --compressed -D - -o /dev/null http://\(server.address)/"), as: UTF8.self)
      #expect(fields.lowercased().contains("content-encoding: gzip"))
    }
  }

  @Test("A large answer leaves the loop to others while it is compressed") func turns() async throws {
    let body = Self.text(64 * 1024)
    let steps = Mutex<[String]>([])
    let routes = [
      Self.route { _ in
        let loop = EventLoop.current
        // Each turn of the loop while zlib is at work is seen by a job that puts itself at the end of the queue.
        @Sendable func turn() {
          guard
            steps.withLock({ steps in
              steps.append("turn")
              return !steps.contains("end") && steps.count < 1000
            })
          else { return }
          loop?.execute(turn)
        }
        turn()
        return Response(status: .ok, body: .bytes(body))
      }
    ]
    let server = try TestServer(routes, observe: { _ in steps.withLock { $0.append("end") } })
    let address = server.address
    try await onThread {
      let client = try WireClient(address)
      try client.send(Self.get())
      #expect(try client.readAnswer()?["content-encoding"] == "gzip")
    }
    await server.stop()
    // Four slices, so three times others came between; the first turn was before.
    #expect(steps.withLock { $0.prefix { $0 == "turn" }.count } >= 4)
  }

  @Test("No more than so many are compressed at once: the next one is sent as it is, and the one after it is coded again") func bounded()
    async throws
  {
    let compressor = Compressor(streamsAtMost: 1)
    let body = Self.text(1_000_000)
    let router = try Router([Self.route(compressor, "/", answer: Self.plain(body))])
    let request = try Request(.get, "/", fields: [.acceptEncoding: "gzip"])
    @Sendable func isCoded() async -> Bool { await router.respond(to: request).fields[.contentEncoding] == "gzip" }
    let loops = try EventLoopGroup(count: 1, name: "test")
    let loop = loops.loops[0]
    // On one loop the tasks take turns, slice by slice; made on it, all of them begin before the first ends.
    let outcomes = await Task(executorPreference: loop) {
      let tasks = (0..<5).map { _ in Task(executorPreference: loop) { await isCoded() } }
      var outcomes: [Bool] = []
      for task in tasks { outcomes.append(await task.value) }
      return outcomes
    }.value
    #expect(outcomes.filter { $0 }.count == 1)
    #expect(await isCoded())
    loops.shutdown()
  }
}
