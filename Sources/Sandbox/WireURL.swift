/// An address of the shop that the sandbox calls or sends the payer to: `http(s)://authority/path?query`.
struct WireURL: Equatable, Sendable {
  /// Scheme, authority and path, without query and fragment.
  let base: String
  /// The raw query without `?`, where there is one.
  let query: String?
  /// What messages to this address are signed for: the text after the last `/` of the path (protocol §1.1). Empty where the path ends in a
  /// slash, as the reference implementation has it (protocol §1.6).
  let script: String

  init?(_ text: String) {
    guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return nil }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    let whole = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
    let parts = whole.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let rest = parts[0].dropFirst(scheme.count)
    guard let first = rest.first, first != "/" else { return nil }
    base = String(parts[0])
    query = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
    script = rest.lastIndex(of: "/").map { String(rest[rest.index(after: $0)...]) } ?? ""
  }

  var text: String { query.map { "\(base)?\($0)" } ?? base }

  /// The parameters of the query, decoded: they join the message and its signature (protocol §1.5).
  var parameters: [(name: String, value: String)] {
    (query ?? "").split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (FormText.decoded(parts[0]), parts.count == 2 ? FormText.decoded(parts[1]) : "")
    }
  }

  /// The address with fields appended at the end of its query (protocol §6).
  func appending(_ fields: [(name: String, value: String)]) -> String {
    guard !fields.isEmpty else { return text }
    return "\(text)\(query == nil ? "?" : "&")\(FormText.encoded(fields))"
  }
}

/// application/x-www-form-urlencoded (WHATWG URL, "urlencoded serializing").
enum FormText {
  static func encoded(_ fields: [(name: String, value: String)]) -> String {
    fields.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
  }

  private static func encoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2A, 0x2D, 0x2E, 0x5F: encoded.append(Character(Unicode.Scalar(byte)))
      case 0x20: encoded.append("+")
      default: encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return encoded
  }

  /// `+` is a blank, `%41` a byte; a broken escape stays as it is.
  static func decoded(_ text: Substring) -> String {
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == 0x25, index + 2 < bytes.count,
        let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
      {
        decoded.append(byte)
        index += 3
      } else {
        decoded.append(bytes[index] == 0x2B ? 0x20 : bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
