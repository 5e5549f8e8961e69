import HTTPTypes

/// A request that can be sent: checked, and written as libcurl wants it.
struct PreparedRequest: Sendable {
  /// How libcurl is told what to do with the body.
  enum Shape: Sendable {
    /// No body, no Content-Length.
    case bodyless
    /// No body either way.
    case head
    /// A body, maybe empty, with Content-Length.
    case upload
  }

  let shape: Shape
  let method: String
  let url: String
  /// The URL without its query and fragment: what errors may show.
  let place: String
  /// Lines for `CURLOPT_HTTPHEADER`: `Name: value`, `Name;` for an empty value, `Name:` to leave out what libcurl would add.
  let lines: [String]
  let body: [UInt8]
  let connectTimeout: Duration
  let freshConnection: Bool
  let answerLimit: Int
  let keepsAnswer: Bool
  let bodyRate: Int?

  /// Bound of the URL, and of the lines together: servers refuse more than 8-16 KiB.
  static let headLimit = 16 * 1024

  /// Throws `.invalidRequest` with the reason; nothing has been sent then.
  init(_ request: HTTPClientRequest) throws(HTTPClientError) {
    place = try Self.checkedPlace(of: request.url)
    shape = try Self.shape(of: request.method, hasBody: !request.body.isEmpty)
    lines = try Self.lines(of: request)
    method = request.method.rawValue
    url = request.url
    body = request.body
    connectTimeout = request.connectTimeout
    freshConnection = request.freshConnection
    answerLimit = request.answerLimit
    keepsAnswer = request.keepsAnswer
    bodyRate = request.bodyRate
  }

  private static func refuse(_ reason: String) -> HTTPClientError {
    HTTPClientError(code: .invalidRequest, mayHaveBeenSent: false, detail: reason)
  }

  // MARK: URL (RFC 3986 §3, RFC 9110 §4.2)

  /// Checks scheme and authority, so that nothing but http and https to a named host goes out, and gives what may be shown. libcurl judges the rest.
  private static func checkedPlace(of url: String) throws(HTTPClientError) -> String {
    guard url.utf8.count <= headLimit else { throw refuse("the URL is longer than \(headLimit) bytes") }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw refuse("the URL has a byte that must be percent-encoded") }
    // Every byte is a character of its own from here on.
    guard let colon = schemeEnd(url.utf8) else { throw refuse("the URL has no scheme") }
    let scheme = url[..<colon].lowercased()
    guard scheme == "http" || scheme == "https" else { throw refuse("only http and https URLs are called") }
    let shown = url.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    let authority = shown.dropFirst(scheme.utf8.count + 3).prefix { $0 != UInt8(ascii: "/") }
    guard !authority.isEmpty, authority.first != UInt8(ascii: ":") else { throw refuse("the URL has no host") }
    guard !authority.contains(UInt8(ascii: "@")) else { throw refuse("the URL has a user name; name it in a field") }
    guard authority.allSatisfy(isAuthorityByte) else { throw refuse("the URL's host has a byte that no host has") }
    return String(url[..<shown.endIndex])
  }

  /// Where the first `://` begins.
  private static func schemeEnd(_ url: String.UTF8View) -> String.Index? {
    var rest = url[...]
    while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
      if url[colon...].dropFirst().starts(with: "//".utf8) { return colon }
      rest = url[colon...].dropFirst()
    }
    return nil
  }

  private static func isAuthorityByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): true
    default: false
    }
  }

  // MARK: Method and body

  /// POST, PUT and PATCH always say how long their body is, even when it is empty (RFC 9110 §8.6).
  private static func shape(of method: HTTPRequest.Method, hasBody: Bool) throws(HTTPClientError) -> Shape {
    switch method {
    case .head where !hasBody: return .head
    case .get where !hasBody: return .bodyless
    case .get, .head: throw refuse("\(method.rawValue) carries no body")
    case .connect, .trace: throw refuse("\(method.rawValue) is not ours to send")
    case .post, .put, .patch: return .upload
    default: return hasBody ? .upload : .bodyless
    }
  }

  // MARK: Fields

  /// What frames the message and holds the connection is libcurl's; a caller who names it is mistaken, save a right Content-Length.
  private static let connectionFields: Set<String> = [
    "connection", "expect", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
  ]

  private static func lines(of request: HTTPClientRequest) throws(HTTPClientError) -> [String] {
    // Without `Expect:` libcurl would wait for a 100 before larger bodies; without `Content-Type:` it would name one that nobody asked for.
    var lines = ["Expect:"]
    if !request.fields.contains(.contentType) { lines.append("Content-Type:") }
    if !request.fields.contains(.accept) { lines.append("Accept:") }
    var size = 0
    for field in request.fields {
      let name = field.name.canonicalName
      guard !connectionFields.contains(name), !name.hasPrefix(":") else { throw refuse("the field \(name) is the client's own") }
      if name == "content-length" {
        guard field.value == String(request.body.count) else { throw refuse("content-length is not the body's length") }
        continue
      }
      let line = field.value.isEmpty ? "\(field.name.rawName);" : "\(field.name.rawName): \(field.value)"
      guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw refuse("the field \(name) has a control character")
      }
      size += line.utf8.count + 2
      lines.append(line)
    }
    guard size <= headLimit else { throw refuse("the fields are longer than \(headLimit) bytes") }
    return lines
  }
}
