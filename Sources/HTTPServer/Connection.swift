import HTTPTypes
import Transport

/// One connection: reads a request, answers it, reads the next. Its task is the only one that touches the stream; `endIfIdle` and `cut` come from the same loop,
/// which makes `@unchecked Sendable` true (the stream checks the thread).
final class Connection: @unchecked Sendable {
  /// Where it stands in the shard's list.
  var place = 0

  let stream: Stream
  let shard: ServerShard
  let input = ReceiveBuffer(capacity: 2048)
  /// The client's address without port: the peer's, or what a proxy says.
  var peer: String
  @safe @exclusivity(unchecked) private var isLate: Bool
  /// Since when, by the loop's clock, it waits for a request, or for the rest of one; nil while it has a whole one. A new connection waits.
  @safe @exclusivity(unchecked) private(set) var waitingSince: UInt64?
  /// Nothing has come of the request that it waits for.
  @safe @exclusivity(unchecked) private var isIdle = true
  /// Whether the client may still be sending when we close: then we read on for a while, since a close with unread bytes is a reset, and the answer would be lost.
  @safe @exclusivity(unchecked) private var mustLinger = false

  /// Why it ends, as soon as that is known.
  @safe @exclusivity(unchecked) private(set) var end: ConnectionEnd?

  /// What its request waits for, if it does.
  @safe @exclusivity(unchecked) private var running: RunningPause?

  private static let requestsPerTurn = 32
  /// 0 to 255, for the end of its time for a head: clients that came together do not run out of time, and come back, together.
  private let spread: UInt64

  /// - Parameter isLate: it came when only callback routes were served to newcomers.
  init(stream: Stream, shard: ServerShard, isLate: Bool) {
    self.stream = stream
    self.shard = shard
    self.isLate = isLate
    waitingSince = stream.loop.now
    // The clock's last nanoseconds are as good as chance.
    spread = stream.loop.now & 255
    peer = stream.peer.host
  }

  /// Where answers are written, one for all connections of the loop: at rest a connection has none.
  var output: SendBuffer { shard.output }

  var limits: ServerLimits { shard.state.limits }

  /// Serves until the connection ends, and closes it.
  func run() async {
    do throws(TransportError) {
      if let proxies = shard.state.proxies, await !readProxyHeader(proxies, deadline: deadline(times.head)) {
        ends(.proxyHeader)
        return stream.close()
      }
      if let tls = shard.state.tls, await !beginTLS(tls, deadline: deadline(times.handshake)) {
        ends(.tlsHandshake)
        return stream.close()
      }
      var served = 0
      while try await serveNext() {
        served &+= 1
        // A client that sends faster than we answer never makes us wait: the others on the loop get their turn all the same.
        if served % Self.requestsPerTurn == 0 { await Task.yield() }
      }
      ends(.done)
      if mustLinger || !input.isEmpty { try await linger() } else { stream.sayEnd() }
    } catch {
      // The peer is gone, too slow, or cut off: there is nobody to tell.
      ends(ConnectionEnd(error, isDraining: shard.isDraining))
    }
    stream.close()
  }

  /// Notes why it ends; what was noted first stays.
  private func ends(_ reason: ConnectionEnd) { if end == nil { end = reason } }

  /// Ends the connection if it waits for a request of which nothing has come; one that the kernel has already is still served.
  func endIfIdle() {
    if isIdle { endIfWaiting() }
  }

  /// Ends the connection if it waits for a request, or for the rest of one; what the kernel has already is still taken, and where it is all that lacked, served.
  func endIfWaiting() {
    guard waitingSince != nil else { return }
    waitingSince = nil
    stream.endWhenEmpty()
  }

  func cut() {
    stream.cut()
    endPause()
  }

  /// Ends the wait of a request: at drain nobody waits any more.
  func endPause() { running?.end(.ended) }

  /// An instant of the loop's clock, so many nanoseconds from now.
  func deadline(_ time: UInt64) -> UInt64 { stream.loop.now + time }

  var times: Times { shard.state.times }
}

// MARK: - Pauses

