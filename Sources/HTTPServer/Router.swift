import HTTPTypes

/// Finds the handler of a request: a trie of segments, made and checked once. A literal segment wins over a parameter; where the way through the literal leads
/// nowhere, the parameter is tried. HEAD is served by GET's handler and OPTIONS by the router, unless a route says otherwise.
package struct Router: Sendable {
  /// A route with its pattern read. A class: a match hands on one reference.
  final class Entry: Sendable {
    let route: Route
    let pattern: RoutePattern
    /// The pattern's segments that are parameters, by place.
    let parameters: [(place: Int, name: String)]

    init(route: Route, pattern: RoutePattern) {
      self.route = route
      self.pattern = pattern
      parameters = pattern.segments.enumerated().compactMap { place, segment in
        if case .parameter(let name) = segment { (place: place, name: name) } else { nil }
      }
    }
  }

  enum Match {
    case found(Entry, parameters: [String: String])
    case options(allow: String)
    case methodNotAllowed(allow: String)
    case notFound
  }

  private final class Node: Sendable {
    let literals: [String: Node]
    let parameter: Node?
    let entries: [Entry]

    init(literals: [String: Node], parameter: Node?, entries: [Entry]) {
      self.literals = literals
      self.parameter = parameter
      self.entries = entries
    }
  }

  private let root: Node

  package init(_ routes: [Route]) throws(RouterError) {
    var draft = Draft()
    for route in routes {
      let pattern = try RoutePattern(route.pattern)
      guard route.method != .connect else { throw RouterError(.invalidPattern, pattern: route.pattern, "CONNECT cannot be routed") }
      try draft.insert(Entry(route: route, pattern: pattern), at: pattern.segments[...])
    }
    root = draft.finished()
  }

  /// Answers a request without a socket: routing, the body's bound, HEAD, OPTIONS, 404 and 405, then the handler.
  package func respond(to request: Request) async -> Response {
    switch match(request.head.method, request.segments) {
    case .found(let entry, let parameters):
      guard request.body.count <= entry.route.bodyLimit else {
        return Self.tooLarge(limit: entry.route.bodyLimit).response(requestID: request.id)
      }
      var request = request
      request.route = entry.route.pattern
      request.parameters = parameters
      let response = await entry.route.handler(request)
      return request.head.method == .head ? response.withoutBody() : response
    case .options(let allow): return Response(status: .noContent, fields: [.allow: allow])
    case .methodNotAllowed(let allow): return Self.notAllowed(allow: allow).response(requestID: request.id)
    case .notFound: return Self.nothingHere.response(requestID: request.id)
    }
  }

  static let nothingHere = HTTPError(.notFound, "No resource has this address.")
  static func notAllowed(allow: String) -> HTTPError { HTTPError(.methodNotAllowed, "Allowed: \(allow).", fields: [.allow: allow]) }
  static func tooLarge(limit: Int) -> HTTPError { HTTPError(.bodyTooLarge, "The body may have at most \(limit) bytes.") }

  func match(_ method: HTTPRequest.Method, _ segments: [String]) -> Match {
    var allowed: [HTTPRequest.Method] = []
    if let entry = Self.find(method, segments, 0, root, &allowed) {
      if entry.parameters.isEmpty { return .found(entry, parameters: [:]) }
      return .found(entry, parameters: Dictionary(uniqueKeysWithValues: entry.parameters.map { ($0.name, segments[$0.place]) }))
    }
    guard !allowed.isEmpty else { return .notFound }
    let allow = Self.allow(allowed)
    return method == .options ? .options(allow: allow) : .methodNotAllowed(allow: allow)
  }

  private static func find(
    _ method: HTTPRequest.Method, _ segments: [String], _ place: Int, _ node: Node, _ allowed: inout [HTTPRequest.Method]
  ) -> Entry? {
    guard place < segments.count else {
      for entry in node.entries where entry.route.method == method { return entry }
      if method == .head, let entry = node.entries.first(where: { $0.route.method == .get }) { return entry }
      allowed.append(contentsOf: node.entries.map(\.route.method))
      return nil
    }
    let segment = segments[place]
    if let next = node.literals[segment], let entry = find(method, segments, place + 1, next, &allowed) { return entry }
    guard let next = node.parameter, !segment.isEmpty else { return nil }
    return find(method, segments, place + 1, next, &allowed)
  }

  /// The value of Allow: each method once, with those the router serves by itself.
  private static func allow(_ methods: [HTTPRequest.Method]) -> String {
    var names = Set(methods.map(\.rawValue))
    if names.contains("GET") { names.insert("HEAD") }
    names.insert("OPTIONS")
    return names.sorted().joined(separator: ", ")
  }

  /// The trie while it is built.
  private struct Draft {
    var literals: [String: Draft] = [:]
    var parameter: [Draft] = []
    var entries: [Entry] = []

    mutating func insert(_ entry: Entry, at segments: ArraySlice<RoutePattern.Segment>) throws(RouterError) {
      switch segments.first {
      case nil:
        if let other = entries.first(where: { $0.route.method == entry.route.method }) {
          throw RouterError(.conflict, pattern: entry.pattern.text, "\(entry.route.method) \(other.pattern.text) matches the same requests")
        }
        entries.append(entry)
      case .literal(let text):
        var next = literals[text] ?? Draft()
        try next.insert(entry, at: segments.dropFirst())
        literals[text] = next
      case .parameter:
        if parameter.isEmpty { parameter.append(Draft()) }
        try parameter[0].insert(entry, at: segments.dropFirst())
      }
    }

    func finished() -> Node {
      Node(literals: literals.mapValues { $0.finished() }, parameter: parameter.first?.finished(), entries: entries)
    }
  }
}

extension Response {
  /// The same answer for HEAD: the length it would have, and no body (RFC 9110 §9.3.2).
  func withoutBody() -> Response {
    var response = self
    if case .bytes(let bytes) = body { response.fields[.contentLength] = String(bytes.count) }
    if case .empty = body, response.mayHaveBody { response.fields[.contentLength] = "0" }
    response.body = .empty
    return response
  }

  /// Answers 1xx, 204 and 304 never have a body (RFC 9112 §6.3).
  var mayHaveBody: Bool { status.code >= 200 && status.code != 204 && status.code != 304 }
}
