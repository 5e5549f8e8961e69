/// In which order the values of a message are signed (protocol §1.1, §1.3). Two readings exist; they agree on every message we make.
enum SignedOrder: CaseIterable {
  /// Sort by name, descend, join: bytes decide, same-named fields keep the message's order, list numbers sort as numbers (PHP's `ksort`).
  case sorted
  /// The reference code: names with 3-digit counters, composed through the levels, sorted flat at the end.
  case flattened

  /// The values of a message but for `pg_sig`, in this order.
  func values(of fields: Fields) -> [String] {
    switch self {
    case .sorted: Self.sortedValues(fields)
    case .flattened: Self.flattenedValues(fields)
    }
  }

  private static func sortedValues(_ fields: Fields) -> [String] {
    let signed = fields.all.enumerated().filter { $0.element.name != "pg_sig" }
    let sorted = signed.sorted { left, right in
      if precedes(left.element.name, right.element.name) { return true }
      return left.offset < right.offset && !precedes(right.element.name, left.element.name)
    }
    return sorted.flatMap { _, field in
      switch field.value {
      case .text(let text): [text]
      case .nested(let inner): sortedValues(inner)
      }
    }
  }

  private static func flattenedValues(_ fields: Fields) -> [String] {
    flat(fields, parent: "")
      .enumerated()
      .sorted { left, right in
        if bytesPrecede(left.element.name, right.element.name) { return true }
        return left.offset < right.offset && !bytesPrecede(right.element.name, left.element.name)
      }
      .map(\.element.text)
  }

  /// The reference's walk: the counter advances over `pg_sig` too.
  private static func flat(_ fields: Fields, parent: String) -> [(name: String, text: String)] {
    fields.all.enumerated().flatMap { index, field -> [(name: String, text: String)] in
      guard field.name != "pg_sig" else { return [] }
      let counter = String(index + 1)
      let name = parent + field.name + String(repeating: "0", count: max(0, 3 - counter.utf8.count)) + counter
      switch field.value {
      case .text(let text): return [(name, text)]
      case .nested(let inner): return flat(inner, parent: name)
      }
    }
  }

  /// PHP turns purely numeric names into integers and sorts those by number.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    if let left = listNumber(left), let right = listNumber(right) { return left < right }
    return bytesPrecede(left, right)
  }

  private static func listNumber(_ name: String) -> Int? {
    guard let first = name.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
    guard let number = Int(name), String(number) == name, number >= 0 else { return nil }
    return number
  }

  private static func bytesPrecede(_ left: String, _ right: String) -> Bool {
    for (left, right) in zip(left.utf8, right.utf8) where left != right { return left < right }
    return left.utf8.count < right.utf8.count
  }
}
