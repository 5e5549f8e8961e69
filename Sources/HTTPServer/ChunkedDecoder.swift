/// Takes a chunked body apart (RFC 9112 §7.1), over bytes that come in any pieces:
/// ```
/// 1a;name=value CRLF  <26 bytes> CRLF  0 CRLF  Trailer: dropped CRLF  CRLF
/// ```
/// Strict: hexadecimal digits only, CR LF everywhere, no bare CR or LF in extensions and trailers; blanks behind a size only before an extension's semicolon (the
/// "bad whitespace" of RFC 9110 §5.6.3). Extensions and trailers are read within a bound and dropped.
struct ChunkedDecoder {
  private enum State: Equatable {
    case size(digits: Int)
    case sizeBlank
    case `extension`
    case sizeLineFeed
    case data(left: Int)
    case dataReturn
    case dataLineFeed
    case trailerStart
    case trailerName
    case trailerValue
    case trailerLineFeed
    case lastLineFeed
    case done
  }

  private var state: State = .size(digits: 0)
  private var size = 0
  private var overhead = 0
  private var isFirstOfName = false

  /// Bytes of all extensions and trailers together: nobody needs them.
  static let mostOverhead = 4096
  /// Digits of a chunk's size, leading zeros included: 4 GiB is beyond every bound of a body.
  static let mostDigits = 8

  var isDone: Bool { state == .done }

  /// Reads on.
  /// - Parameters:
  ///   - body: what was decoded is appended to it.
  ///   - limit: the most bytes it may have in the end.
  /// - Returns: how many bytes were used; what follows belongs to the next request.
  mutating func decode(_ bytes: Span<UInt8>, into body: inout [UInt8], limit: Int) throws(HTTPError) -> Int {
    var place = 0
    while place < bytes.count, state != .done {
      if case .data(let left) = state {
        let count = min(left, bytes.count - place)
        body.append(bytes, place..<place + count)
        place += count
        state = count == left ? .dataReturn : .data(left: left - count)
      } else {
        try step(bytes[place], body.count, limit)
        place += 1
      }
    }
    return place
  }

  private mutating func step(_ byte: UInt8, _ soFar: Int, _ limit: Int) throws(HTTPError) {
    switch state {
    case .size(let digits): try sizeByte(byte, digits)
    case .sizeBlank: try sizeEnd(byte, mayEndLine: false)
    case .extension:
      if byte == 0x0d { state = .sizeLineFeed } else { try extra(byte) }
    case .sizeLineFeed:
      try require(byte, 0x0a)
      guard size <= limit - soFar else { throw Router.tooLarge(limit: limit) }
      state = size == 0 ? .trailerStart : .data(left: size)
    case .dataReturn: state = try expect(byte, 0x0d, then: .dataLineFeed)
    case .dataLineFeed:
      size = 0
      state = try expect(byte, 0x0a, then: .size(digits: 0))
    case .trailerStart:
      guard byte != 0x0d else { return state = .lastLineFeed }
      isFirstOfName = true
      state = .trailerName
      try trailerName(byte)
    case .trailerName: try trailerName(byte)
    case .trailerValue:
      if byte == 0x0d { state = .trailerLineFeed } else { try extra(byte) }
    case .trailerLineFeed: state = try expect(byte, 0x0a, then: .trailerStart)
    case .lastLineFeed: state = try expect(byte, 0x0a, then: .done)
    case .data, .done: preconditionFailure("handled by decode")
    }
  }

  private mutating func sizeByte(_ byte: UInt8, _ digits: Int) throws(HTTPError) {
    if let value = PercentDecoding.hexValue(byte) {
      guard digits < Self.mostDigits else { throw Self.malformed }
      size = size << 4 | Int(value)
      return state = .size(digits: digits + 1)
    }
    guard digits > 0 else { throw Self.malformed }
    try sizeEnd(byte, mayEndLine: true)
  }

  /// What stands behind a size: the end of its line, an extension, or blanks before one.
  private mutating func sizeEnd(_ byte: UInt8, mayEndLine: Bool) throws(HTTPError) {
    switch byte {
    case 0x0d where mayEndLine: state = .sizeLineFeed
    case UInt8(ascii: ";"): state = .extension
    case 0x20, 0x09:
      state = .sizeBlank
      try count()
    default: throw Self.malformed
    }
  }

  private mutating func trailerName(_ byte: UInt8) throws(HTTPError) {
    if byte == UInt8(ascii: ":"), !isFirstOfName {
      state = .trailerValue
    } else {
      guard HeadGrammar.isToken(byte) else { throw Self.malformed }
      isFirstOfName = false
    }
    try count()
  }

  /// A byte of an extension or a trailer's value.
  private mutating func extra(_ byte: UInt8) throws(HTTPError) {
    guard HeadGrammar.isValue(byte) else { throw Self.malformed }
    try count()
  }

  private mutating func count() throws(HTTPError) {
    overhead += 1
    guard overhead <= Self.mostOverhead else { throw HTTPError(.malformed, "The chunked body has too much beside its chunks.") }
  }

  private func require(_ byte: UInt8, _ wanted: UInt8) throws(HTTPError) {
    guard byte == wanted else { throw Self.malformed }
  }

  private func expect(_ byte: UInt8, _ wanted: UInt8, then next: State) throws(HTTPError) -> State {
    try require(byte, wanted)
    return next
  }

  private static let malformed = HTTPError(.malformed, "The chunked body is malformed.")
}

extension [UInt8] {
  /// Appends a range of a span.
  mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    // SAFETY: extracting checks the range; the buffer is copied.
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
