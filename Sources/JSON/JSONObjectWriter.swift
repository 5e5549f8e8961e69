/// Writes the members of an object one after the other, for a type whose `encode(to:)` is written by hand since it is written often: it spares the boxes that Codable's
/// containers stand in, and a look-up of a generic type for each.
///
/// The members are given in the order of their names.
package struct JSONObjectWriter {
  private let output: JSONOutput
  private let depth: Int
  private var last = ""

  /// - Parameter encoder: `JSONWriter`'s own.
  package init(_ encoder: any Encoder) {
    guard let writer = encoder as? JSONValueWriter else { preconditionFailure("bodies are written by JSONWriter") }
    output = writer.output
    output.growing.beginObject(isSorted: true)
    depth = output.growing.depth
  }

  private mutating func begin(_ name: StaticString) {
    assert(last < "\(name)", "members come in the order of their names: \(name) after \(last)")
    assert(
      {
        last = "\(name)"
        return true
      }())
    output.growing.beginMember(name, of: depth)
  }

  package mutating func add(_ name: StaticString, _ text: String) {
    begin(name)
    output.growing.append(text)
  }

  package mutating func add(_ name: StaticString, _ number: Int64) {
    begin(name)
    output.growing.append(number)
  }

  package mutating func add(_ name: StaticString, _ isTrue: Bool) {
    begin(name)
    output.growing.append(isTrue)
  }

  /// null where there is none.
  package mutating func add(_ name: StaticString, _ text: String?) {
    begin(name)
    if let text { output.growing.append(text) } else { output.growing.append(word: "null") }
  }

  /// null where there is none.
  package mutating func add(_ name: StaticString, _ number: Int64?) {
    begin(name)
    if let number { output.growing.append(number) } else { output.growing.append(word: "null") }
  }

  package mutating func add(_ name: StaticString, value: some Encodable) throws {
    begin(name)
    try output.write(value)
  }
}
