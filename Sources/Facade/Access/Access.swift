import HTTPServer
import HTTPTypes
import Payments

/// Who calls.
enum Caller: Sendable {
  case key(APIKey)
  /// Whoever holds a link's client token: reads that link and nothing else. Whether such a link exists is for the reader to find.
  case client(Token)
}

/// Reads a request's credentials and holds them against what a route asks for (RFC 6750; design §4.3).
struct Access: Sendable {
  static let clientPrefix = "ct_"
  static let clientParameter = "client_token"

  let keys: APIKeys
  let clock: any WallClock
  let use: KeyUse

  /// Whose key a request shows, if it is a valid one: for counting. What it may do is judged later.
  func keyShown(by request: Request) -> APIKey? {
    let values = request.head.fields[values: .authorization]
    let parts = values.count == 1 ? values[0].split(separator: " ") : []
    guard parts.count == 2, parts[0].lowercased() == "bearer", let key = keys.key(String(parts[1])) else { return nil }
    return isOver(key, clock.now()) ? nil : key
  }

  /// The key of a request, which must have the scope.
  func key(of request: Request, for scope: KeyScope) throws(Problem) -> APIKey {
    guard let text = try bearer(of: request) else { throw .unauthorized() }
    guard case .key(let key) = try caller(text) else { throw .insufficientScope(scope, "A client token only reads its own link.") }
    return try admit(key, scope)
  }

  /// The key of a request that creates a link: a secret one with `links:write`, or a publishable one, whose orders are signed.
  func creator(of request: Request) throws(Problem) -> APIKey {
    guard let text = try bearer(of: request) else { throw .unauthorized() }
    guard case .key(let key) = try caller(text) else {
      throw .insufficientScope(.linksWrite, "A client token only reads its own link.")
    }
    return key.kind == .publishable && key.order != nil ? key : try admit(key, .linksWrite)
  }

  /// Who reads one link: a key with `links:read`, or a client token in the header or the query.
  func reader(of request: Request, query: [FormField]) throws(Problem) -> Caller {
    let parameters = query.filter { $0.name == Self.clientParameter }
    let bearer = try bearer(of: request)
    switch (bearer, parameters.count) {
    case (nil, 0): throw .unauthorized()
    case (let text?, 0):
      let caller = try caller(text)
      if case .key(let key) = caller { return .key(try admit(key, .linksRead)) }
      return caller
    case (nil, 1):
      guard let token = Self.clientToken(parameters[0].value) else { throw .unauthorized(isPresented: true) }
      return .client(token)
    default: throw Problem(.http(.malformed), "Credentials are given more than once.")
    }
  }

  /// Publishable keys live in browsers, so that only a signed order can stand behind them.
  private func admit(_ key: APIKey, _ scope: KeyScope) throws(Problem) -> APIKey {
    guard key.kind == .secret else {
      throw .insufficientScope(scope, "A publishable key only creates links, from signed orders.")
    }
    guard key.scopes.contains(scope) else { throw .insufficientScope(scope, "The key lacks the scope \(scope.rawValue).") }
    return key
  }

  private func caller(_ text: String) throws(Problem) -> Caller {
    if text.hasPrefix(Self.clientPrefix) {
      guard let token = Self.clientToken(text) else { throw .unauthorized(isPresented: true) }
      return .client(token)
    }
    guard let key = keys.key(text) else { throw .unauthorized(isPresented: true) }
    let now = clock.now()
    guard !isOver(key, now) else { throw .unauthorized(isPresented: true) }
    use.note(key, at: now)
    return .key(key)
  }

  private func isOver(_ key: APIKey, _ now: Timestamp) -> Bool { key.expiresAt.map { $0 <= now } ?? false }

  /// What stands behind `Bearer`; nil where there is no Authorization at all.
  private func bearer(of request: Request) throws(Problem) -> String? {
    let values = request.head.fields[values: .authorization]
    guard let value = values.first else { return nil }
    guard values.count == 1 else { throw Problem(.http(.malformed), "Credentials are given more than once.") }
    let parts = value.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .unauthorized() }
    return String(parts[1])
  }

  private static func clientToken(_ text: String) -> Token? {
    guard text.hasPrefix(clientPrefix) else { return nil }
    return try? Token(String(text.dropFirst(clientPrefix.count)))
  }
}
