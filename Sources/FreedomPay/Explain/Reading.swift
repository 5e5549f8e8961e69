import Crypto

/// One way to take a captured message: its fields, their order, their bytes. What is hashed follows from it, a script name and a secret.
struct Reading: Sendable {
  /// In which order the values are joined.
  enum Order: Sendable {
    /// The rule, in both of its readings (`SignedOrder`).
    case rule
    /// As the message has them.
    case message
    /// By name without regard to case.
    case caseless
    /// By the names of the form, brackets and all, as one flat list.
    case formNames
  }

  var fields: Fields
  var order = Order.rule
  var coding = TextCoding.utf8
  /// A value that the message has not, put before the value at this place of the sorted order.
  var lost: (text: String, place: Int)?

  /// What stands between script name and secret, `;` at both ends, for each reading of the order; none where the coding has no such text.
  var middles: [[UInt8]] {
    var middles: [[UInt8]] = []
    for values in lists {
      var middle: [UInt8] = [UInt8(ascii: ";")]
      var isWhole = true
      for value in values {
        guard let bytes = coding.bytes(value) else {
          isWhole = false
          break
        }
        middle += bytes
        middle.append(UInt8(ascii: ";"))
      }
      if isWhole, !middles.contains(middle) { middles.append(middle) }
    }
    return middles
  }

  private var lists: [[String]] {
    let signed = fields.without(["pg_sig"])
    switch order {
    case .rule:
      guard let lost else { return SignedOrder.allCases.map { $0.values(of: fields) } }
      var values = SignedOrder.sorted.values(of: fields)
      values.insert(lost.text, at: min(lost.place, values.count))
      return [values]
    case .message: return [LeafTexts.of(signed).map(\.text)]
    case .caseless: return [sorted(LeafTexts.of(signed)) { $0.lowercased() }]
    case .formNames: return [sorted(LeafTexts.of(signed)) { $0 }]
    }
  }

  private func sorted(_ leaves: [(name: String, text: String)], _ key: (String) -> String) -> [String] {
    leaves.enumerated()
      .sorted { (Array(key($0.element.name).utf8), $0.offset) < (Array(key($1.element.name).utf8), $1.offset) }
      .map(\.element.text)
  }
}

/// Bytes compare as `ksort` does.
private func < (left: ([UInt8], Int), right: ([UInt8], Int)) -> Bool {
  left.0 == right.0 ? left.1 < right.1 : left.0.lexicographicallyPrecedes(right.0)
}

/// The texts of a message with their full names, and its changes.
enum LeafTexts {
  /// In message order, named as forms name them.
  static func of(_ fields: Fields) -> [(name: String, text: String)] { FormName.flat(fields) }

  /// In the order of signing, named as forms name them.
  static func signed(_ fields: Fields) -> [(name: String, text: String)] {
    let leaves = of(fields)
    var count = 0
    // Each text gives way to its number, so that the order of the values tells the order of the fields.
    let numbered = mapped(fields) { _, _ in
      defer { count += 1 }
      return String(count)
    }
    return SignedOrder.sorted.values(of: numbered).compactMap { Int($0).map { leaves[$0] } }
  }

  /// The same message with other texts; `pg_sig` stays.
  static func mapped(_ fields: Fields, _ change: (_ name: String, _ text: String) -> String) -> Fields {
    Fields(
      fields.all.map { field in
        switch field.value {
        case .text(let text): Fields.Field(field.name, .text(change(field.name, text)))
        case .nested(let inner): Fields.Field(field.name, .nested(mapped(inner, change)))
        }
      })
  }
}
