import Glibc

/// Finds where a head ends, over bytes that come in any pieces; it never looks at a byte twice. A head ends with an empty line, and every line ends with CR LF:
/// a LF without its CR is refused here and now (RFC 9112 §2.2 would let us accept it; two readers that disagree about it are how requests are smuggled).
struct HeadScanner {
  /// Where the head stands in the bytes given.
  struct Found: Equatable {
    /// Bytes of one empty line before the head, which a client may leave behind its last body (RFC 9112 §2.2).
    var start: Int
    /// Behind the empty line that ends the head.
    var end: Int
  }

  private var start = 0
  private var scanned = 0
  private var lineStart = 0
  private var lines = 0

  /// - Parameter bytes: everything unread, beginning with what was given before.
  /// - Returns: nil while the head is not complete.
  mutating func find(in bytes: Span<UInt8>, limits: ServerLimits) throws(HTTPError) -> Found? {
    try requireMethod(bytes)
    while let lineFeed = Self.lineFeed(in: bytes, from: scanned) {
      guard lineFeed > 0, bytes[lineFeed - 1] == 0x0d else { throw HTTPError(.malformed, "A line of the head does not end with CR LF.") }
      scanned = lineFeed + 1
      let isEmpty = lineFeed - 1 == lineStart
      lineStart = scanned
      if isEmpty {
        if lines > 0 {
          guard scanned - start <= limits.headBytes else { throw Self.tooLarge(limits) }
          return Found(start: start, end: scanned)
        }
        guard start == 0 else { throw HTTPError(.malformed, "The request line is missing.") }
        start = scanned
        try requireMethod(bytes)
      } else {
        lines += 1
        guard lines - 1 <= limits.fields else { throw HTTPError(.headTooLarge, "The head may have at most \(limits.fields) fields.") }
      }
    }
    scanned = bytes.count
    guard bytes.count - start < limits.headBytes else { throw lines == 0 ? Self.targetTooLong(limits) : Self.tooLarge(limits) }
    return nil
  }

  /// Refuses at its first byte what cannot be a request, such as a TLS handshake: before anything else, so that it does not matter in which pieces the bytes come.
  private func requireMethod(_ bytes: Span<UInt8>) throws(HTTPError) {
    guard bytes.count > start else { return }
    guard HeadGrammar.isToken(bytes[start]) || bytes[start] == 0x0d && start == 0 else {
      throw HTTPError(.malformed, "The request line does not begin with a method.")
    }
  }

  /// Whether a head that may be no head at all begins with the method HEAD.
  static func isHEAD(_ bytes: Span<UInt8>) -> Bool {
    let start = bytes.count >= 2 && bytes.holds("\r\n", at: 0..<2) ? 2 : 0
    return bytes.count >= start + 5 && bytes.holds("HEAD ", at: start..<start + 5)
  }

  static func targetTooLong(_ limits: ServerLimits) -> HTTPError {
    HTTPError(.targetTooLong, "The address may have at most \(limits.targetBytes) bytes.")
  }

  private static func tooLarge(_ limits: ServerLimits) -> HTTPError {
    HTTPError(.headTooLarge, "The head may have at most \(limits.headBytes) bytes.")
  }

  private static func lineFeed(in bytes: Span<UInt8>, from offset: Int) -> Int? {
    guard offset < bytes.count else { return nil }
    // SAFETY: memchr reads the bytes from offset to the end of the span and no further.
    return unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, let found = unsafe memchr(base + offset, 0x0a, buffer.count - offset) else { return nil }
      return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
  }
}
