package import HTTPTypes

extension Request {
  /// A request for a target such as `/v1/payment-links?limit=5`, as the server itself makes it from the wire: for tests and for calling a router without a socket.
  package init(
    _ method: HTTPRequest.Method, _ target: String, fields: HTTPFields = [:], body: [UInt8] = [], authority: String = "localhost",
    peer: String = "127.0.0.1", id: String = "test"
  ) throws(HTTPError) {
    let parts = try RequestTarget(target.utf8)
    self.init(
      head: HTTPRequest(method: method, scheme: "http", authority: authority, path: target, headerFields: fields),
      segments: parts.segments,
      query: parts.query, body: body, peer: peer, id: id)
  }
}
