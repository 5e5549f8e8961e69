/// What JSONDecoder does not tell: how numbers are spelled, how many members there are, how deep it goes.
///
/// One pass over the bytes, before the parser, that knows only strings, brackets, colons and numbers. It copies the document with every number as a text that
/// begins with U+0000: `{"a":1.0}` → `{"a":"\u00001.0"}`. A document that itself spells U+0000 is refused, so no text can pass for a number. Whatever else is
/// wrong with the document the parser finds in the copy.
struct JSONSpelling {
  private(set) var marked: [UInt8] = []
  private(set) var memberCount = 0
  private var depth = 0
  /// The last byte that is not blank, `0` for any number: JSONDecoder lets a comma before a closing bracket pass, and takes a number for a name once it is marked.
  private var previous: UInt8 = 0

  init(_ bytes: [UInt8]) throws(JSONFault) {
    marked.reserveCapacity(bytes.count + 64)
    var place = 0
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""):
        place = try copyString(bytes, from: place)
        previous = UInt8(ascii: "\"")
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        place = try markNumber(bytes, from: place)
        previous = UInt8(ascii: "0")
      case let byte:
        try count(byte)
        marked.append(byte)
        if !" \t\n\r".utf8.contains(byte) { previous = byte }
        place += 1
      }
    }
  }

  /// The spelling of a number, if the text stands for one.
  static func number(_ text: String) -> String? {
    text.utf8.first == 0 ? String(text.unicodeScalars.dropFirst()) : nil
  }

  private mutating func count(_ byte: UInt8) throws(JSONFault) {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      depth += 1
      guard depth <= JSONTree.deepest else { throw .tooDeep }
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      guard previous != UInt8(ascii: ",") else { throw .malformed }
      depth -= 1
    case UInt8(ascii: ":"):
      guard previous == UInt8(ascii: "\"") else { throw .malformed }
      memberCount += 1
    case 0: throw .malformed
    default: break
    }
  }

  private mutating func copyString(_ bytes: [UInt8], from start: Int) throws(JSONFault) -> Int {
    var place = start + 1
    while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
      if bytes[place] == UInt8(ascii: "\\") {
        if bytes[place...].starts(with: "\\u0000".utf8) { throw .nulCharacter }
        place += 1
      }
      place += 1
    }
    guard place < bytes.count else { throw .malformed }
    marked += bytes[start...place]
    return place + 1
  }

  private mutating func markNumber(_ bytes: [UInt8], from start: Int) throws(JSONFault) -> Int {
    let digits = bytes[start...].prefix { Self.isNumberByte($0) }
    guard Self.isNumber(digits) else { throw .malformed }
    marked += "\"\\u0000".utf8
    marked += digits
    marked.append(UInt8(ascii: "\""))
    return digits.endIndex
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
      UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// RFC 8259 §6: `[-] int [frac] [exp]`.
  private static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    func digits() -> Int {
      let run = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[run.endIndex...]
      return run.count
    }
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let leadsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !(leadsWithZero && whole > 1) else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
