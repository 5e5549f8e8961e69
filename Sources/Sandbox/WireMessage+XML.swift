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

  /// Whether the text can stand as the name of an element: own fields of a shop may have names that XML cannot write.
  static func isElementName(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, first.properties.isAlphabetic || first == "_" else { return false }
    return name.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_" || $0 == "-" || $0 == "." }
  }
}
