/// The members of an object of our own making, for a type that is read often and whose reading is therefore by hand: it spares the boxes that Codable's containers
/// stand in. Unknown members are passed over, and null is as good as no member, as Codable has it.
package struct JSONMembers {
  private let members: [String: JSONTree]

  /// The object that a text is.
  package init(text: String) throws {
    var parser = JSONParser(Array(text.utf8), deepest: JSONReader.deepest, takesNUL: true)
    try self.init(try parser.document())
  }

  private init(_ tree: JSONTree) throws {
    guard case .object(let members) = tree else { throw JSONMismatch() }
    self.members = members
  }

  package var isEmpty: Bool { members.isEmpty }

  /// nil where there is none.
  private subscript(_ name: String) -> JSONTree? {
    guard let tree = members[name], tree != .null else { return nil }
    return tree
  }

  package func textIfAny(_ name: String) throws -> String? {
    guard let tree = self[name] else { return nil }
    guard case .text(let text) = tree else { throw JSONMismatch() }
    return text
  }

  package func text(_ name: String) throws -> String {
    guard let text = try textIfAny(name) else { throw JSONMismatch() }
    return text
  }

  package func isTrue(_ name: String) throws -> Bool {
    guard case .bool(let isTrue) = members[name] else { throw JSONMismatch() }
    return isTrue
  }

  /// A number that does not fit is a fault.
  package func number(_ name: String) throws -> Int64 { try Self.number(self[name]) }

  package func objectIfAny(_ name: String) throws -> JSONMembers? { try self[name].map { tree in try JSONMembers(tree) } }

  package func object(_ name: String) throws -> JSONMembers {
    guard let object = try objectIfAny(name) else { throw JSONMismatch() }
    return object
  }

  /// A list of two numbers.
  package func pair<First: FixedWidthInteger, Second: FixedWidthInteger>(_ name: String) throws -> (First, Second) {
    guard case .list(let items) = self[name], items.count >= 2 else { throw JSONMismatch() }
    return (try Self.number(items[0]), try Self.number(items[1]))
  }

  /// All members, where each is a text.
  package func texts(_ name: String) throws -> [String: String] {
    try object(name).members.mapValues { tree in
      guard case .text(let text) = tree else { throw JSONMismatch() }
      return text
    }
  }

  /// A value that Codable reads.
  package func value<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    guard let tree = members[name] else { throw JSONMismatch() }
    return try Value(from: JSONTreeReader(tree: tree))
  }

  private static func number<Number: FixedWidthInteger>(_ tree: JSONTree?) throws -> Number {
    guard case .number(let spelling) = tree, let number = Number(spelling) else { throw JSONMismatch() }
    return number
  }
}
