package import HTTPTypes

/// A request as a handler sees it: the head, the matched route, and the whole body within its bound.
package struct Request: Sendable {
  /// Method, authority, path and fields as received; duplicates of a field are kept.
  package let head: RequestHead
  /// What the route's `{name}` segments matched.
  package var parameters: [String: String]
  /// The whole body; never longer than the route's bound.
  package let body: [UInt8]
  /// The pattern of the matched route, such as `/v1/payment-links/{id}`: what logs and metrics may show.
  package var route: String
  /// Address of the peer, without port.
  package let peer: String
  /// Whether it came encrypted.
  package let isSecure: Bool
  private let requestID: RequestID
  /// How its handler waits for what happens elsewhere.
  package let pause: Pause

  init(
    head: RequestHead, parameters: [String: String], body: [UInt8], route: String, peer: String, isSecure: Bool, id: RequestID, pause: Pause
  ) {
    self.head = head
    self.parameters = parameters
    self.body = body
    self.route = route
    self.peer = peer
    self.isSecure = isSecure
    requestID = id
    self.pause = pause
  }

  /// The path's segments, percent-decoded; `/` gives none. Decoding happens once, after splitting, so an encoded slash stays in its segment.
  package var segments: [String] { head.target.segments }
  /// The raw query without `?`, or nil where the target has none.
  package var query: String? { head.target.query }
  /// The id of this request, ours or the caller's, for logs and problems.
  package var id: String { requestID.text }
}

extension Request {
  /// A request that came over no connection.
  package init(
    head: HTTPRequest, segments: [String], query: String?, parameters: [String: String] = [:], body: [UInt8] = [], route: String = "",
    peer: String = "", id: String = ""
  ) {
    self.init(
      head: RequestHead(
        method: head.method, target: RequestTarget(path: head.path ?? "", segments: segments, query: query),
        authority: head.authority ?? "", fields: RequestFields(head.headerFields)),
      parameters: parameters, body: body, route: route, peer: peer, isSecure: head.scheme == "https", id: .given(id), pause: .none)
  }
}
