/// A value with parameters, as Content-Type and Content-Disposition have: `multipart/form-data; boundary="x y"` (RFC 9110 §5.6.6, §8.3.1).
///
/// Strict: a parameter is `name=token` or `name="quoted"`, given once; anything else makes the whole value unreadable.
package struct MediaType: Hashable, Sendable {
  /// The part before the first semicolon, lowercased: `multipart/form-data`.
  package let essence: String
  /// Parameter names lowercased, values as given, in order.
  package let parameters: [FormField]

  package init?(_ text: String) {
    var rest = Substring(text).utf8
    guard let essence = Self.take(while: { Self.isToken($0) || $0 == UInt8(ascii: "/") }, from: &rest), !essence.isEmpty else { return nil }
    self.essence = essence.lowercased()
    var parameters: [FormField] = []
    while true {
      Self.skipBlanks(&rest)
      guard let next = rest.popFirst() else { break }
      guard next == UInt8(ascii: ";") else { return nil }
      Self.skipBlanks(&rest)
      if rest.isEmpty { break }
      guard let name = Self.take(while: Self.isToken, from: &rest)?.lowercased(), !name.isEmpty, rest.popFirst() == UInt8(ascii: "="),
        let value = Self.value(&rest), !parameters.contains(where: { $0.name == name })
      else { return nil }
      parameters.append(FormField(name: name, value: value))
    }
    self.parameters = parameters
  }

  package subscript(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

  /// Whether no charset is named, or utf-8, or its subset us-ascii.
  package var isUTF8: Bool {
    guard let charset = self["charset"]?.lowercased() else { return true }
    return ["utf-8", "utf8", "us-ascii"].contains(charset)
  }

  private static func value(_ rest: inout Substring.UTF8View) -> String? {
    guard rest.first == UInt8(ascii: "\"") else { return take(while: isToken, from: &rest).flatMap { $0.isEmpty ? nil : $0 } }
    rest.removeFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        bytes.append(escaped)
      case 0..<0x20 where byte != 0x09, 0x7f: return nil
      default: bytes.append(byte)
      }
    }
    return nil
  }

  private static func take(while matches: (UInt8) -> Bool, from rest: inout Substring.UTF8View) -> String? {
    let taken = rest.prefix(while: matches)
    rest = rest[taken.endIndex...]
    return String(Substring(taken))
  }

  private static func skipBlanks(_ rest: inout Substring.UTF8View) { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

  /// tchar of RFC 9110 §5.6.2.
  static func isToken(_ byte: UInt8) -> Bool { HeadGrammar.isToken(byte) }
}
