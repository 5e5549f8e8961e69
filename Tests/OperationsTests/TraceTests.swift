import HTTPServer
import HTTPTypes
import Instrumentation
import Logging
import Payments
import ServiceContextModule
import Synchronization
import Testing

@testable import Operations

/// W3C Trace Context (https://www.w3.org/TR/trace-context).
struct TraceTests {
  static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  static let span = "00f067aa0ba902b7"

  @Test(
    "A valid field is read",
    arguments: ["00-\(trace)-\(span)-01", "00-\(trace)-\(span)-00", "01-\(trace)-\(span)-01", "cc-\(trace)-\(span)-ff-what-comes-later"])
  func valid(_ text: String) throws {
    let context = try #require(TraceContext(traceparent: text))
    #expect(context.trace == Self.trace && context.span == Self.span && context.flags == text.split(separator: "-")[3])
  }

  @Test(
    "What is no field is none",
    arguments: [
      "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01x",
      "01-\(trace)-\(span)-01x", "ff-\(trace)-\(span)-01", "0g-\(trace)-\(span)-01", "00-\(trace)-\(span)-0G",
      "00-\(String(repeating: "0", count: 32))-\(span)-01", "00-\(trace)-0000000000000000-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-\(span)-01",
      "00_\(trace)-\(span)-01", "00-\(trace)_\(span)-01", "00-\(trace)-\(span)_01", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-é",
    ])
  func invalid(_ text: String) {
    #expect(TraceContext(traceparent: text) == nil)
    let begun = TraceContext(traceparent: text, requestID: Self.trace)
    #expect(begun.trace == Self.trace && TraceContext(traceparent: begun.traceparent) != nil)
  }

  @Test("A trace that begins here has the request's id where that can be one, and else one that is the same for the same request")
  func begun() {
    #expect(TraceContext(traceparent: nil, requestID: Self.trace).trace == Self.trace)
    for id in ["order-1", "", String(repeating: "0", count: 32), "4BF92F3577B34DA6A3CE929D0E0E4736"] {
      let context = TraceContext(traceparent: nil, requestID: id)
      #expect(context == TraceContext(traceparent: nil, requestID: id))
      #expect(context.trace != id && TraceContext(traceparent: context.traceparent) == context)
    }
  }

  @Test("What goes out has the same trace and a span of its own; without a request it begins a trace")
  func outgoing() throws {
    let context = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01"))
    var top = ServiceContext.topLevel
    top.trace = context
    var fields: [String: String] = [:]
    W3CTraceInstrument().inject(top, into: &fields, using: DictionaryCarrier())
    let sent = try #require(fields["traceparent"].flatMap { TraceContext(traceparent: $0) })
    #expect(sent.trace == Self.trace && sent.span != Self.span && sent.flags == "01")
    var alone: [String: String] = [:]
    W3CTraceInstrument().inject(.topLevel, into: &alone, using: DictionaryCarrier())
    #expect(alone["traceparent"].flatMap { TraceContext(traceparent: $0) } != nil)
    var read = ServiceContext.topLevel
    W3CTraceInstrument().extract(["traceparent": "00-\(Self.trace)-\(Self.span)-01"], into: &read, using: DictionaryCarrier())
    #expect(read.trace == context)
    W3CTraceInstrument().extract(["traceparent": "nonsense"], into: &read, using: DictionaryCarrier())
    #expect(read.trace == context)
  }

  @Test("Every log line of a request names its trace and its id, and lines beside it do not")
  func lines() async throws {
    let output = Lines()
    let logger = Logger(label: "test") { label in
      JSONLinesLogHandler(label: label, output: output, metadataProvider: .trace)
    }
    let route = Route(.get, "/x") { _ in
      logger.info("inside")
      return Response(status: .ok)
    }
    let router = try Router(Traces().traced([route]))
    let parent = "00-\(Self.trace)-\(Self.span)-01"
    _ = await router.respond(to: try Request(.get, "/x", fields: [.traceparent: parent], id: "r1"))
    var twice: HTTPFields = [.traceparent: parent]
    twice.append(HTTPField(name: .traceparent, value: parent))
    _ = await router.respond(to: try Request(.get, "/x", fields: twice, id: "r2"))
    logger.info("outside")
    let lines = output.all
    #expect(lines.count == 3)
    #expect(lines[0].contains("\"trace_id\":\"\(Self.trace)\"") && lines[0].contains("\"request\":\"r1\""))
    // Given twice it is not believed (§3.2).
    #expect(lines[1].contains("\"trace_id\"") && !lines[1].contains(Self.trace))
    #expect(!lines[2].contains("trace_id") && !lines[2].contains("\"request\""))
  }

  private final class Lines: LogOutput {
    private let kept = Mutex<[String]>([])
    func write(line: [UInt8]) { kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    var all: [String] { kept.withLock { $0 } }
  }

  private struct DictionaryCarrier: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
  }
}
