import HTTPTypes

/// The first line of a head: `POST /v1/payment-links?x=1 HTTP/1.1` (RFC 9112 §3).
struct RequestLine {
  var method: HTTPRequest.Method
  var target: RequestTarget
  var isAsterisk = false
  var minorVersion: Int
  /// Of an absolute target; it then takes the place of Host (RFC 9112 §3.2.2).
  var authority: String?

  /// Reads the line and its CR LF; `place` moves behind it.
  init(_ bytes: Span<UInt8>, _ place: inout Int, limits: ServerLimits) throws(HTTPError) {
    let methodStart = place
    while HeadGrammar.isToken(bytes[place]) { place += 1 }
    let methodRange = methodStart..<place
    guard !methodRange.isEmpty, bytes[place] == 0x20 else {
      throw HTTPError(.malformed, "The request line does not begin with a method and a blank.")
    }
    place += 1
    let targetStart = place
    while HeadGrammar.isTarget(bytes[place]) { place += 1 }
    let targetRange = targetStart..<place
    guard !targetRange.isEmpty, bytes[place] == 0x20 else {
      throw HTTPError(.malformed, "The address has a character that may not stand there.")
    }
    guard targetRange.count <= limits.targetBytes else { throw HeadScanner.targetTooLong(limits) }
    place += 1
    minorVersion = try Self.version(bytes, &place)
    method = try Self.method(bytes, methodRange)
    guard bytes[targetRange.lowerBound] != UInt8(ascii: "/") else {
      target = try RequestTarget(bytes, targetRange)
      return
    }
    if bytes.holds("*", at: targetRange) {
      guard method == .options else { throw HTTPError(.malformed, "The address * is for OPTIONS only.") }
      target = .asterisk
      isAsterisk = true
      return
    }
    (authority, target) = try Self.absolute(bytes.text(targetRange))
  }

  /// `HTTP/1.1`, exactly; other majors are 505, and a later minor of 1 is read as 1.1 (RFC 9110 §2.5).
  private static func version(_ bytes: Span<UInt8>, _ place: inout Int) throws(HTTPError) -> Int {
    let start = place
    while bytes[place] != 0x0d { place += 1 }
    guard place - start == 8, bytes.holds("HTTP/", at: start..<start + 5), bytes[start + 6] == UInt8(ascii: "."),
      let major = digit(bytes[start + 5]), let minor = digit(bytes[start + 7]), bytes[place + 1] == 0x0a
    else { throw HTTPError(.malformed, "The request line does not end with a version such as HTTP/1.1.") }
    place += 2
    guard major == 1 else { throw HTTPError(.versionNotSupported, "HTTP/1.1 is spoken here.") }
    return min(minor, 1)
  }

  private static func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte - 0x30) : nil }

  /// Methods are case-sensitive; one that we do not know is 501 (RFC 9110 §9.1).
  private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> HTTPRequest.Method {
    switch range.count {
    case 3 where bytes.holds("GET", at: range): return .get
    case 3 where bytes.holds("PUT", at: range): return .put
    case 4 where bytes.holds("POST", at: range): return .post
    case 4 where bytes.holds("HEAD", at: range): return .head
    case 5 where bytes.holds("PATCH", at: range): return .patch
    case 5 where bytes.holds("TRACE", at: range): return .trace
    case 6 where bytes.holds("DELETE", at: range): return .delete
    case 7 where bytes.holds("OPTIONS", at: range): return .options
    default: throw HTTPError(.notImplemented, "The method is not implemented.")
    }
  }

  /// `http://host:port/path?query`, which a server must take although only proxies need it (RFC 9112 §3.2.2).
  private static func absolute(_ text: String) throws(HTTPError) -> (authority: String, target: RequestTarget) {
    let lower = text.lowercased()
    guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else {
      throw HTTPError(.malformed, "The address is neither a path nor an http address.")
    }
    let rest = text.utf8.dropFirst(scheme.utf8.count)
    let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    let authority = String(Substring(rest[..<end]))
    guard Authority.isValid(Array(authority.utf8).span, 0..<authority.utf8.count) else {
      throw HTTPError(.malformed, "The address has no valid host.")
    }
    let path = String(Substring(rest[end...]))
    return (authority, try RequestTarget((path.hasPrefix("/") ? path : "/" + path).utf8))
  }
}
