/// The fields of a head as they are read, and the judgement of those that say where the request ends (RFC 9112 §5, §6).
struct HeadFields {
  /// Where they stand, from the head's first byte on.
  private(set) var places: [RequestFields.Place] = []
  private(set) var callerID: String?

  /// Where the head begins in the bytes that are read.
  private let start: Int
  private var hostCount = 0
  private var host = ""
  private var hostIsValid = false
  private var contentLength: ContentLength = .absent
  private var codings: [String] = []
  private var connection: [String] = []
  private var expectations: [String] = []

  init(start: Int) {
    self.start = start
    places.reserveCapacity(Self.usualCount)
  }

  /// What most clients send.
  private static let usualCount = 12

  private enum ContentLength: Equatable {
    case absent
    case given(Int)
    case invalid
    case repeated
  }

  /// Reads one line `name: value` and its CR LF; `place` moves behind it.
  mutating func read(_ bytes: Span<UInt8>, _ place: inout Int) throws(HTTPError) {
    let nameStart = place
    while HeadGrammar.isToken(bytes[place]) { place += 1 }
    let name = nameStart..<place
    guard bytes[place] == UInt8(ascii: ":"), !name.isEmpty else { throw Self.badName(bytes[place], isFirst: name.isEmpty) }
    place += 1
    while bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
    let valueStart = place
    while HeadGrammar.isValue(bytes[place]) { place += 1 }
    var valueEnd = place
    guard bytes[place] == 0x0d, bytes[place + 1] == 0x0a else { throw HTTPError(.malformed, "A field's value has a control character.") }
    place += 2
    while valueEnd > valueStart, bytes[valueEnd - 1] == 0x20 || bytes[valueEnd - 1] == 0x09 { valueEnd -= 1 }
    add(bytes, name: name, value: valueStart..<valueEnd)
  }

  private static func badName(_ byte: UInt8, isFirst: Bool) -> HTTPError {
    let isBlank = byte == 0x20 || byte == 0x09
    let why =
      switch (isBlank, isFirst) {
      case (true, true): "A line of the head is folded."
      case (true, false): "A blank stands between a field's name and its colon."
      default: "A field's name is empty or has a character that may not stand there."
      }
    return HTTPError(.malformed, why)
  }

  private mutating func add(_ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>) {
    places.append(RequestFields.Place(name: place(name), value: place(value)))
    guard let known = KnownField.find(in: bytes, name) else { return }
    switch known {
    case .host:
      hostCount += 1
      host = bytes.text(value)
      hostIsValid = Authority.isValid(bytes, value)
    case .contentLength: contentLength = contentLength == .absent ? Self.length(bytes, value) : .repeated
    case .transferEncoding: codings.append(contentsOf: Self.list(bytes.text(value)))
    case .connection: connection.append(contentsOf: Self.list(bytes.text(value)))
    case .expect: expectations.append(contentsOf: Self.list(bytes.text(value)))
    case .requestID:
      let text = bytes.text(value)
      callerID = callerID == nil && Self.isFitToShow(text) ? text : nil
    }
  }

  /// No head is longer than its bound, which is far below what 32 bits hold.
  private func place(_ range: Range<Int>) -> Range<Int32> { Int32(range.lowerBound - start)..<Int32(range.upperBound - start) }

  /// Digits only: no sign, no blank, no list, no overflow.
  private static func length(_ bytes: Span<UInt8>, _ range: Range<Int>) -> ContentLength {
    guard !range.isEmpty else { return .invalid }
    var length = 0
    for index in range {
      guard (0x30...0x39).contains(bytes[index]) else { return .invalid }
      let (tens, isTooMany) = length.multipliedReportingOverflow(by: 10)
      let (sum, isTooMuch) = tens.addingReportingOverflow(Int(bytes[index] - 0x30))
      guard !isTooMany, !isTooMuch else { return .invalid }
      length = sum
    }
    return .given(length)
  }

  /// The members of a comma-separated list, lowercased, empty ones kept.
  private static func list(_ value: String) -> [String] {
    value.lowercased().utf8.split(separator: 0x2c, omittingEmptySubsequences: false).map { member in
      let start = member.drop { $0 == 0x20 || $0 == 0x09 }
      let end = start.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { start.index(after: $0) } ?? start.startIndex
      return String(Substring(start[..<end]))
    }
  }

  /// 1-64 visible ASCII characters without quotes: harmless in a log line, in a field and in JSON.
  private static func isFitToShow(_ value: String) -> Bool {
    (1...64).contains(value.utf8.count)
      && value.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x27 && $0 != 0x5c && $0 != 0x60 }
  }
}

// MARK: - What the fields say

extension HeadFields {
  /// Exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112 §3.2).
  func host(minorVersion: Int) throws(HTTPError) -> String {
    guard hostCount <= 1 else { throw HTTPError(.malformed, "Host is given more than once.") }
    if hostCount == 0 {
      guard minorVersion == 0 else { throw HTTPError(.malformed, "Host is missing.") }
      return ""
    }
    guard hostIsValid else { throw HTTPError(.malformed, "Host is not a host.") }
    return host
  }

  /// Where the body ends (RFC 9112 §6.1-6.3); every doubt is refused.
  func framing(minorVersion: Int) throws(HTTPError) -> BodyFraming {
    guard codings.isEmpty else {
      guard contentLength == .absent else { throw HTTPError(.malformed, "Content-Length and Transfer-Encoding are both given.") }
      guard minorVersion == 1 else { throw HTTPError(.malformed, "HTTP/1.0 has no Transfer-Encoding.") }
      guard codings != ["chunked"] else { return .chunked }
      // Where chunked is not the last coding nobody can say where the body ends (§6.3: 400). Where it is, behind one we do not know, we could tell the end but not
      // the body (§6.1: 501). Empty members, which other lists may have, are refused in this one: a reader that overlooks the coding sees another request.
      guard codings.last == "chunked", !codings.dropLast().contains("chunked"), !codings.contains("") else {
        throw HTTPError(.malformed, "Transfer-Encoding does not end with one chunked.")
      }
      throw HTTPError(.notImplemented, "No transfer coding but chunked is known here.")
    }
    switch contentLength {
    case .absent: return .none
    case .given(0): return .none
    case .given(let length): return .length(length)
    case .invalid: throw HTTPError(.malformed, "Content-Length is not a number.")
    case .repeated: throw HTTPError(.malformed, "Content-Length is given more than once.")
    }
  }

  /// HTTP/1.1 keeps the connection unless told to close it, HTTP/1.0 the other way round (RFC 9112 §9.3).
  func keepsAlive(minorVersion: Int) -> Bool {
    if connection.isEmpty { return minorVersion == 1 }
    if connection.contains("close") { return false }
    return minorVersion == 1 || connection.contains("keep-alive")
  }

  /// Only `100-continue` can be met (RFC 9110 §10.1.1); HTTP/1.0 has no expectations, and an empty list none either (§5.6.1.2).
  func expectsContinue(minorVersion: Int) throws(HTTPError) -> Bool {
    guard minorVersion == 1 else { return false }
    let expected = expectations.filter { !$0.isEmpty }
    guard expected.allSatisfy({ $0 == "100-continue" }) else {
      throw HTTPError(.expectationFailed, "Only 100-continue can be expected here.")
    }
    return !expected.isEmpty
  }
}