extension Connection {
  /// `Pause.wait`, on the loop.
  func pause(atMost limit: Duration, _ begin: (@escaping @Sendable () -> Void) -> Void) async -> Pause.End {
    precondition(running == nil, "a request does one thing at a time")
    guard !shard.isDraining else { return .ended }
    let (pause, loop) = (RunningPause(loop: stream.loop), stream.loop)
    running = pause
    defer {
      running = nil
      stream.onPeerEnd(nil)
    }
    pause.begin(atMost: limit)
    stream.onPeerEnd { pause.end(.ended) }
    begin { loop.execute { pause.end(.woken) } }
    return await pause.outcomeReached()
  }
}

// MARK: - One request

extension Connection {
  private enum Incoming {
    case head(RequestHead)
    case refused(HTTPError)
    case ended
  }

  /// Reads and answers one request; says whether another may follow.
  private func serveNext() async throws(TransportError) -> Bool {
    switch try await nextHead() {
    case .head(let head):
      let id = head.requestID.map { RequestID.given($0) } ?? shard.nextRequestID()
      var exchange = Exchange(head: head, id: id, observed: shard.state.observe != nil)
      try await serve(head, &exchange)
      return exchange.keepsAlive
    case .refused(let error):
      // Nothing of the request can be trusted, and nobody can say where the next one begins.
      var exchange = Exchange(
        refusedWith: shard.nextRequestID(), isHead: input.withBytes { HeadScanner.isHEAD($0) }, observed: shard.state.observe != nil)
      mustLinger = true
      ends(error.code == .requestTimeout ? .headTimeout : .refused)
      try await answer(error.response(requestID: exchange.id.text), &exchange)
      return false
    case .ended: return false
    }
  }

  private func nextHead() async throws(TransportError) -> Incoming {
    var scanner = HeadScanner()
    var limit = deadline(times.idle)
    var begun: UInt64?
    defer { (isIdle, waitingSince) = (false, nil) }
    while true {
      if !input.isEmpty {
        do throws(HTTPError) {
          if let head = try parseHead(&scanner) { return .head(head) }
        } catch {
          return .refused(error)
        }
        if begun == nil, !isStrayLineEnd {
          begun = stream.loop.now
          // Up to an eighth more than the bound.
          limit = deadline(times.head + times.head / 2048 * spread)
        }
      }
      (isIdle, waitingSince) = (begun == nil, begun ?? stream.loop.now)
      // The drain may have begun while the last answer went out.
      if isIdle {
        if shard.isDraining { stream.endWhenEmpty() }
        input.releaseExcess()
      }
      do throws(TransportError) {
        guard try await stream.receive(into: input, deadline: limit) > 0 else {
          guard begun != nil else { return endedIdle() }
          ends(.cutOff)
          return .refused(HTTPError(.malformed, "The head is cut off."))
        }
      } catch {
        if begun != nil, error.code == .timedOut { return .refused(HTTPError(.requestTimeout, "The head did not come in time.")) }
        ends(ConnectionEnd(waiting: error, isDraining: shard.isDraining))
        guard begun == nil else { throw error }
        return endedIdle()
      }
    }
  }

  /// A connection that ends in order, whoever ended it: the last answer was whole.
  private func endedIdle() -> Incoming {
    input.consume(input.count)
    return .ended
  }

  /// Whether nothing has come but a line end, or half of one, which clients may leave behind a body (RFC 9112 §2.2): no request has begun by it.
  private var isStrayLineEnd: Bool {
    input.withBytes { bytes in bytes.count <= 2 && bytes[0] == 0x0d && (bytes.count == 1 || bytes[1] == 0x0a) }
  }

  private func parseHead(_ scanner: inout HeadScanner) throws(HTTPError) -> RequestHead? {
    guard let found = try input.withBytes({ bytes throws(HTTPError) in try scanner.find(in: bytes, limits: limits) }) else { return nil }
    let head = try input.withBytes { bytes throws(HTTPError) in try HeadParser.parse(bytes, found.start..<found.end, limits: limits) }
    input.consume(found.end)
    return head
  }

