package import HTTPTypes

/// A request as a handler sees it: the head, the matched route, and the whole body within its bound.
package struct Request: Sendable {
  /// Method, authority, path and fields as received; duplicates of a field are kept (swift-http-types).
  package var head: HTTPRequest
  /// The path's segments, percent-decoded; `/` gives none. Decoding happens once, after splitting, so an encoded slash stays in its segment.
  package var segments: [String]
  /// The raw query without `?`, or nil where the target has none.
  package var query: String?
  /// What the route's `{name}` segments matched.
  package var parameters: [String: String]
  /// The whole body; never longer than the route's bound.
  package var body: [UInt8]
  /// The pattern of the matched route, such as `/v1/payment-links/{id}`: what logs and metrics may show.
  package var route: String
  /// Address of the peer, without port.
  package var peer: String
  /// The id of this request, ours or the caller's, for logs and problems.
  package var id: String
  /// How its handler waits for what happens elsewhere.
  package var pause: Pause

  package init(
    head: HTTPRequest, segments: [String], query: String?, parameters: [String: String] = [:], body: [UInt8] = [], route: String = "",
    peer: String = "", id: String = "", pause: Pause = .none
  ) {
    self.head = head
    self.segments = segments
    self.query = query
    self.parameters = parameters
    self.body = body
    self.route = route
    self.peer = peer
    self.id = id
    self.pause = pause
  }
}
