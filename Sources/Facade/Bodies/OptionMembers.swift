import JSON
import Payments

/// What only the acquirer understands: `params`, `loyalty`, `freedom_id`, `receipt`. Whole numbers become their text.
enum OptionMembers {
  static let mostPositions = 100
  /// Country codes of one position beside the four we know (catalogue §0 has at most 4).
  static let mostCodes = 16
  /// Marks of one position: one for each piece.
  static let mostMarks = 100

  static func read(_ reader: inout ObjectReader) -> AcquirerOptions {
    var values: [String: AcquirerOptions.Value] = [:]
    values["params"] = reader.list("params", atMost: 3, parameter).map { .list($0) }
    values["loyalty"] = reader.object("loyalty", loyalty)
    values["freedom_id"] = reader.text("freedom_id", TextRule(length: 1...255)).map { .text($0) }
    values["receipt"] = receipt(&reader)
    return AcquirerOptions(values)
  }

  /// `receipt` alone, as a refund has it.
  static func readReceipt(_ reader: inout ObjectReader) -> AcquirerOptions {
    AcquirerOptions(receipt(&reader).map { ["receipt": $0] } ?? [:])
  }

  private static func receipt(_ reader: inout ObjectReader) -> AcquirerOptions.Value? {
    reader.list("receipt", atMost: mostPositions, position).map { .list($0) }
  }

  private static func parameter(_ tree: JSONTree, _ place: String, _ faults: inout [FieldFault]) -> AcquirerOptions.Value? {
    item(TextRule(length: 0...255), tree, place, &faults)
  }

  private static func loyalty(_ reader: inout ObjectReader) -> AcquirerOptions.Value? {
    var group: [String: AcquirerOptions.Value] = [:]
    group["id"] = reader.text("id", isRequired: true, TextRule(length: 1...255)).map { .text($0) }
    group["amount"] = reader.text("amount", decimal).map { .text($0) }
    return .group(group)
  }

  /// Digits with at most two places, as the acquirer's own amounts.
  private static let decimal = TextRule(
    length: 1...12,
    form: (
      { text in
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count <= 2 && (1...9).contains(parts[0].count) && parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) } }
          && (parts.count == 1 || (1...2).contains(parts[1].count))
      }, "must be a decimal number in a text, such as \"12.50\""
    ))

  /// One position: `{"name", "quantity", "price", "tax", …}`; price in minor units.
  private static func position(_ tree: JSONTree, _ place: String, _ faults: inout [FieldFault]) -> AcquirerOptions.Value? {
    guard case .object(let members) = tree else {
      faults.append(FieldFault(pointer: place, code: .wrongType, detail: "must be an object"))
      return nil
    }
    var reader = ObjectReader(members, at: place)
    var group: [String: AcquirerOptions.Value] = [:]
    group["name"] = reader.text("name", isRequired: true, TextRule(length: 1...255)).map { .text($0) }
    group["quantity"] = reader.integer("quantity", isRequired: true, in: 1...1_000_000).map { .text(String($0)) }
    group["price"] = reader.integer("price", isRequired: true, in: AmountMembers.amounts).map { .text(String($0)) }
    group["tax"] = reader.value("tax", word).map { .text($0) }
    let codes = reader.rest()
    if codes.count > mostCodes {
      faults.append(FieldFault(pointer: place, code: .tooMany, detail: "must have at most \(mostCodes) further codes"))
    }
    for (name, value) in codes.prefix(mostCodes) { code(name, value, &reader, &group) }
    faults += reader.faults
    return .group(group)
  }

  /// A code of the merchant's country: a text, a whole number, or a list of texts such as the marks of each piece.
  private static func code(
    _ name: String, _ tree: JSONTree, _ reader: inout ObjectReader, _ group: inout [String: AcquirerOptions.Value]
  ) {
    guard (1...40).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
      if !CardNumber.isIn(name) { reader.fault(name, .unknownMember, "must be a name of 1 to 40 letters, digits and _") }
      return
    }
    do throws(ValueFault) {
      guard case .list(let items) = tree else { return group[name] = .text(try word(tree)) }
      guard items.count <= mostMarks else { throw ValueFault(.tooMany, "must have at most \(mostMarks) items") }
      var words: [AcquirerOptions.Value] = []
      for item in items { words.append(.text(try word(item))) }
      group[name] = .list(words)
    } catch {
      reader.fault(name, error.code, error.detail)
    }
  }

  /// A text, or a whole number as its text.
  private static func word(_ tree: JSONTree) throws(ValueFault) -> String {
    if case .number = tree { return String(try WholeNumber.read(tree, in: 0...Int64.max)) }
    return try TextRule(length: 0...255).read(tree)
  }

  private static func item(
    _ rule: TextRule, _ tree: JSONTree, _ place: String, _ faults: inout [FieldFault]
  ) -> AcquirerOptions.Value? {
    do throws(ValueFault) {
      return .text(try rule.read(tree))
    } catch {
      faults.append(FieldFault(pointer: place, code: error.code, detail: error.detail))
      return nil
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
