import HTTPTypes
import Transport

/// One request and its answer, as the connection keeps count of them.
struct Exchange {
  let method: HTTPRequest.Method?
  let id: RequestID
  let minorVersion: Int
  var keepsAlive: Bool
  var route = ""
  var `class`: Route.Class = .ordinary
  var bytesIn = 0
  var bytesOut = 0
  /// When the head was complete; 0 where nobody watches.
  let started: UInt64
  /// As it came; read only where somebody watches.
  let traceparent: String?

  init(head: RequestHead, id: RequestID, observed: Bool) {
    method = head.method
    self.id = id
    minorVersion = head.minorVersion
    keepsAlive = head.keepsAlive
    started = observed ? EventLoop.clock() : 0
    traceparent = observed ? head.fields[.traceparent] : nil
  }

  /// A request whose head cannot be read.
  /// - Parameter isHead: it begins as a HEAD, whose answer has no content whatever it says (RFC 9110 §9.3.2).
  init(refusedWith id: RequestID, isHead: Bool, observed: Bool) {
    method = isHead ? .head : nil
    self.id = id
    minorVersion = 1
    keepsAlive = false
    started = observed ? EventLoop.clock() : 0
    traceparent = nil
  }

  var isHead: Bool { method == .head }

  func record(status: Int, peer: String) -> AccessRecord {
    AccessRecord(
      method: method?.rawValue ?? "", route: route, status: status, duration: .nanoseconds(Int64(EventLoop.clock() - started)),
      bytesIn: bytesIn,
      bytesOut: bytesOut, requestID: id.text, class: `class`, peer: peer, traceparent: traceparent)
  }
}
