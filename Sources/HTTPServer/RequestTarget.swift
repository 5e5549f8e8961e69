/// The target of a request in its parts (RFC 9112 §3.2): `/a/b%20c?x=1` gives the segments `a`, `b c` and the query `x=1`.
struct RequestTarget: Equatable, Sendable {
  /// Path and query as sent, without scheme and authority.
  var path: String
  var segments: [String]
  var query: String?

  static let asterisk = RequestTarget(path: "*", segments: [], query: nil)

  init(path: String, segments: [String], query: String?) {
    self.path = path
    self.segments = segments
    self.query = query
  }

  /// Splits first and decodes then, so that an encoded slash stays in its segment; `.` and `..` are segments like others.
  /// - Parameter range: a path that begins with `/`, perhaps with a query.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) {
    guard !range.isEmpty, bytes[range.lowerBound] == UInt8(ascii: "/") else {
      throw HTTPError(.malformed, "The path does not begin with /.")
    }
    path = bytes.text(range)
    segments = []
    segments.reserveCapacity(4)
    var start = range.lowerBound + 1
    var place = start
    var isPlain = true
    while place < range.upperBound, bytes[place] != UInt8(ascii: "?") {
      if bytes[place] == UInt8(ascii: "/") {
        segments.append(try Self.segment(bytes, start..<place, isPlain))
        start = place + 1
        isPlain = true
      } else if bytes[place] == UInt8(ascii: "%") || bytes[place] >= 0x80 || bytes[place] == 0 {
        isPlain = false
      }
      place += 1
    }
    if place > range.lowerBound + 1 { segments.append(try Self.segment(bytes, start..<place, isPlain)) }
    query = place < range.upperBound ? bytes.text(place + 1..<range.upperBound) : nil
  }

  init(_ text: String.UTF8View) throws(HTTPError) {
    let bytes = Array(text)
    try self.init(bytes.span, 0..<bytes.count)
  }

  private static func segment(_ bytes: Span<UInt8>, _ range: Range<Int>, _ isPlain: Bool) throws(HTTPError) -> String {
    let text = bytes.text(range)
    return isPlain ? text : try PercentDecoding.text(text.utf8)
  }
}
