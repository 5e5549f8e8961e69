package import Transport

/// Calls other servers over HTTP and HTTPS: libcurl on our own loops (design §2, "HTTPS client").
///
/// A call made on a loop's thread stays on that loop; one from elsewhere goes to the loops in turn. A request is sent at most once, whatever its method and
/// whatever happens to the connection, and an error says whether anything can have been sent. Redirects are answers like others. Certificates are always verified.
///
/// May be used on any thread. Call `shutdown` before the loops are stopped.
package final class HTTPClient: HTTPCaller, Sendable {
  private let sessions: [LoopSession]
  private let loops: EventLoopGroup
  private let admission: Admission

  package init(configuration: HTTPClientConfiguration = .init(), loops: EventLoopGroup) {
    self.loops = loops
    sessions = loops.loops.map { LoopSession(loop: $0, configuration: configuration, share: loops.loops.count) }
    admission = Admission(inFlight: configuration.inFlight, waiting: configuration.waiting)
  }

  /// A client that is let go without `shutdown` has no call in flight, since a call holds it: only connections are left to close.
  deinit { for session in sessions { session.loop.execute { session.close() } } }

  /// Sends a request, once, and gives the whole answer. The time spent waiting for a turn counts into the call's timeout.
  ///
  /// Cancelling the task ends the call at once with `.canceled`; what was sent stays sent, and the error says whether that can be so.
  package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
    let prepared = try PreparedRequest(request)
    let deadline = ContinuousClock.now + request.timeout
    guard request.timeout > .zero else { throw Admission.late }
    let session = nextSession()
    try await admission.enter { expire in session.clock(request.timeout, expire) }
    defer { admission.leave() }
    return try await session.perform(prepared, deadline: deadline)
  }

  /// Ends what is in flight and what waits with `.canceled`, and closes every connection. Later calls are refused. May be called more than once.
  package func shutdown() async {
    admission.close()
    for session in sessions { await session.shutdown() }
  }

  /// How many calls are in flight at this moment, and how many wait for a turn: for gauges.
  package var load: (inFlight: Int, waiting: Int) { admission.load }

  private func nextSession() -> LoopSession {
    let loop = loops.next()
    guard let session = sessions.first(where: { $0.loop === loop }) else { preconditionFailure("every loop of the group has its session") }
    return session
  }
}
