import HTTPTypes

/// A request's head, read and judged: what the connection needs to know before the body.
struct RequestHead: Sendable {
  var method: HTTPRequest.Method
  var target: RequestTarget
  /// `OPTIONS *`: asks about the server, not a resource.
  var isAsterisk: Bool
  /// 0 or 1 of HTTP/1.x.
  var minorVersion: Int
  /// The host the request is for: of an absolute target, else of Host; empty in HTTP/1.0 without one.
  var authority: String
  var fields: HTTPFields
  var framing: BodyFraming
  /// Whether the client wants to send another request on this connection (RFC 9112 §9.3).
  var keepsAlive: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  var expectsContinue: Bool
  /// The caller's own id of the request, where it is fit to be shown.
  var requestID: String?
}

/// How long the body is (RFC 9112 §6).
enum BodyFraming: Equatable, Sendable {
  case none
  case length(Int)
  case chunked
}
