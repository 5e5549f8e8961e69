/// The target of a request in its parts (RFC 9112 §3.2): `/a/b%20c?x=1` gives the segments `a`, `b c` and the query `x=1`.
struct RequestTarget: Equatable {
  /// Path and query as sent, without scheme and authority.
  var path: String
  var segments: [String]
  var query: String?

  /// Splits first and decodes then, so that an encoded slash stays in its segment; `.` and `..` are segments like others.
  /// - Parameter bytes: a path that begins with `/`, perhaps with a query.
  init(_ bytes: some Collection<UInt8>) throws(HTTPError) {
    path = String(decoding: bytes, as: UTF8.self)
    let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
    query = end < bytes.endIndex ? String(decoding: bytes[bytes.index(after: end)...], as: UTF8.self) : nil
    segments = []
    var start = bytes.startIndex
    guard start < end, bytes[start] == UInt8(ascii: "/") else { throw HTTPError(.malformed, "The path does not begin with /.") }
    bytes.formIndex(after: &start)
    guard start < end else { return }
    while true {
      let stop = bytes[start..<end].firstIndex(of: UInt8(ascii: "/")) ?? end
      segments.append(try PercentDecoding.text(bytes[start..<stop]))
      if stop == end { return }
      start = bytes.index(after: stop)
    }
  }
}
