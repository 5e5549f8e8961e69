/// A JSON document (RFC 8259) before anybody asks what it means. Numbers stand as they were spelled, since `1e3` and `1.0` are refused.
package enum JSONTree: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  /// Containers within containers (design §4.7): a receipt's marks are the deepest of ours, at 4.
  package static let deepest = 8

  package init(_ bytes: [UInt8]) throws(JSONFault) {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
    var parser = JSONParser(bytes, deepest: Self.deepest)
    self = try parser.document()
  }
}

/// Why a text is no JSON for us.
package enum JSONFault: Error, Hashable, Sendable {
  case malformed, notUTF8, tooDeep, duplicateMember, nulCharacter

  package var detail: String {
    switch self {
    case .malformed: "The body is not JSON."
    case .notUTF8: "The body is not UTF-8."
    case .tooDeep: "The body is nested deeper than \(JSONTree.deepest) levels."
    case .duplicateMember: "An object has two members of one name."
    case .nulCharacter: "A text holds the character U+0000."
    }
  }
}
