/// A text or number that is not a value of our words. It says which rule is broken, never the value itself.
package struct InvalidValue: Error, Hashable, Sendable, CustomStringConvertible {
  package let rule: String

  package init(_ rule: String) { self.rule = rule }

  package var description: String { rule }
}