  private func serve(_ head: RequestHead, _ exchange: inout Exchange) async throws(TransportError) {
    if head.isAsterisk {
      return try await answerEarly(Response(status: .noContent, fields: [.allow: Self.serverMethods]), head, &exchange)
    }
    switch shard.state.router.match(head.method, head.target.segments) {
    case .found(let entry, let parameters):
      exchange.route = entry.route.pattern
      exchange.class = entry.route.class
      if let refusal = admit(entry.route.class) {
        exchange.keepsAlive = false
        ends(.overloaded)
        return try await answerEarly(refusal.response(requestID: exchange.id.text), head, &exchange)
      }
      var body = bodyAtOnce(of: head, limit: entry.route.bodyLimit)
      if body == nil { body = try await self.body(of: head, limit: entry.route.bodyLimit, &exchange) }
      guard let body else { return }
      exchange.bytesIn = body.count
      let response = await entry.route.handler(request(head, entry.route.pattern, parameters, body, id: exchange.id))
      if let rest = try begin(response, &exchange) { try await finish(rest, of: response, &exchange) }
    case .options(let allow): try await answerEarly(Response(status: .noContent, fields: [.allow: allow]), head, &exchange)
    case .methodNotAllowed(let allow):
      try await answerEarly(Router.notAllowed(allow: allow).response(requestID: exchange.id.text), head, &exchange)
    case .notFound: try await answerEarly(Router.nothingHere.response(requestID: exchange.id.text), head, &exchange)
    }
  }

  private static let serverMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

  /// A newcomer of a crowded server may only call back (design §4.7).
  private func admit(_ class: Route.Class) -> HTTPError? {
    guard isLate, `class` == .ordinary else { return nil }
    isLate = shard.state.isCrowded
    return isLate ? HTTPError(.overloaded, "Too many connections are open.", fields: [.retryAfter: "1"]) : nil
  }

  private func request(
    _ head: RequestHead, _ route: String, _ parameters: [String: String], _ body: [UInt8], id: RequestID
  ) -> Request {
    Request(
      head: head, parameters: parameters, body: body, route: route, peer: peer, isSecure: stream.isSecure, id: id,
      pause: Pause(connection: self))
  }
}

// MARK: - Bodies

extension Connection {
  /// A body that is here already, as that of most requests is; nil where there is more to do.
  private func bodyAtOnce(of head: RequestHead, limit: Int) -> [UInt8]? {
    switch head.framing {
    case .none: return []
    case .length(let length) where length <= min(limit, input.count):
      defer { input.consume(length) }
      return input.withBytes { $0.array(0..<length) }
    case .length, .chunked: return nil
    }
  }

  /// The whole body that `bodyAtOnce` did not have, decoded; nil where it was refused and that has been answered.
  private func body(of head: RequestHead, limit: Int, _ exchange: inout Exchange) async throws(TransportError) -> [UInt8]? {
    var reader = BodyReader(framing: head.framing, limit: limit)
    do throws(BodyReader.Failure) {
      try reader.checkLength()
      if head.expectsContinue, input.isEmpty { try await sayContinue() }
      let (begun, deadline) = (stream.loop.now, deadline(times.body))
      while try !reader.read(from: input) {
        waitingSince = begun
        defer { waitingSince = nil }
        guard try await reader.receive(from: stream, into: input, deadline: deadline) else {
          ends(.cutOff)
          throw .transport(TransportError(.closed, "body"))
        }
      }
      return reader.body
    } catch {
      switch error {
      case .transport(let error):
        ends(ConnectionEnd(waiting: error, isDraining: shard.isDraining))
        throw error
      case .refused(let error):
        exchange.keepsAlive = false
        exchange.bytesIn = reader.body.count
        mustLinger = true
        ends(error.code == .requestTimeout ? .bodyTimeout : .refused)
        try await answer(error.response(requestID: exchange.id.text), &exchange)
        return nil
      }
    }
  }

  private func sayContinue() async throws(BodyReader.Failure) {
    output.removeAll()
    output.append("HTTP/1.1 100 Continue\r\n\r\n")
    do { try await flush() } catch { throw .transport(error) }
  }

  /// Answers without reading the body. Where it is not all here already, the connection ends: its rest would look like the next request.
  private func answerEarly(_ response: Response, _ head: RequestHead, _ exchange: inout Exchange) async throws(TransportError) {
    switch head.framing {
    case .none: break
    case .length(let length) where length <= input.count: input.consume(length)
    case .length, .chunked:
      exchange.keepsAlive = false
      mustLinger = true
    }
    try await answer(response, &exchange)
  }

  /// Says that we are done, and reads on within bounds until the client has closed.
  private func linger() async throws(TransportError) {
    stream.shutdownWriting()
    let deadline = deadline(times.linger)
    var left = limits.lingerBytes
    while left > 0 {
      input.consume(input.count)
      let count = try await stream.receive(into: input, deadline: deadline)
      guard count > 0 else { return }
      left -= count
    }
  }
}
