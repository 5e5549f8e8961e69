import Foundation
import HTTPTypes
import Payments
import Yams

/// The OpenAPI document as a test reads it: finds an operation, and says what does not fit.
struct APIContract {
  let document: [String: Any]

  init(yaml: String) throws {
    guard let document = try Yams.load(yaml: yaml) as? [String: Any] else { throw Failure("the document is no mapping") }
    self.document = document
  }

  struct Operation {
    let id: String
    let method: String
    let path: String
    let value: [String: Any]
  }

  var operations: [Operation] {
    let paths = document["paths"] as? [String: [String: Any]] ?? [:]
    return paths.flatMap { path, methods in
      methods.compactMap { method, value in
        (value as? [String: Any]).map { Operation(id: $0["operationId"] as? String ?? "?", method: method, path: path, value: $0) }
      }
    }
  }

  /// What of an answer does not fit what the document says of it; empty where all does.
  func faults(of answer: Wire.Answer, to operation: Operation) -> [String] {
    guard let responses = operation.value["responses"] as? [String: Any],
      let found = responses["\(answer.status)"] ?? responses["default"], let response = resolved(found)
    else { return ["\(operation.id): status \(answer.status) is not described"] }
    let type = (answer.fields[.contentType] ?? "").prefix { $0 != ";" }
    guard let content = response["content"] as? [String: Any] else {
      return answer.body.isEmpty ? [] : ["\(operation.id): \(answer.status) has a body of \(type), and none is described"]
    }
    guard let media = content[String(type)] as? [String: Any] else {
      return ["\(operation.id): \(answer.status) is \(type), not \(content.keys)"]
    }
    guard type.hasSuffix("json") else { return [] }
    guard let schema = media["schema"], let value = try? Yams.load(yaml: answer.text) else { return ["\(operation.id): no JSON"] }
    return faults(of: value, to: schema, at: "\(operation.id) \(answer.status)")
  }

  /// Follows `$ref`.
  func resolved(_ value: Any) -> [String: Any]? {
    guard let object = value as? [String: Any] else { return nil }
    guard let reference = object["$ref"] as? String else { return object }
    let target = reference.dropFirst(2).split(separator: "/").reduce(Optional<Any>(document)) { ($0 as? [String: Any])?[String($1)] }
    return target.flatMap(resolved)
  }

  // MARK: - JSON Schema, as much of it as the document uses

  func faults(of value: Any, to schema: Any, at place: String) -> [String] {
    guard let schema = resolved(schema) else { return ["\(place): no schema"] }
    if let choices = schema["oneOf"] as? [Any] {
      let all = choices.map { faults(of: value, to: $0, at: place) }
      return all.filter(\.isEmpty).count == 1
        ? [] : ["\(place): fits \(all.filter(\.isEmpty).count) of \(choices.count): \(all.min { $0.count < $1.count } ?? [])"]
    }
    if let constant = schema["const"], !Self.equal(constant, value) { return ["\(place): is not \(constant)"] }
    if let words = schema["enum"] as? [Any], !words.contains(where: { Self.equal($0, value) }) {
      return ["\(place): \(value) is none of \(words)"]
    }
    let types = (schema["type"] as? String).map { [$0] } ?? schema["type"] as? [String] ?? []
    guard types.isEmpty || types.contains(where: { Self.isOf($0, value) }) else { return ["\(place): \(value) is no \(types)"] }
    switch value {
    case let text as String: return Self.faults(of: text, schema, place)
    case let number as Int where !(value is Bool): return Self.faults(of: number, schema, place)
    case let list as [Any]: return faults(of: list, schema, place)
    case let object as [String: Any]: return faults(of: object, schema, place)
    default: return []
    }
  }

  private static func equal(_ left: Any, _ right: Any) -> Bool { "\(left)" == "\(right)" && type(of: left) == type(of: right) }

  private static func isOf(_ type: String, _ value: Any) -> Bool {
    switch type {
    case "string": value is String
    case "integer": value is Int && !(value is Bool)
    case "boolean": value is Bool
    case "array": value is [Any]
    case "object": value is [String: Any]
    case "null": value is NSNull
    default: false
    }
  }

  private static func faults(of text: String, _ schema: [String: Any], _ place: String) -> [String] {
    var faults: [String] = []
    if let pattern = schema["pattern"] as? String, text.range(of: pattern, options: .regularExpression) == nil {
      faults.append("\(place): not \(pattern)")
    }
    if let least = schema["minLength"] as? Int, text.unicodeScalars.count < least { faults.append("\(place): shorter than \(least)") }
    if let most = schema["maxLength"] as? Int, text.unicodeScalars.count > most { faults.append("\(place): longer than \(most)") }
    if schema["format"] as? String == "date-time", (try? Timestamp(rfc3339: text)) == nil { faults.append("\(place): no time") }
    return faults
  }

  private static func faults(of number: Int, _ schema: [String: Any], _ place: String) -> [String] {
    if let least = schema["minimum"] as? Int, number < least { return ["\(place): \(number) is less than \(least)"] }
    if let most = schema["maximum"] as? Int, number > most { return ["\(place): \(number) is more than \(most)"] }
    return []
  }

  private func faults(of list: [Any], _ schema: [String: Any], _ place: String) -> [String] {
    if let least = schema["minItems"] as? Int, list.count < least { return ["\(place): fewer than \(least)"] }
    guard let items = schema["items"] else { return [] }
    return list.enumerated().flatMap { faults(of: $1, to: items, at: "\(place)/\($0)") }
  }

  private func faults(of object: [String: Any], _ schema: [String: Any], _ place: String) -> [String] {
    let properties = schema["properties"] as? [String: Any] ?? [:]
    var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(place): lacks \($0)" }
    for (name, value) in object {
      if let property = properties[name] {
        found += faults(of: value, to: property, at: "\(place)/\(name)")
      } else if schema["additionalProperties"] as? Bool == false {
        found.append("\(place): \(name) is not described")
      } else if let more = schema["additionalProperties"] as? [String: Any] {
        found += faults(of: value, to: more, at: "\(place)/\(name)")
      }
    }
    return found
  }
}
