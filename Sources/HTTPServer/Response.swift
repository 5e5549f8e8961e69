package import HTTPTypes

/// An answer: status, fields and body. The server adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection` where needed.
package struct Response: Sendable {
  package enum Body: Sendable {
    case empty
    case bytes([UInt8])
    /// Written piece by piece, in chunks (HTTP/1.1) or until close (HTTP/1.0).
    case stream(@Sendable (any BodyWriter) async throws -> Void)
  }

  package var status: HTTPResponse.Status
  package var fields: HTTPFields
  package var body: Body

  package init(status: HTTPResponse.Status, fields: HTTPFields = [:], body: Body = .empty) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// An answer with a text body of the given media type.
  package init(status: HTTPResponse.Status, contentType: String, text: String, fields: HTTPFields = [:]) {
    var fields = fields
    // A literal is the cheapest way to a first field.
    if fields.isEmpty { fields = [.contentType: contentType] } else { fields[.contentType] = contentType }
    self.init(status: status, fields: fields, body: .bytes(Array(text.utf8)))
  }
}

/// Where a streamed body goes.
package protocol BodyWriter: Sendable {
  /// Writes a piece; returns when the kernel has taken it. Throws when the peer is gone, too slow, or the server drains.
  func write(_ bytes: [UInt8]) async throws
}
