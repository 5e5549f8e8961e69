package import HTTPTypes

/// Answers one kind of request. It never throws: what goes wrong is an answer too.
package typealias Handler = @Sendable (Request) async -> Response

/// A method and a path pattern with its handler.
///
/// A pattern is literal segments and `{name}` segments: `/v1/payment-links/{id}`. Literal segments win over names. Two routes that could
/// match the same request are an error when the router is made.
package struct Route: Sendable {
  /// Which share of the server's connections and queues serves the route (design §4.7).
  package enum Class: Sendable {
    case ordinary
    /// The acquirer's calls: a part of the server is kept free for them.
    case callback
  }

  package var method: HTTPRequest.Method
  package var pattern: String
  package var `class`: Class
  /// Bound of the body in bytes; a longer one is answered 413.
  package var bodyLimit: Int
  package var handler: Handler

  package init(
    _ method: HTTPRequest.Method, _ pattern: String, class: Class = .ordinary, bodyLimit: Int = 64 * 1024, handler: @escaping Handler
  ) {
    self.method = method
    self.pattern = pattern
    self.class = `class`
    self.bodyLimit = bodyLimit
    self.handler = handler
  }
}
