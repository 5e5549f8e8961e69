/// Writes the members of an object one after the other, for a type that is written often and whose writing is therefore by hand: it spares the boxes that Codable's
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
    self.init(writer.output)
  }

  /// Begins an object where the next value is due.
  init(_ output: JSONOutput) {
    self.output = output
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

// MARK: - What stored values need besides

extension JSONObjectWriter {
  /// Left out where there is none, as Codable has it.
  package mutating func addIfAny(_ name: StaticString, _ text: String?) {
    if let text { add(name, text) }
  }

  /// Left out where there is none, as Codable has it.
  package mutating func addIfAny(_ name: StaticString, _ number: Int64?) {
    if let number { add(name, number) }
  }

  package mutating func add(_ name: StaticString, _ texts: [String]) {
    begin(name)
    output.growing.append(word: "[")
    for (place, text) in texts.enumerated() {
      if place > 0 { output.growing.append(word: ",") }
      output.growing.append(text)
    }
    output.growing.append(word: "]")
  }

  /// A list of two numbers.
  package mutating func add(_ name: StaticString, pair first: Int64, _ second: UInt64) {
    begin(name)
    output.growing.append(word: "[")
    output.growing.append(first)
    output.growing.append(word: ",")
    output.growing.append(second)
    output.growing.append(word: "]")
  }

  /// Texts by names that are not known beforehand.
  package mutating func add(_ name: StaticString, _ texts: [String: String]) {
    addObject(name) { object in
      for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
        object.output.growing.beginMember(name, of: object.depth)
        object.output.growing.append(text)
      }
    }
  }

  package mutating func addObject<Failure: Error>(
    _ name: StaticString, _ write: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    begin(name)
    var object = JSONObjectWriter(output)
    try write(&object)
    output.growing.close(above: depth)
  }

  /// An object for each item.
  package mutating func addObjects<Item>(_ name: StaticString, _ items: [Item], _ write: (Item, inout JSONObjectWriter) -> Void) {
    begin(name)
    output.growing.beginList()
    let list = output.growing.depth
    for item in items {
      output.growing.beginItem(of: list)
      var object = JSONObjectWriter(output)
      write(item, &object)
    }
    output.growing.close(above: depth)
  }
}
