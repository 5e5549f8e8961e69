/// A JSON object as fields, in its own order and with its numbers as they are written: `20.0` is signed as `20.0` (protocol §13.6).
/// `JSONDecoder` keeps neither, so this reader is ours; what is no JSON (RFC 8259) is refused.
struct CapturedJSON {
  private var rest: ArraySlice<UInt8>

  static func fields(_ bytes: [UInt8]) throws(CaptureError) -> Fields {
    var reader = CapturedJSON(rest: bytes[...])
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.rest.isEmpty, case .nested(let fields) = value else { throw malformed }
    return fields
  }

  private static var malformed: CaptureError { CaptureError("is JSON that is not well-formed") }

  private mutating func value(depth: Int) throws(CaptureError) -> Fields.Value {
    guard depth < FormName.depthLimit else { throw CaptureError("is JSON nested deeper than \(FormName.depthLimit)") }
    skipBlanks()
    switch rest.first {
    case UInt8(ascii: "{"): return .nested(try members(depth: depth))
    case UInt8(ascii: "["): return .nested(try elements(depth: depth))
    case UInt8(ascii: "\""): return .text(try string())
    default: return .text(try word())
    }
  }

  private mutating func members(depth: Int) throws(CaptureError) -> Fields {
    var fields = Fields()
    rest = rest.dropFirst()
    if take("}") { return fields }
    repeat {
      skipBlanks()
      let name = try string()
      guard take(":") else { throw Self.malformed }
      fields.append(name, try value(depth: depth + 1))
    } while take(",")
    guard take("}") else { throw Self.malformed }
    return fields
  }

  private mutating func elements(depth: Int) throws(CaptureError) -> Fields {
    var fields = Fields()
    rest = rest.dropFirst()
    if take("]") { return fields }
    repeat { fields.append(String(fields.all.count), try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw Self.malformed }
    return fields
  }

  /// Numbers as they stand; PHP's texts for the three words.
  private mutating func word() throws(CaptureError) -> String {
    let word = String(decoding: rest.prefix { !",}] \n\r\t".utf8.contains($0) }, as: UTF8.self)
    rest = rest.dropFirst(word.utf8.count)
    switch word {
    case "true": return "1"
    case "false", "null": return ""
    default:
      guard Double(word) != nil, word.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { throw Self.malformed }
      return word
    }
  }

  private mutating func string() throws(CaptureError) -> String {
    guard rest.first == UInt8(ascii: "\"") else { throw Self.malformed }
    rest = rest.dropFirst()
    var units: [UInt16] = []
    while let scalarBytes = rest.first {
      if scalarBytes == UInt8(ascii: "\"") {
        rest = rest.dropFirst()
        guard let text = String(validating: units, as: UTF16.self) else { throw Self.malformed }
        return text
      }
      if scalarBytes == UInt8(ascii: "\\") {
        units.append(try escape())
      } else {
        let run = rest.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        units += String(decoding: run, as: UTF8.self).utf16
        rest = rest[run.endIndex...]
      }
    }
    throw Self.malformed
  }

  private mutating func escape() throws(CaptureError) -> UInt16 {
    let letter = rest.dropFirst().first
    rest = rest.dropFirst(2)
    switch letter {
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(letter ?? 0)
    case UInt8(ascii: "u"):
      let digits = rest.prefix(4)
      guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else { throw Self.malformed }
      rest = rest.dropFirst(4)
      return unit
    default: throw Self.malformed
    }
  }

  /// Whether the next character is this one; then it is behind us.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func skipBlanks() { rest = rest.drop { " \n\r\t".utf8.contains($0) } }
}
