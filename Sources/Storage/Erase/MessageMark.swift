import JSON

/// A value by which a message is known as a payer's: all of a text in it, never a part of one.
struct MessageMark: Sendable {
  let value: String
  /// What the name of the value's field must hold, where the value alone could be something else.
  var field: String?

  /// A message is JSON as the acquirer's adapter keeps it: `[["pg_user_phone","998…"], …]`, with lists of the same kind nested in it (`Evidence`); other shapes are
  /// read too.
  func isIn(_ message: String) -> Bool {
    var parser = JSONParser(Array(message.utf8), deepest: Self.deepest, takesNUL: true)
    guard let tree = try? parser.document() else { return false }
    return isIn(tree, of: "")
  }

  /// XML of ours is 16 deep at most (design §4.7), and each of its levels is two lists.
  private static let deepest = 64

  private func isIn(_ tree: JSONTree, of name: String) -> Bool {
    switch tree {
    case .text(let text): text == value && field.map { name.lowercased().contains($0) } ?? true
    case .list(let items):
      if items.count == 2, case .text(let name) = items[0] { isIn(items[1], of: name) } else { items.contains { isIn($0, of: name) } }
    case .object(let members): members.contains { isIn($0.value, of: $0.key) }
    case .null, .bool, .number: false
    }
  }
}
