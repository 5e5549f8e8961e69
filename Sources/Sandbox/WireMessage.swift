/// A message of the protocol: named values in the order they came; a value is a text or a message of its own (protocol §1.1).
struct WireMessage: Equatable, Sendable {
  enum Content: Equatable, Sendable {
    case text(String)
    case group(WireMessage)
  }

  struct Field: Equatable, Sendable {
    var name: String
    var value: Content
  }

  var fields: [Field] = []

  init(_ fields: [Field] = []) {
    self.fields = fields
  }

  mutating func append(_ name: String, _ text: String) {
    fields.append(Field(name: name, value: .text(text)))
  }

  /// Appends the text where there is one: an empty parameter is never sent (protocol §1.4).
  mutating func append(_ name: String, ifPresent text: String?) {
    if let text, !text.isEmpty { append(name, text) }
  }

  mutating func append(_ name: String, _ group: WireMessage) {
    fields.append(Field(name: name, value: .group(group)))
  }

  /// The first text field of that name.
  subscript(_ name: String) -> String? {
    for field in fields where field.name == name {
      if case .text(let text) = field.value { return text }
    }
    return nil
  }

  func contains(_ name: String) -> Bool {
    fields.contains { $0.name == name }
  }

  /// The message without the fields of these names, at the top level.
  func without(_ names: String...) -> WireMessage {
    WireMessage(fields.filter { !names.contains($0.name) })
  }

  /// Every text with its full name, groups written as PHP forms are: `pg_receipt_positions[0][name]`.
  var flattened: [(name: String, value: String)] {
    fields.flatMap { field -> [(name: String, value: String)] in
      switch field.value {
      case .text(let text): [(field.name, text)]
      case .group(let group): group.flattened.map { ("\(field.name)\(Self.bracketed($0.name))", $0.value) }
      }
    }
  }

  /// `name` becomes `[name]`, and `name[0]` becomes `[name][0]`.
  private static func bracketed(_ name: String) -> String {
    guard let bracket = name.firstIndex(of: "[") else { return "[\(name)]" }
    return "[\(name[..<bracket])]\(name[bracket...])"
  }
}
