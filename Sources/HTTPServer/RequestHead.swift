import HTTPTypes

/// A request's head, read and judged: what the connection needs to know before the body. A class, since it is passed on a few times and has a dozen references
/// inside: one to count instead of all of them.
final class RequestHead: Sendable {
  let method: HTTPRequest.Method
  let target: RequestTarget
  /// `OPTIONS *`: asks about the server, not a resource.
  let isAsterisk: Bool
  /// 0 or 1 of HTTP/1.x.
  let minorVersion: Int
  /// The host the request is for: of an absolute target, else of Host; empty in HTTP/1.0 without one.
  let authority: String
  let fields: HTTPFields
  let framing: BodyFraming
  /// Whether the client wants to send another request on this connection (RFC 9112 §9.3).
  let keepsAlive: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  let expectsContinue: Bool
  /// The caller's own id of the request, where it is fit to be shown.
  let requestID: String?

  init(
    method: HTTPRequest.Method, target: RequestTarget, isAsterisk: Bool, minorVersion: Int, authority: String, fields: HTTPFields,
    framing: BodyFraming, keepsAlive: Bool, expectsContinue: Bool, requestID: String?
  ) {
    self.method = method
    self.target = target
    self.isAsterisk = isAsterisk
    self.minorVersion = minorVersion
    self.authority = authority
    self.fields = fields
    self.framing = framing
    self.keepsAlive = keepsAlive
    self.expectsContinue = expectsContinue
    self.requestID = requestID
  }
}

/// How long the body is (RFC 9112 §6).
enum BodyFraming: Equatable, Sendable {
  case none
  case length(Int)
  case chunked
}
