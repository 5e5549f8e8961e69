/// Reads one JSON document (RFC 8259) from bytes that are valid UTF-8, strictly: no byte order mark, no comment, no trailing comma, no lone surrogate.
///
/// By hand, since JSONDecoder hides what we must judge (the spelling of numbers, members of one name, depth), so that a pass over the bytes stood before it
/// anyway; without it a create's body costs a seventh. A test holds it against JSONDecoder.
package struct JSONParser {
  private let bytes: [UInt8]
  private var place = 0
  private var depth = 0
  private let deepest: Int
  private let takesNUL: Bool

  /// - Parameters:
  ///   - deepest: containers within containers.
  ///   - takesNUL: texts may hold U+0000, which RFC 8259 allows and few readers like.
  package init(_ bytes: [UInt8], deepest: Int, takesNUL: Bool = false) {
    self.bytes = bytes
    self.deepest = deepest
    self.takesNUL = takesNUL
  }

  /// The document, and nothing behind it.
  package mutating func document() throws(JSONFault) -> JSONTree {
    let tree = try value()
    skipBlanks()
    guard place == bytes.count else { throw .malformed }
    return tree
  }

  /// The byte at the place; 0, which no document has outside of texts, behind the end.
  private var next: UInt8 { place < bytes.count ? bytes[place] : 0 }

  private mutating func skipBlanks() {
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): place += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard place < bytes.count, bytes[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func value() throws(JSONFault) -> JSONTree {
    skipBlanks()
    switch next {
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "{"): return .object(try members())
    case UInt8(ascii: "["): return .list(try items())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw .malformed
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONTree) throws(JSONFault) -> JSONTree {
    let end = place + word.utf8CodeUnitCount
    guard end <= bytes.count else { throw .malformed }
    // SAFETY: the word has utf8CodeUnitCount bytes, and index stays below that.
    for index in 0..<word.utf8CodeUnitCount where unsafe bytes[place + index] != word.utf8Start[index] { throw .malformed }
    place = end
    return value
  }
}

// MARK: - Containers

extension JSONParser {
  private mutating func open() throws(JSONFault) {
    place += 1
    depth += 1
    guard depth <= deepest else { throw .tooDeep }
    skipBlanks()
  }

  private mutating func members() throws(JSONFault) -> [String: JSONTree] {
    try open()
    defer { depth -= 1 }
    var members: [String: JSONTree] = [:]
    if take(UInt8(ascii: "}")) { return members }
    while true {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { throw .malformed }
      let name = try text()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw .malformed }
      guard members.updateValue(try value(), forKey: name) == nil else { throw .duplicateMember }
      skipBlanks()
      if take(UInt8(ascii: "}")) { return members }
      guard take(UInt8(ascii: ",")) else { throw .malformed }
    }
  }

  private mutating func items() throws(JSONFault) -> [JSONTree] {
    try open()
    defer { depth -= 1 }
    var items: [JSONTree] = []
    if take(UInt8(ascii: "]")) { return items }
    while true {
      items.append(try value())
      skipBlanks()
      if take(UInt8(ascii: "]")) { return items }
      guard take(UInt8(ascii: ",")) else { throw .malformed }
    }
  }
}

// MARK: - Numbers and texts

extension JSONParser {
  /// `[-] int [frac] [exp]` (RFC 8259 §6), as it is spelled.
  private mutating func number() throws(JSONFault) -> String {
    let start = place
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      try digits()
    }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private mutating func digits() throws(JSONFault) {
    let start = place
    while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
    guard place > start else { throw .malformed }
  }

  /// A text in its quotes. Most have no escape and are taken as they stand.
  private mutating func text() throws(JSONFault) -> String {
    place += 1
    let start = place
    try skipPlain()
    if take(UInt8(ascii: "\"")) { return String(decoding: bytes[start..<place - 1], as: UTF8.self) }
    var text = Array(bytes[start..<place])
    while !take(UInt8(ascii: "\"")) {
      if take(UInt8(ascii: "\\")) {
        try appendEscaped(to: &text)
      } else {
        let start = place
        try skipPlain()
        text += bytes[start..<place]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Up to a quote or a backslash. A control character must be escaped (RFC 8259 §7).
  private mutating func skipPlain() throws(JSONFault) {
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): return
      case 0..<0x20: throw .malformed
      default: place += 1
      }
    }
    throw .malformed
  }

  private mutating func appendEscaped(to text: inout [UInt8]) throws(JSONFault) {
    let letter = next
    place += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += String(Character(try scalar())).utf8
    default: throw .malformed
    }
  }

  /// Behind `\u`: four digits, or two surrogates that belong together.
  private mutating func scalar() throws(JSONFault) -> Unicode.Scalar {
    let first = try codeUnit()
    guard first != 0 || takesNUL else { throw .nulCharacter }
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard UTF16.isLeadSurrogate(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw .malformed }
    let second = try codeUnit()
    guard UTF16.isTrailSurrogate(second) else { throw .malformed }
    return UTF16.decode(UTF16.EncodedScalar([first, second]))
  }

  private mutating func codeUnit() throws(JSONFault) -> UInt16 {
    guard place + 4 <= bytes.count else { throw .malformed }
    var unit: UInt16 = 0
    for byte in bytes[place..<place + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw .malformed }
      unit = unit << 4 | UInt16(digit)
    }
    place += 4
    return unit
  }
}
