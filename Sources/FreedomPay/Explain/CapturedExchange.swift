/// A request or an answer with its head (RFC 9112), as a proxy or `curl --trace` shows it. Line ends may be bare.
struct CapturedExchange {
  /// What was asked for; nil where this is an answer.
  var target: String?
  /// Behind the head, chunks put together.
  var body: [UInt8]

  /// - Returns: nil where the bytes begin with neither a request line nor a status line.
  init?(_ bytes: [UInt8]) throws(CaptureError) {
    let first = bytes.prefix { $0 != 0x0A }
    let words = String(decoding: first, as: UTF8.self).split { $0 == " " || $0 == "\r" || $0 == "\r\n" }.map(String.init)
    if words.first?.hasPrefix("HTTP/") == true, words.count >= 2 {
      target = nil
    } else if words.count == 3, words[2].hasPrefix("HTTP/"), ["GET", "POST", "PUT", "HEAD"].contains(words[0]) {
      target = words[1]
    } else {
      return nil
    }
    guard let end = Self.headEnd(bytes) else {
      guard target != nil else { throw CaptureError("is an answer without a body") }
      body = []
      return
    }
    let head = String(decoding: bytes[..<end.head], as: UTF8.self).lowercased()
    body = Array(bytes[end.body...])
    if head.split(whereSeparator: \.isNewline).contains(where: { $0.hasPrefix("transfer-encoding:") && $0.contains("chunked") }) {
      body = Self.joined(body) ?? body
    }
  }

  /// Where the empty line stands.
  private static func headEnd(_ bytes: [UInt8]) -> (head: Int, body: Int)? {
    for index in bytes.indices where bytes[index] == 0x0A {
      var next = index + 1
      if next < bytes.count, bytes[next] == 0x0D { next += 1 }
      if next < bytes.count, bytes[next] == 0x0A { return (index, next + 1) }
    }
    return nil
  }

  /// The data of chunks; nil where a log has put them together already.
  private static func joined(_ bytes: [UInt8]) -> [UInt8]? {
    var data: [UInt8] = []
    var rest = bytes[...]
    while true {
      let lineEnd = rest.firstIndex(of: 0x0A) ?? rest.endIndex
      let line = String(decoding: rest[..<lineEnd], as: UTF8.self).prefix { $0.isHexDigit }
      guard let count = Int(line, radix: 16), count >= 0 else { return nil }
      rest = rest[lineEnd...].dropFirst()
      guard count > 0 else { return data }
      guard rest.count >= count else { return nil }
      data += rest.prefix(count)
      rest = rest.dropFirst(count).drop { $0 == 0x0D }
      guard rest.first == 0x0A else { return nil }
      rest = rest.dropFirst()
    }
  }
}

/// multipart/form-data without its head (RFC 7578): the first line is the boundary.
enum CapturedMultipart {
  static func parts(_ body: [UInt8]) throws(CaptureError) -> [(name: [UInt8], value: [UInt8])] {
    let boundary = Array(body.prefix { $0 != 0x0D && $0 != 0x0A })
    guard (3...72).contains(boundary.count) else { throw CaptureError("is a multipart body without a boundary") }
    // Every delimiter stands behind a line end, the first one at the very beginning.
    var parts: [(name: [UInt8], value: [UInt8])] = []
    var rest = body.dropFirst(boundary.count)
    while let part = next(&rest, boundary) {
      guard parts.count < CapturedMessage.fieldLimit else { throw CaptureError("has more than \(CapturedMessage.fieldLimit) fields") }
      guard let read = read(part) else { throw CaptureError("is a multipart body with a part that has no name") }
      parts.append(read)
    }
    guard !parts.isEmpty else { throw CaptureError("is a multipart body without an end") }
    return parts
  }

  /// The bytes up to the next delimiter; nil behind the last one.
  private static func next(_ rest: inout ArraySlice<UInt8>, _ boundary: [UInt8]) -> ArraySlice<UInt8>? {
    if rest.starts(with: "--".utf8) { return nil }
    rest = rest.drop { $0 == 0x0D }.dropFirst()
    guard !rest.isEmpty else { return nil }
    for index in rest.indices where rest[index] == 0x0A && rest[(index + 1)...].starts(with: boundary) {
      let end = index > rest.startIndex && rest[index - 1] == 0x0D ? index - 1 : index
      defer { rest = rest[(index + 1 + boundary.count)...] }
      return rest[..<end]
    }
    return nil
  }

  private static func read(_ part: ArraySlice<UInt8>) -> (name: [UInt8], value: [UInt8])? {
    var rest = part
    var name: [UInt8]?
    while let end = rest.firstIndex(of: 0x0A) {
      let line = rest[..<end].last == 0x0D ? rest[..<end].dropLast() : rest[..<end]
      rest = rest[(end + 1)...]
      if line.isEmpty { return name.map { ($0, Array(rest)) } }
      name = name ?? parameter(line)
    }
    return nil
  }

  /// The name of a Content-Disposition.
  private static func parameter(_ line: ArraySlice<UInt8>) -> [UInt8]? {
    guard String(decoding: line.prefix(20), as: UTF8.self).lowercased() == "content-disposition:" else { return nil }
    guard let start = line.firstRange(of: Array(" name=\"".utf8)) ?? line.firstRange(of: Array(";name=\"".utf8)) else { return nil }
    return Array(line[start.upperBound...].prefix { $0 != UInt8(ascii: "\"") })
  }
}
