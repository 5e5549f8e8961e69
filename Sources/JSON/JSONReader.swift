/// Reads `Decodable` values from JSON of our own making, such as a column of the books. What stands there was written by `JSONWriter` or, before it, by
/// JSONEncoder; anything else is a fault.
package enum JSONReader {
  /// Containers within containers that stored values may have: each value of the acquirer's options takes three.
  package static let deepest = 64

  package static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
    var parser = JSONParser(Array(text.utf8), deepest: deepest, takesNUL: true)
    return try Value(from: JSONTreeReader(tree: try parser.document()))
  }
}

/// A value is not what its type asks for. It names no content.
struct JSONMismatch: Error {}

/// One value of a tree, as Codable sees it.
struct JSONTreeReader: Decoder, SingleValueDecodingContainer {
  let tree: JSONTree

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = tree else { throw JSONMismatch() }
    return KeyedDecodingContainer(JSONMembersReader(members: members))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let items) = tree else { throw JSONMismatch() }
    return JSONItemsReader(items: items)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { tree == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let isTrue) = tree else { throw JSONMismatch() }
    return isTrue
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .text(let text) = tree else { throw JSONMismatch() }
    return text
  }

  func decode(_ type: Int.Type) throws -> Int { try whole() }
  func decode(_ type: Int8.Type) throws -> Int8 { try whole() }
  func decode(_ type: Int16.Type) throws -> Int16 { try whole() }
  func decode(_ type: Int32.Type) throws -> Int32 { try whole() }
  func decode(_ type: Int64.Type) throws -> Int64 { try whole() }
  func decode(_ type: UInt.Type) throws -> UInt { try whole() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try whole() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try whole() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try whole() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try whole() }
  /// No value of ours has a fraction.
  func decode(_ type: Double.Type) throws -> Double { throw JSONMismatch() }
  func decode(_ type: Float.Type) throws -> Float { throw JSONMismatch() }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

  /// A number that does not fit is a fault.
  private func whole<Number: FixedWidthInteger>() throws -> Number {
    guard case .number(let spelling) = tree, let number = Number(spelling) else { throw JSONMismatch() }
    return number
  }
}

struct JSONMembersReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let members: [String: JSONTree]

  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

  private func value(_ key: Key) throws -> JSONTreeReader {
    guard let tree = members[key.stringValue] else { throw JSONMismatch() }
    return JSONTreeReader(tree: tree)
  }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try value(key).decodeNil() }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key).decode(type) }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try value(key).decode(type) }

  func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) throws -> KeyedDecodingContainer<Inner> {
    try value(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try value(key).unkeyedContainer() }

  func superDecoder() throws -> any Decoder {
    guard let tree = members["super"] else { throw JSONMismatch() }
    return JSONTreeReader(tree: tree)
  }

  func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }
}

struct JSONItemsReader: UnkeyedDecodingContainer {
  let items: [JSONTree]
  private(set) var currentIndex = 0

  init(items: [JSONTree]) { self.items = items }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex == items.count }

  private mutating func item() throws -> JSONTreeReader {
    guard !isAtEnd else { throw JSONMismatch() }
    defer { currentIndex += 1 }
    return JSONTreeReader(tree: items[currentIndex])
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd else { throw JSONMismatch() }
    let isNull = items[currentIndex] == .null
    if isNull { currentIndex += 1 }
    return isNull
  }

  mutating func decode(_ type: String.Type) throws -> String { try item().decode(type) }
  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try item().decode(type) }

  mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws -> KeyedDecodingContainer<Inner> {
    try item().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try item().unkeyedContainer() }

  mutating func superDecoder() throws -> any Decoder { try item() }
}
