import Payments

/// Writes a message as XML: `<?xml version="1.0" encoding="utf-8"?><response><pg_status>ok</pg_status>…</response>`.
enum XMLWriter {
  /// The document of a message.
  ///
  /// - Precondition: names are XML names (they are ours), and texts have only characters of XML 1.0: a character that has to be left out
  ///   here would be missing from what was signed. `XMLText.allowed` cleans a text before signing.
  static func document(_ fields: Fields, root: String = "response") -> [UInt8] {
    var text = #"<?xml version="1.0" encoding="utf-8"?>"#
    write(root, .nested(fields), to: &text)
    return Array(text.utf8)
  }

  private static func write(_ name: String, _ value: Fields.Value, to text: inout String) {
    text += "<\(name)>"
    switch value {
    case .text(let content): XMLText.escape(content, to: &text)
    case .nested(let fields): for field in fields.all { write(field.name, field.value, to: &text) }
    }
    text += "</\(name)>"
  }
}

/// Text inside XML.
enum XMLText {
  private static let plain = ByteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:;,/+=#?!()_ ")

  /// The text without the characters that XML 1.0 cannot hold (XML 1.0 §2.2), not even escaped.
  static func allowed(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text.unicodeScalars.filter(isAllowed))
    return String(scalars)
  }

  /// Appends a text with everything escaped that a reader would take for markup or change: carriage returns too (XML 1.0 §2.11).
  static func escape(_ text: String, to output: inout String) {
    // Most texts stand as they are.
    if text.utf8.allSatisfy(plain.contains) { return output += text }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\"": output += "&quot;"
      case "\r": output += "&#13;"
      default:
        precondition(isAllowed(scalar), "a text for XML is cleaned before it is signed")
        output.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }
}
