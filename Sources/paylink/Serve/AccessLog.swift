import HTTPServer
import Logging
import Operations

/// One line a request (house-style): the route's pattern, never the path.
struct AccessLog: Sendable {
  let logger: Logger

  func note(_ record: AccessRecord) {
    logger.info(
      "request",
      metadata: [
        "request": "\(record.requestID)", "method": "\(record.method)", "route": "\(record.route.isEmpty ? "-" : record.route)",
        "status": "\(record.status)", "ms": "\(Self.milliseconds(record.duration))", "in": "\(record.bytesIn)", "out": "\(record.bytesOut)",
        "peer": "\(record.peer)",
        "trace_id": "\(TraceContext(traceparent: record.traceparent, requestID: record.requestID).trace)",
      ])
  }

  /// With three decimal places.
  private static func milliseconds(_ duration: Duration) -> String {
    let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
    let rest = microseconds % 1000
    return "\(microseconds / 1000).\(rest < 10 ? "00" : rest < 100 ? "0" : "")\(rest)"
  }
}
