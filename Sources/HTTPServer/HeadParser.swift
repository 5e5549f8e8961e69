/// Reads a complete head (RFC 9112 §2-§6) in one pass over the connection's buffer:
/// ```
/// POST /v1/payment-links?x=1 HTTP/1.1 CRLF
/// Host: pay.example.uz CRLF
/// Content-Length: 317 CRLF
/// CRLF
/// ```
/// Strict wherever two readers might see two requests: one Host, one Content-Length of digits, never both lengths, no folded lines, no blank before a colon. What is
/// refused here ends the connection, since nobody can say where the next request begins.
enum HeadParser {
  /// - Parameter bytes: begins with a head and its closing empty line, as `HeadScanner` found it.
  /// - Parameter range: where the head stands in them.
  static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>, limits: ServerLimits) throws(HTTPError) -> RequestHead {
    var place = range.lowerBound
    let line = try RequestLine(bytes, &place, limits: limits)
    var fields = HeadFields(start: range.lowerBound)
    var count = 0
    while bytes[place] != 0x0d {
      count += 1
      guard count <= limits.fields else { throw HTTPError(.headTooLarge, "The head may have at most \(limits.fields) fields.") }
      try fields.read(bytes, &place)
    }
    guard place + 2 == range.upperBound, bytes[place + 1] == 0x0a else { throw HTTPError(.malformed, "A CR stands alone in the head.") }
    return try head(line, fields, bytes.array(range))
  }

  private static func head(
    _ line: consuming RequestLine, _ fields: HeadFields, _ bytes: [UInt8]
  ) throws(HTTPError) -> RequestHead {
    let host = try fields.host(minorVersion: line.minorVersion)
    let framing = try fields.framing(minorVersion: line.minorVersion)
    return RequestHead(
      method: line.method, target: line.target, isAsterisk: line.isAsterisk, minorVersion: line.minorVersion,
      authority: line.authority ?? host,
      fields: RequestFields(bytes: bytes, places: fields.places), framing: framing,
      keepsAlive: fields.keepsAlive(minorVersion: line.minorVersion),
      expectsContinue: try fields.expectsContinue(minorVersion: line.minorVersion), requestID: fields.callerID)
  }
}

extension Span<UInt8> {
  /// The bytes of a range as a text; what is not UTF-8 is repaired.
  func text(_ range: Range<Int>) -> String {
    // SAFETY: extracting checks the range; the buffer does not outlive the call.
    unsafe extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of a range.
  func array(_ range: Range<Int>) -> [UInt8] {
    // SAFETY: extracting checks the range; the buffer is copied.
    unsafe extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// Whether a range holds exactly a text.
  func holds(_ text: StaticString, at range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where unsafe self[range.lowerBound + index] != text.utf8Start[index] { return false }
    return true
  }
}
