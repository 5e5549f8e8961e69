import HTTPTypes

/// Gathers the head of an answer from the lines that libcurl hands over one by one:
///
///     HTTP/1.1 103 Early Hints CRLF … CRLF     interim, skipped (RFC 9110 §15.2)
///     HTTP/1.1 200 OK CRLF                     or `HTTP/2 200 CRLF`
///     Name: value CRLF …
///     CRLF
///
/// Lines after the final head are trailers, and dropped.
struct AnswerHead {
  private(set) var status = 0
  private(set) var fields = HTTPFields()
  /// Names that are no names (RFC 9110 §5.1), as received, printable bytes only; their fields are dropped.
  private(set) var rejectedNames: [String] = []
  /// Whether the head of the final answer has been read to its end.
  private(set) var isComplete = false

  private let limit: Int
  private var size = 0

  /// How many rejected names are noted, and how much of each: enough to look for the cause.
  private static let notedNames = 8
  private static let notedBytes = 64

  /// - Parameter limit: bound of all lines together, in bytes.
  init(limit: Int) { self.limit = limit }

  /// Takes one line with its line end. False: the head is longer than its bound.
  mutating func take(_ line: some BidirectionalCollection<UInt8>) -> Bool {
    size += line.count
    guard size <= limit else { return false }
    guard !isComplete else { return true }
    guard let end = line.lastIndex(where: { $0 != 0x0D && $0 != 0x0A }) else {
      isComplete = status >= 200
      return true
    }
    let text = line[...end]
    if text.starts(with: "HTTP/".utf8) {
      takeStatus(text)
    } else if text.first == 0x20 || text.first == 0x09 {
      fold(text)
    } else {
      takeField(text)
    }
    return true
  }

  private mutating func takeStatus(_ text: some BidirectionalCollection<UInt8>) {
    fields = HTTPFields()
    rejectedNames = []
    let digits = text.drop { $0 != 0x20 }.drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x39 }
    status = digits.count == 3 ? digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } : 0
  }

  private mutating func takeField(_ text: some BidirectionalCollection<UInt8>) {
    let rawName = text.prefix { $0 != 0x3A }
    guard rawName.endIndex < text.endIndex, let name = HTTPField.Name(String(decoding: rawName, as: UTF8.self)) else {
      return reject(rawName)
    }
    let value = Self.trimmed(text[text.index(after: rawName.endIndex)...])
    fields.append(HTTPField(name: name, lenientValue: Array(value)))
  }

  /// A line that goes on: a user agent replaces the fold by a blank (RFC 9112 §5.2).
  private mutating func fold(_ text: some BidirectionalCollection<UInt8>) {
    guard let last = fields.indices.last else { return }
    var value = unsafe fields[last].withUnsafeBytesOfValue { unsafe Array($0) }
    value.append(0x20)
    value.append(contentsOf: Self.trimmed(text))
    fields[last] = HTTPField(name: fields[last].name, lenientValue: value)
  }

  private mutating func reject(_ name: some Collection<UInt8>) {
    guard rejectedNames.count < Self.notedNames else { return }
    rejectedNames.append(String(decoding: name.prefix(Self.notedBytes).map { $0 > 0x20 && $0 < 0x7F ? $0 : 0x3F }, as: UTF8.self))
  }

  private static func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
    let end = bytes.lastIndex { !isBlank($0) }.map { bytes.index(after: $0) } ?? start
    return bytes[start..<end]
  }
}
