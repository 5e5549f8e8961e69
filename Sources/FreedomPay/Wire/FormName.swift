/// How forms write nested fields: `pg_receipt_positions[0][name]` (protocol §1.3, "Wire form of nested fields").
enum FormName {
  /// How deep names may nest, like XML (design §4.7).
  static let depthLimit = 16

  /// The leaves of a message with their form names, in message order. Same-named nested fields become one list.
  static func flat(_ fields: Fields) -> [(name: String, text: String)] {
    leaves(of: fields, prefix: nil)
  }

  private static func leaves(of fields: Fields, prefix: String?) -> [(name: String, text: String)] {
    fields.all.flatMap { field in
      let name = prefix.map { "\($0)[\(field.name)]" } ?? field.name
      switch field.value {
      case .text(let text): return [(name, text)]
      case .nested(let inner): return leaves(of: inner, prefix: name)
      }
    }
  }

  /// A message from the fields of a form: bracketed names nest, in the order of their first appearance; `[]` takes the next number, as PHP
  /// has it. A name with broken brackets, or deeper than the bound, stays one plain name.
  static func nested(_ flat: [(name: String, text: String)]) -> Fields {
    let root = Node()
    for (name, text) in flat {
      // Most names are plain.
      if name.utf8.contains(UInt8(ascii: "[")) { root.insert(path(of: name)[...], text) } else { root.add(name, text) }
    }
    return root.fields
  }

  /// `a[b][c]` as its parts.
  private static func path(of name: String) -> [String] {
    guard let open = name.firstIndex(of: "["), open > name.startIndex, name.last == "]" else { return [name] }
    let inside = name[name.index(after: open)...].dropLast()
    let keys = inside.split(separator: "][", omittingEmptySubsequences: false).map(String.init)
    guard keys.count < depthLimit, keys.allSatisfy({ !$0.contains { $0 == "[" || $0 == "]" } }) else { return [name] }
    return [String(name[..<open])] + keys
  }

  /// A level of the message while it is built.
  private final class Node {
    private enum Child {
      case text(String)
      case node(Node)
    }
    private var children: [(name: String, child: Child)] = []
    private var nodes: [String: Node] = [:]

    /// A nameless one takes the next number.
    func add(_ name: String, _ text: String) { children.append((name.isEmpty ? String(children.count) : name, .text(text))) }

    func insert(_ path: ArraySlice<String>, _ text: String) {
      let first = path[path.startIndex]
      guard path.count > 1 else { return add(first, text) }
      let name = first.isEmpty ? String(children.count) : first
      if let node = nodes[name] { return node.insert(path.dropFirst(), text) }
      let node = Node()
      nodes[name] = node
      children.append((name, .node(node)))
      node.insert(path.dropFirst(), text)
    }

    var fields: Fields {
      Fields(
        children.map { name, child in
          switch child {
          case .text(let text): Fields.Field(name, .text(text))
          case .node(let node): Fields.Field(name, .nested(node.fields))
          }
        })
    }
  }
}
