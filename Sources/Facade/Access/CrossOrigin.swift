import HTTPServer
import HTTPTypes

/// Lets pages of named origins call what a browser may call (Fetch standard, "HTTP-CORS protocol"): creates with a publishable key, and a link's read, events and
/// pictures with its client token. Names are compared whole; there is no `*` and there are no credentials, since nothing of ours rides on cookies.
struct CrossOrigin: Sendable {
  private let origins: Set<String>

  init(_ origins: [String]) { self.origins = Set(origins) }

  /// What a page may call, by pattern and method.
  private static let open: [String: Set<HTTPRequest.Method>] = [
    "/v1/payment-links": [.post], "/v1/payment-links/{id}": [.get], "/v1/payment-links/{id}/events": [.get],
    "/v1/payment-links/{id}/qr.svg": [.get], "/v1/payment-links/{id}/qr.png": [.get],
  ]

  private static let requestFields = "Authorization, Content-Type, Last-Event-ID, Traceparent, X-Request-Id"
  private static let responseFields = "Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
  /// Ten minutes: browsers keep a preflight for two hours at most, and a page that is taken off the list should soon notice.
  private static let preflightAge = "600"

  /// Tells a browser that the page may read this answer.
  func note(in fields: inout HTTPFields, for request: Request) {
    guard !origins.isEmpty, Self.open[request.route]?.contains(request.head.method == .head ? .get : request.head.method) == true else {
      return
    }
    // Also where the origin is none of ours: the answer would have been another for another.
    fields[.vary] = "Origin"
    guard let origin = allowed(request) else { return }
    fields[.accessControlAllowOrigin] = origin
    fields[.accessControlExposeHeaders] = Self.responseFields
  }

  /// OPTIONS of what is open, for those of the routes that are there.
  func preflights(of routes: [Route]) -> [Route] {
    guard !origins.isEmpty else { return [] }
    return Self.open.sorted { $0.key < $1.key }.compactMap { pattern, methods in
      let served = routes.filter { $0.pattern == pattern }.map(\.method)
      let allow = Set(served.flatMap { $0 == .get ? ["GET", "HEAD"] : [$0.rawValue] } + ["OPTIONS"]).sorted().joined(separator: ", ")
      let open = served.filter(methods.contains).map(\.rawValue).sorted().joined(separator: ", ")
      guard !open.isEmpty else { return nil }
      return Route(.options, pattern) { request in preflight(request, allow: allow, open: open) }
    }
  }

  /// Whether the page may do what it is about to do, the browser judges by these fields; without them it may not.
  private func preflight(_ request: Request, allow: String, open: String) -> Response {
    var fields: HTTPFields = [.allow: allow, .vary: "Origin"]
    if let origin = allowed(request) {
      fields[.accessControlAllowOrigin] = origin
      fields[.accessControlAllowMethods] = open
      fields[.accessControlAllowHeaders] = Self.requestFields
      fields[.accessControlMaxAge] = Self.preflightAge
    }
    return Response(status: .noContent, fields: fields)
  }

  private func allowed(_ request: Request) -> String? {
    let values = request.head.fields[values: .origin]
    guard values.count == 1, origins.contains(values[0]) else { return nil }
    return values[0]
  }
}
