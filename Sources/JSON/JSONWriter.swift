/// Writes `Encodable` values as one JSON document (RFC 8259), members sorted by name, so that the same value is always the same bytes.
///
/// By hand, since JSONEncoder builds a tree of boxes first (decision 16); a test holds it against JSONEncoder. It writes what our own
/// values are made of: texts, whole numbers, yes and no, null, lists and objects. There are no floating-point numbers in money, and none here.
package enum JSONWriter {
  /// - Throws: `EncodingError` where a value holds a floating-point number, and what the value throws itself.
  package static func bytes(of value: some Encodable) throws -> [UInt8] {
    var document = JSONDocument()
    // SAFETY: the writers that are made from `output` are Codable's arguments and do not outlive the call.
    try unsafe withUnsafeMutablePointer(to: &document) { try unsafe JSONOutput($0).write(value) }
    return document.bytes
  }

  package static func text(of value: some Encodable) throws -> String { String(decoding: try bytes(of: value), as: UTF8.self) }

  /// An object that is written by hand.
  package static func text(ofObject write: (inout JSONObjectWriter) throws -> Void) rethrows -> String {
    var document = JSONDocument()
    // SAFETY: the writers that are made from the output are the closure's arguments and do not outlive the call.
    try unsafe withUnsafeMutablePointer(to: &document) { document in
      var object = unsafe JSONObjectWriter(JSONOutput(document))
      try write(&object)
    }
    document.close(above: 0)
    return String(decoding: document.bytes, as: UTF8.self)
  }
}

/// The document as it grows, as all of Codable's writers of one call share it. By its address, since what a class holds is checked for exclusive access at every
/// touch, which took a sixth of a list's time.
@safe struct JSONOutput {
  /// SAFETY: `JSONWriter.bytes` keeps the document where it is for as long as there are writers, all of one thread and one after the other.
  private let document: UnsafeMutablePointer<JSONDocument>

  init(_ document: UnsafeMutablePointer<JSONDocument>) { unsafe self.document = unsafe document }

  var growing: JSONDocument {
    _read { yield unsafe document.pointee }
    nonmutating _modify { yield unsafe &document.pointee }
  }

  /// A whole value, which may open containers of its own.
  func write<Value: Encodable>(_ value: Value) throws {
    let (depth, start) = (growing.depth, growing.bytes.count)
    try value.encode(to: JSONValueWriter(output: self))
    growing.close(above: depth)
    // What wrote nothing at all is an object without members, as JSONEncoder has it.
    if growing.bytes.count == start { growing.append(word: "{}") }
  }
}

/// The document as it grows, and the containers that are open in it, outermost first.
///
/// Codable never says that a container is finished. So each remembers how deep it stands, and what is open above it ends as soon as it is used again.
struct JSONDocument {
  private(set) var bytes: [UInt8] = []
  private var open: [Container] = []

  private struct Container {
    /// Each with the place of its quote; nil where they come in their order by themselves, as in a list.
    var members: [(name: String, start: Int)]?
    let start: Int
    let end: UInt8
    var isEmpty = true
  }

  init() { bytes.reserveCapacity(1024) }

  /// How many containers are open.
  var depth: Int { open.count }

  /// - Parameter isSorted: the members come in the order of their names.
  mutating func beginObject(isSorted: Bool = false) {
    open.append(Container(members: isSorted ? nil : [], start: bytes.count, end: UInt8(ascii: "}")))
    bytes.append(UInt8(ascii: "{"))
  }

  mutating func beginList() {
    open.append(Container(members: nil, start: bytes.count, end: UInt8(ascii: "]")))
    bytes.append(UInt8(ascii: "["))
  }

  /// Before a member's value.
  /// - Parameter depth: of the object's container, from 1.
  mutating func beginMember(_ name: String, of depth: Int) {
    beginItem(of: depth)
    open[depth - 1].members?.append((name, bytes.count))
    append(name)
    bytes.append(UInt8(ascii: ":"))
  }

  /// Before a member's value, where members come in their order.
  mutating func beginMember(_ name: StaticString, of depth: Int) {
    beginItem(of: depth)
    bytes.append(UInt8(ascii: "\""))
    append(word: name)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  /// Before an item of a list.
  mutating func beginItem(of depth: Int) {
    close(above: depth)
    if !open[depth - 1].isEmpty { bytes.append(UInt8(ascii: ",")) }
    open[depth - 1].isEmpty = false
  }

  /// Ends what stands deeper.
  mutating func close(above depth: Int) {
    while open.count > depth {
      let container = open.removeLast()
      if let members = container.members { sort(members, from: container.start) }
      bytes.append(container.end)
    }
  }

  /// Brings the members of the last object into their order. Ours mostly stand in it already.
  private mutating func sort(_ members: [(name: String, start: Int)], from start: Int) {
    var isSorted = true
    for place in members.indices.dropFirst() where !Self.isBefore(members[place - 1].name, members[place].name) {
      isSorted = false
      break
    }
    if isSorted { return }
    let ends = members.dropFirst().map { $0.start - 1 } + [bytes.count]
    let written = bytes[start...]
    var sorted: [UInt8] = []
    sorted.reserveCapacity(written.count)
    for (member, end) in zip(members, ends).sorted(by: { Self.isBefore($0.0.name, $1.0.name) }) {
      sorted.append(sorted.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
      sorted += bytes[member.start..<end]
    }
    bytes.replaceSubrange(start..., with: sorted)
  }

  private static func isBefore(_ left: String, _ right: String) -> Bool { left < right }
}

// MARK: - Plain values

extension JSONDocument {
  mutating func append(word: StaticString) {
    // SAFETY: the word has utf8CodeUnitCount bytes, and lives as long as the program.
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  mutating func append(_ isTrue: Bool) { append(word: isTrue ? "true" : "false") }

  mutating func append(_ number: some BinaryInteger) {
    var text = String(number)
    text.withUTF8 { unsafe bytes.append(contentsOf: $0) }
  }

  /// In its quotes, with JSONEncoder's escapes; slashes stand as they are.
  mutating func append(_ text: String) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { text in
      var start = 0
      for place in text.indices {
        let byte = unsafe text[place]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<place]))
        appendEscaped(byte)
        start = place + 1
      }
      unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append(word: "\\\"")
    case UInt8(ascii: "\\"): append(word: "\\\\")
    case 0x08: append(word: "\\b")
    case 0x0c: append(word: "\\f")
    case 0x0a: append(word: "\\n")
    case 0x0d: append(word: "\\r")
    case 0x09: append(word: "\\t")
    default:
      append(word: "\\u00")
      for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10) }
    }
  }
}
