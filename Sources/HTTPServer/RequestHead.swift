package import HTTPTypes

/// A request's head, read and judged: what the connection needs to know before the body, and what handlers ask for. A class, since it is passed on a few times and has
/// a few references inside: one to count instead of all of them.
package final class RequestHead: Sendable {
  package let method: HTTPRequest.Method
  let target: RequestTarget
  /// `OPTIONS *`: asks about the server, not a resource.
  let isAsterisk: Bool
  /// 0 or 1 of HTTP/1.x.
  let minorVersion: Int
  /// The host the request is for: of an absolute target, else of Host; empty in HTTP/1.0 without one.
  package let authority: String
  package let fields: RequestFields
  let framing: BodyFraming
  /// Whether the client wants to send another request on this connection (RFC 9112 §9.3).
  let keepsAlive: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  let expectsContinue: Bool
  /// The caller's own id of the request, where it is fit to be shown.
  let requestID: String?

  init(
    method: HTTPRequest.Method, target: RequestTarget, isAsterisk: Bool = false, minorVersion: Int = 1, authority: String,
    fields: RequestFields, framing: BodyFraming = .none, keepsAlive: Bool = true, expectsContinue: Bool = false, requestID: String? = nil
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

  /// Path and query as sent.
  package var path: String { target.path }
}

/// How long the body is (RFC 9112 §6).
enum BodyFraming: Equatable, Sendable {
  case none
  case length(Int)
  case chunked
}
