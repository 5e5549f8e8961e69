@testable import FreedomPay
@testable import Sandbox

/// XML messages, held against a second reader: what FreedomPay reads the Sandbox reads as the same fields; written again it is read as the same.
enum XMLProperty {
  static func check(_ bytes: [UInt8]) throws(BrokenProperty) {
    let fields = try? XMLReader.fields(bytes)
    let second = try? WireXMLReader.read(bytes)
    // The Sandbox passes over text between elements; FreedomPay refuses it. The other way round there is no difference.
    guard let fields else { return }
    guard let second else { throw BrokenProperty("the Sandbox does not read it: \(FormName.flat(fields))") }
    try require(same(fields, second), "\(FormName.flat(fields)), and the Sandbox: \(second.flattened)")
    try require((try? XMLReader.fields(XMLWriter.document(fields))) == fields, "written again it is another message")
    try require(
      (try? WireXMLReader.read(Array(second.xml(root: "r").utf8))) == second, "written again by the Sandbox it is another message")
  }

  private static func same(_ fields: Fields, _ message: WireMessage) -> Bool {
    guard fields.all.count == message.fields.count else { return false }
    return zip(fields.all, message.fields).allSatisfy { one, other in
      guard one.name == other.name else { return false }
      switch (one.value, other.value) {
      case (.text(let left), .text(let right)): return Array(left.utf8) == Array(right.utf8)
      case (.nested(let left), .group(let right)): return same(left, right)
      default: return false
      }
    }
  }
}
