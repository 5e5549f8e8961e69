import Foundation

/// A JSON value as a test reads it: whatever is not there is nil, never a crash.
struct JSON: CustomStringConvertible {
  let value: Any?

  init(_ value: Any?) { self.value = value is NSNull ? nil : value }
  init(bytes: [UInt8]) { self.init(try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])) }

  subscript(key: String) -> JSON { JSON((value as? [String: Any])?[key]) }
  subscript(index: Int) -> JSON {
    let list = value as? [Any] ?? []
    return JSON(list.indices.contains(index) ? list[index] : nil)
  }

  var string: String? { value as? String }
  var int: Int64? { (value as? NSNumber)?.int64Value }
  var bool: Bool? { (value as? NSNumber)?.boolValue }
  var list: [JSON] { (value as? [Any] ?? []).map(JSON.init) }
  var isNull: Bool { value == nil }
  var keys: Set<String> { Set((value as? [String: Any])?.keys.map { $0 } ?? []) }

  var description: String { value.map { "\($0)" } ?? "null" }
}
