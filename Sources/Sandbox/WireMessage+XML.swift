/// Writing messages as XML, the way Freedom Pay does:
///
///     <?xml version="1.0" encoding="utf-8"?>
///     <response><pg_status>ok</pg_status>…<pg_salt>…</pg_salt><pg_sig>…</pg_sig></response>
extension WireMessage {
  func xml(root: String) -> String {
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<\(root)>\(xmlFields)</\(root)>\n"
  }

  private var xmlFields: String {
    fields.map { field in
      switch field.value {
      case .text(let text): "<\(field.name)>\(Self.escaped(text))</\(field.name)>"
      case .group(let group): "<\(field.name)>\(group.xmlFields)</\(field.name)>"
      }
    }.joined()
  }

  /// A carriage return is written as a reference, since a parser turns a bare one into a line feed and the signature would not match
  /// (XML 1.0, 2.11); what XML cannot carry at all becomes U+FFFD.
  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\r": escaped += "&#13;"
      case "\t", "\n", "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}": escaped.unicodeScalars.append(scalar)
      default: escaped += "\u{FFFD}"
      }
    }
    return escaped
  }

  /// Whether every name can stand as the name of an element: a shop's own fields may have names that XML cannot write.
  var isFitForXML: Bool {
    fields.allSatisfy { field in
      guard Self.isElementName(field.name) else { return false }
      if case .group(let group) = field.value { return group.isFitForXML }
      return true
    }
  }

  private static func isElementName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let isLetter = { (byte: UInt8) in (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F }
    guard let first = bytes.first, isLetter(first) else { return false }
    return bytes.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
  }
}
