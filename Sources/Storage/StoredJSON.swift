import JSON

/// Values that are only ever read whole stand in one column as JSON with sorted members, so that the same value is the same text.
enum StoredJSON {
  static func text(_ value: some Encodable) throws -> String { try JSONWriter.text(of: value) }

  static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
    try JSONReader.value(type, from: text)
  }
}
