import Logging

/// One JSON object in the making, in one buffer (RFC 8259).
struct JSONLine {
  /// Containers within containers that a line shows; what is deeper becomes `…`.
  private static let deepest = 4

  private var bytes: [UInt8]

  init() {
    bytes = []
    bytes.reserveCapacity(512)
    bytes.append(UInt8(ascii: "{"))
  }

  mutating func member(_ name: String, _ text: String) {
    begin(name)
    append(text)
  }

  mutating func member(_ name: String, _ value: Logger.MetadataValue) {
    begin(name)
    append(value, depth: 0)
  }

  consuming func finished() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private mutating func begin(_ name: String) {
    if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    append(name)
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func append(_ value: Logger.MetadataValue, depth: Int) {
    guard depth < Self.deepest else { return append("…") }
    switch value {
    case .string(let text): append(text)
    case .stringConvertible(let value): append(value.description)
    case .array(let items):
      bytes.append(UInt8(ascii: "["))
      for (place, item) in items.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        append(item, depth: depth + 1)
      }
      bytes.append(UInt8(ascii: "]"))
    case .dictionary(let members):
      bytes.append(UInt8(ascii: "{"))
      for (name, item) in members.sorted(by: { $0.key < $1.key }) {
        begin(name)
        append(item, depth: depth + 1)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// A text with its quotes. Control characters are escaped, and U+2028 and U+2029 with them, which some readers take for line ends.
  private mutating func append(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    // Nearly every text is plain, and goes in as it is.
    if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      bytes += text.utf8
    } else {
      escape(text)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": bytes += "\\\"".utf8
      case "\\": bytes += "\\\\".utf8
      case "\n": bytes += "\\n".utf8
      case "\r": bytes += "\\r".utf8
      case "\t": bytes += "\\t".utf8
      case "\u{0}"..."\u{1f}", "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}": escape(scalar.value)
      default: bytes += Array(String(scalar).utf8)
      }
    }
  }

  private mutating func escape(_ code: UInt32) {
    let hex = Array("0123456789abcdef".utf8)
    bytes += "\\u".utf8
    for shift in [12, 8, 4, 0] as [UInt32] { bytes.append(hex[Int(code >> shift & 15)]) }
  }
}
