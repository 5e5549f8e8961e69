/// What Codable sees of `JSONOutput`: one value, which becomes a plain one, a list or an object.
struct JSONValueWriter: Encoder, SingleValueEncodingContainer {
  let output: JSONOutput

  /// Codable asks for them for its error messages; ours name the type.
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    output.growing.beginObject()
    return KeyedEncodingContainer(JSONMembersWriter(output: output, depth: output.growing.depth))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    output.growing.beginList()
    return JSONItemsWriter(output: output, depth: output.growing.depth)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() { output.growing.append(word: "null") }
  func encode(_ value: Bool) { output.growing.append(value) }
  func encode(_ value: String) { output.growing.append(value) }
  func encode(_ value: Int) { output.growing.append(value) }
  func encode(_ value: Int8) { output.growing.append(value) }
  func encode(_ value: Int16) { output.growing.append(value) }
  func encode(_ value: Int32) { output.growing.append(value) }
  func encode(_ value: Int64) { output.growing.append(value) }
  func encode(_ value: UInt) { output.growing.append(value) }
  func encode(_ value: UInt8) { output.growing.append(value) }
  func encode(_ value: UInt16) { output.growing.append(value) }
  func encode(_ value: UInt32) { output.growing.append(value) }
  func encode(_ value: UInt64) { output.growing.append(value) }
  func encode(_ value: Double) throws { throw noFraction(value) }
  func encode(_ value: Float) throws { throw noFraction(value) }
  func encode(_ value: some Encodable) throws { try output.write(value) }

  private func noFraction(_ value: some Encodable) -> EncodingError {
    EncodingError.invalidValue(value, EncodingError.Context(codingPath: [], debugDescription: "whole numbers only"))
  }
}

/// The members of an object.
/// Kinds without a function of their own here come to `encode(some Encodable)`, and from there to `JSONValueWriter`'s.
struct JSONMembersWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let output: JSONOutput
  let depth: Int

  var codingPath: [any CodingKey] { [] }

  /// The writer for a member's value.
  private func value(_ key: Key) -> JSONValueWriter {
    output.growing.beginMember(key.stringValue, of: depth)
    return JSONValueWriter(output: output)
  }

  func encodeNil(forKey key: Key) { value(key).encodeNil() }
  func encode(_ member: Bool, forKey key: Key) { value(key).encode(member) }
  func encode(_ member: String, forKey key: Key) { value(key).encode(member) }
  func encode(_ member: Int64, forKey key: Key) { value(key).encode(member) }
  func encode(_ member: some Encodable, forKey key: Key) throws { try value(key).encode(member) }

  func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) -> KeyedEncodingContainer<Inner> {
    value(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { value(key).unkeyedContainer() }

  func superEncoder() -> any Encoder {
    output.growing.beginMember("super", of: depth)
    return JSONValueWriter(output: output)
  }

  func superEncoder(forKey key: Key) -> any Encoder { value(key) }
}

/// The items of a list.
struct JSONItemsWriter: UnkeyedEncodingContainer {
  let output: JSONOutput
  let depth: Int
  private(set) var count = 0

  init(output: JSONOutput, depth: Int) {
    self.output = output
    self.depth = depth
  }

  var codingPath: [any CodingKey] { [] }

  /// The writer for the next item.
  private mutating func item() -> JSONValueWriter {
    output.growing.beginItem(of: depth)
    count += 1
    return JSONValueWriter(output: output)
  }

  mutating func encodeNil() { item().encodeNil() }
  mutating func encode(_ value: String) { item().encode(value) }
  mutating func encode(_ value: some Encodable) throws { try item().encode(value) }

  mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
    item().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { item().unkeyedContainer() }

  mutating func superEncoder() -> any Encoder { item() }
}
