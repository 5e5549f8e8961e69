import HTTPClient
import HTTPTypes
import Operations
import ServiceContextModule
import Synchronization
import Testing

@testable import paylink

/// The trace in calls that go out.
struct TracedCallerTests {
  private final class Seen: HTTPCaller {
    private let kept = Mutex<[HTTPFields]>([])
    func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
      kept.withLock { $0.append(request.fields) }
      return HTTPClientResponse(status: 200)
    }
    var traces: [TraceContext?] { kept.withLock { $0.map { $0[.traceparent].flatMap { TraceContext(traceparent: $0) } } } }
  }

  @Test("A call on behalf of a request carries its trace with a span of its own, and any other a trace of its own")
  func carried() async throws {
    let seen = Seen()
    let caller = TracedCaller(seen)
    var context = ServiceContext.topLevel
    let trace = TraceContext.fresh()
    context.trace = trace
    try await ServiceContext.withValue(context) {
      _ = try await caller.send(HTTPClientRequest(url: "http://127.0.0.1"))
      // As a use case does that must outlive its caller.
      _ = try await Task { try await caller.send(HTTPClientRequest(url: "http://127.0.0.1")) }.value
    }
    _ = try await caller.send(HTTPClientRequest(url: "http://127.0.0.1"))
    let traces = seen.traces.compactMap(\.self)
    #expect(traces.count == 3)
    #expect(traces[0].trace == trace.trace && traces[1].trace == trace.trace && traces[2].trace != trace.trace)
    #expect(Set(traces.map(\.span) + [trace.span]).count == 4)
  }
}
