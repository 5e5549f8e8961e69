import CLLHTTP
import HTTPTypes

@testable import HTTPServer

/// Heads, held against llhttp, Node's parser: what we read it reads with the same method, target, version, fields, framing and end. What it reads and we refuse is
/// no finding: we are the stricter (docs/http.md says where).
enum LLHTTPProperty {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    guard case .read(let head) = HeadProperty.outcome(bytes, cuts: []) else { return }
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
