/// A message of Freedom Pay: named values in the order of the message, nested where the message nests (protocol §1.1, §1.3).
///
/// Same-named fields are kept, in their order, and so are fields nobody knows: every one of them is signed. A list is nested fields whose
/// names are its numbers (`0`, `1` …) in forms and its elements' name, repeated, in XML. Values are the decoded texts, exactly.
/// It prints names and never a value: values are personal data, card data and signatures.
package struct Fields: Sendable, Equatable {
  /// A named value.
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: Value

    package init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// A text, or fields inside the field.
  package enum Value: Sendable, Equatable {
    case text(String)
    case nested(Fields)
  }

  /// The fields, in message order.
  package private(set) var all: [Field]

  package init(_ all: [Field] = []) {
    self.all = all
  }

  /// Adds a field behind the others.
  package mutating func append(_ name: String, _ value: Value) {
    all.append(Field(name, value))
  }

  /// Adds a text, unless it is empty: we never send an empty parameter (protocol §1.4).
  package mutating func add(_ name: String, _ text: String?) {
    guard let text, !text.isEmpty else { return }
    append(name, .text(text))
  }

  /// Every value of a name, in message order.
  package func values(of name: String) -> [Value] {
    all.filter { $0.name == name }.map(\.value)
  }

  /// The text of a field that occurs once and is not empty; nil for everything else. An empty parameter says nothing (protocol §1.4).
  package func text(_ name: String) -> String? {
    guard case .text(let text) = only(name), !text.isEmpty else { return nil }
    return text
  }

  /// The fields inside a field that occurs once; nil where it is absent, repeated or a text.
  package func nested(_ name: String) -> Fields? {
    guard case .nested(let fields) = only(name) else { return nil }
    return fields
  }

  /// The value of a field that occurs once.
  private func only(_ name: String) -> Value? {
    guard let place = all.firstIndex(where: { $0.name == name }) else { return nil }
    return all[(place + 1)...].contains { $0.name == name } ? nil : all[place].value
  }

  /// The message without the fields of these names.
  package func without(_ names: [String]) -> Fields {
    Fields(all.filter { !names.contains($0.name) })
  }
}

extension Fields: CustomStringConvertible, CustomReflectable {
  package var description: String { "Fields(\(all.map(\.name).joined(separator: ", ")))" }
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

extension Fields.Field: CustomStringConvertible, CustomReflectable {
  package var description: String { "Field(\(name))" }
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
