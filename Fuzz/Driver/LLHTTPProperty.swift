import CLLHTTP
import HTTPTypes

@testable import HTTPServer

/// Heads, held against llhttp, Node's parser: what we read it reads with the same method, target, version, fields, framing and end. What it reads and we refuse we
/// refuse for one of the reasons of `stricter`.
enum LLHTTPProperty {
  /// Beginnings of the refusals by which we are stricter than llhttp, which leaves these to its caller or is lenient.
  private static let stricter = [
    // Its caller's: Host, targets, expectations, bounds.
    "Host is ", "The address ", "A % is not followed by", "A text ", "The method is not implemented.", "Only 100-continue",
    "The head may have",
    // Other versions than 1.x, codings and their order, HTTP/1.0 with chunks.
    "HTTP/1.1 is spoken here.", "Transfer-Encoding does not end", "No transfer coding but", "HTTP/1.0 has no Transfer-Encoding.",
    // It takes bare LFs, folded lines, and any number of empty lines before a request.
    "A line of the head ", "The request line does not begin with a method", "The request line is missing.",
    // And a CR alone, in a value too, empty names, blanks in and behind names, several blanks before the version.
    "A CR stands alone", "A field's value has a control character.", "A field's name is empty", "A blank stands between a field's name",
    "The request line does not end with a version",
  ]

  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard case .read(let head) = HeadProperty.outcome(bytes, cuts: []) else {
      guard let reason = HeadProperty.refusal(bytes), LLHTTPReading.read(bytes) != nil else { return }
      return try require(stricter.contains { reason.hasPrefix($0) }, "llhttp reads it, and we refuse it: \(reason)")
    }
    let second = LLHTTPReading.read(knownVersion(bytes, minor: head.minorVersion))
    guard let second else { throw BrokenProperty("llhttp refuses or does not end what we read: \(head)") }
    try require(second.method == head.method, "llhttp reads the method \(second.method)")
    try require(second.minorVersion == head.minorVersion, "llhttp reads HTTP/1.\(second.minorVersion)")
    let target = String(decoding: second.target, as: UTF8.self)
    try require(
      target == head.path || target.hasSuffix(head.path) || head.path == "/" || head.path.hasPrefix("/?"),
      "llhttp reads the target \(target)")
    try require(second.framing == head.framing, "llhttp reads the framing \(second.framing), we \(head.framing)")
    try require(second.keepsAlive == head.keepsAlive, "llhttp keeps the connection: \(second.keepsAlive)")
    try require(second.end == head.end, "llhttp's head ends at \(second.end), ours at \(head.end)")
    let fields = second.fields.map { field in
      field.name.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 } + Array(": ".utf8) + Self.trimmed(field.value)
    }
    let ours = head.fields.filter { !$0.starts(with: "cookie: ".utf8) }
    try require(fields.filter { !$0.starts(with: "cookie: ".utf8) } == ours, "llhttp reads other fields")
  }

  /// llhttp knows 1.0 and 1.1 only; a later minor is read as 1.1 (RFC 9110 §2.5).
  private static func knownVersion(_ bytes: [UInt8], minor: Int) -> [UInt8] {
    guard let line = bytes.firstRange(of: Array(" HTTP/1.".utf8)) else { return bytes }
    var bytes = bytes
    bytes[line.upperBound] = 0x30 + UInt8(minor)
    return bytes
  }

  private static func trimmed(_ value: [UInt8]) -> [UInt8] {
    var value = value[...]
    while value.last == 0x20 || value.last == 0x09 { value.removeLast() }
    return Array(value)
  }
}
