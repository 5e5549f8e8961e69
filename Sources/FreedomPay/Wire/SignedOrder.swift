/// In which order the values of a message are signed (protocol §1.1, §1.3). Two readings exist; they agree on every message we make.
enum SignedOrder: CaseIterable {
  /// Sort by name, descend, join: bytes decide, same-named fields keep the message's order, list numbers sort as numbers (PHP's `ksort`).
  case sorted
  /// The reference code: names with 3-digit counters, composed through the levels, sorted flat at the end.
  case flattened

  /// The values of a message but for `pg_sig`, in this order.
  func values(of fields: Fields) -> [String] {
    switch self {
    case .sorted:
      var values: [String] = []
      values.reserveCapacity(fields.all.count)
      Self.appendSorted(fields, to: &values)
      return values
    case .flattened: return Self.flattenedValues(fields)
    }
  }

  /// Places are sorted and not the fields, which are dear to move.
  private static func appendSorted(_ fields: Fields, to values: inout [String]) {
    let all = fields.all
    let places = all.indices.filter { all[$0].name != "pg_sig" }.sorted { left, right in
      if precedes(all[left].name, all[right].name) { return true }
      return left < right && !precedes(all[right].name, all[left].name)
    }
    for place in places {
      switch all[place].value {
      case .text(let text): values.append(text)
      case .nested(let inner): appendSorted(inner, to: &values)
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
    let (left, right) = (left.utf8Span.span, right.utf8Span.span)
    for place in 0..<min(left.count, right.count) where left[place] != right[place] { return left[place] < right[place] }
    return left.count < right.count
  }
}
