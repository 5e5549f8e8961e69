import FoundationEssentials

/// A JSON document (RFC 8259) before anybody asks what it means. Numbers stand as they were spelled, since `1e3` and `1.0` are refused.
enum JSONTree: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  /// Containers within containers (design §4.7): a receipt's marks are the deepest of ours, at 4.
  static let deepest = 8

  /// Reads a document. The grammar is the judgement of Foundation's JSONDecoder; what that hides (spelling of numbers, duplicate members, depth) `JSONSpelling`
  /// finds out beforehand.
  init(_ bytes: [UInt8]) throws(JSONFault) {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
    let spelling = try JSONSpelling(bytes)
    let tree: JSONTree
    do {
      tree = try JSONDecoder().decode(JSONTree.self, from: Data(spelling.marked))
    } catch {
      throw .malformed
    }
    guard tree.memberCount == spelling.memberCount else { throw .duplicateMember }
    self = tree
  }

  /// Members of all objects in it.
  private var memberCount: Int {
    switch self {
    case .null, .bool, .number, .text: 0
    case .list(let items): items.reduce(0) { $0 + $1.memberCount }
    case .object(let members): members.values.reduce(members.count) { $0 + $1.memberCount }
    }
  }
}

/// Why a text is no JSON for us.
enum JSONFault: Error, Hashable, Sendable {
  case malformed, notUTF8, tooDeep, duplicateMember, nulCharacter

  var detail: String {
    switch self {
    case .malformed: "The body is not JSON."
    case .notUTF8: "The body is not UTF-8."
    case .tooDeep: "The body is nested deeper than \(JSONTree.deepest) levels."
    case .duplicateMember: "An object has two members of one name."
    case .nulCharacter: "A text holds the character U+0000."
    }
  }
}

extension JSONTree: Decodable {
  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Texts first: they are most of a body, numbers among them, and a question that is answered "no" costs more than all else here.
  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self = JSONSpelling.number(text).map { .number($0) } ?? .text(text)
    } else if value.decodeNil() {
      self = .null
    } else if let isTrue = try? value.decode(Bool.self) {
      self = .bool(isTrue)
    } else if let object = try? decoder.container(keyedBy: Name.self) {
      var members: [String: JSONTree] = [:]
      for name in object.allKeys { members[name.stringValue] = try object.decode(JSONTree.self, forKey: name) }
      self = .object(members)
    } else {
      var list = try decoder.unkeyedContainer()
      var items: [JSONTree] = []
      while !list.isAtEnd { items.append(try list.decode(JSONTree.self)) }
      self = .list(items)
    }
  }
}
