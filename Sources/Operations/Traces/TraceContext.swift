package import Logging
package import ServiceContextModule

/// Where a request stands in a trace that began elsewhere or here (W3C Trace Context, https://www.w3.org/TR/trace-context):
/// `traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`, version, trace, span and flags in lower-case hex.
///
/// `tracestate` is not carried: it is other vendors' own, and our calls go to other companies.
package struct TraceContext: Hashable, Sendable {
  /// 32 digits, not all zero.
  package let trace: String
  /// 16 digits, not all zero: the span that this context's calls belong to.
  package let span: String
  package let flags: String

  package init(trace: String, span: String, flags: String) {
    self.trace = trace
    self.span = span
    self.flags = flags
  }

  /// Reads the field; nil where it is not one we can go on with (§3.2.2.3, §4.3): then a trace begins here.
  package init?(traceparent text: String) {
    let bytes = Array(text.utf8.prefix(56))
    guard bytes.count >= 55, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash else { return nil }
    let version = bytes[0..<2]
    // A later version may go on behind a dash; version 0 has nothing more, and ff is none.
    guard Self.isHex(version), !version.elementsEqual("ff".utf8),
      bytes.count == 55 || (!version.elementsEqual("00".utf8) && bytes[55] == Self.dash)
    else { return nil }
    let (trace, span, flags) = (bytes[3..<35], bytes[36..<52], bytes[53..<55])
    guard Self.isID(trace), Self.isID(span), Self.isHex(flags) else { return nil }
    self.trace = String(decoding: trace, as: UTF8.self)
    self.span = String(decoding: span, as: UTF8.self)
    self.flags = String(decoding: flags, as: UTF8.self)
  }

  /// The context of a request: its caller's where that is valid; else one that begins here, with the request's own id where it has a trace id's form. The same for
  /// whoever asks, so that a log line made later names the same trace.
  package init(traceparent: String?, requestID: String) {
    if let traceparent, let known = TraceContext(traceparent: traceparent) {
      self = known
      return
    }
    let id = Array(requestID.utf8)
    if id.count == 32, Self.isID(id[...]), Self.isID(id[16...]) {
      self.init(trace: requestID, span: String(decoding: id[16...], as: UTF8.self), flags: "00")
    } else {
      let words = (0..<2).map { place in Self.word(requestID, place) }
      self.init(trace: Self.hex(words[0]) + Self.hex(words[1]), span: Self.hex(words[1]), flags: "00")
    }
  }

  /// A context that begins here, for work that no request asked for.
  package static func fresh() -> TraceContext {
    TraceContext(
      trace: hex(.random(in: .min ... .max)) + hex(.random(in: 1 ... .max)), span: hex(.random(in: 1 ... .max)), flags: "00")
  }

  /// The same trace with a span of its own: for a call that goes out.
  package func child() -> TraceContext { TraceContext(trace: trace, span: Self.hex(.random(in: 1 ... .max)), flags: flags) }

  package var traceparent: String { "00-\(trace)-\(span)-\(flags)" }

  private static let dash = UInt8(ascii: "-")

  private static func isHex(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static func isID(_ bytes: ArraySlice<UInt8>) -> Bool { isHex(bytes) && bytes.contains { $0 != UInt8(ascii: "0") } }

  /// The same within this process; never zero.
  private static func word(_ text: String, _ place: Int) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(place)
    hasher.combine(text)
    return UInt64(bitPattern: Int64(hasher.finalize())) | 1
  }

  private static func hex(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}

// MARK: - Carrying it

private enum RequestIDKey: ServiceContextKey {
  typealias Value = String
  static let nameOverride: String? = "request"
}

private enum TraceContextKey: ServiceContextKey {
  typealias Value = TraceContext
  static let nameOverride: String? = "trace"
}

extension ServiceContext {
  /// What a request is called in its answer (X-Request-Id).
  package var requestID: String? {
    get { self[RequestIDKey.self] }
    set { self[RequestIDKey.self] = newValue }
  }

  package var trace: TraceContext? {
    get { self[TraceContextKey.self] }
    set { self[TraceContextKey.self] = newValue }
  }
}

extension Logger.MetadataProvider {
  /// `request` and `trace_id` in every line that is written on behalf of a request.
  package static let trace = Logger.MetadataProvider {
    guard let context = ServiceContext.current, let trace = context.trace else { return [:] }
    var metadata: Logger.Metadata = ["trace_id": "\(trace.trace)"]
    if let request = context.requestID { metadata["request"] = "\(request)" }
    return metadata
  }
}
