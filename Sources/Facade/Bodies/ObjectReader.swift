import JSON

/// Reads the members of a JSON object one by one and gathers every fault on the way: a member that is not valid reads as nil, and reading goes on.
///
/// A member that is null counts as left out.
struct ObjectReader {
  let place: String
  private(set) var faults: [FieldFault] = []
  private var left: [String: JSONTree]

  init(_ members: [String: JSONTree], at place: String = "") {
    self.place = place
    left = members
  }

  mutating func fault(_ name: String, _ code: FieldFault.Code, _ detail: String) {
    faults.append(FieldFault(pointer: pointer(place, name), code: code, detail: detail))
  }

  /// Whether the member is given; it is not read by that.
  func has(_ name: String) -> Bool { left[name].map { $0 != .null } ?? false }

  mutating func value<Value>(
    _ name: String, isRequired: Bool = false, _ parse: (JSONTree) throws(ValueFault) -> Value
  ) -> Value? {
    guard let tree = left.removeValue(forKey: name), tree != .null else {
      if isRequired { fault(name, .required, "is required") }
      return nil
    }
    do throws(ValueFault) {
      return try parse(tree)
    } catch {
      fault(name, error.code, error.detail)
      return nil
    }
  }

  mutating func text(_ name: String, isRequired: Bool = false, _ rule: TextRule) -> String? {
    value(name, isRequired: isRequired) { tree throws(ValueFault) in try rule.read(tree) }
  }

  mutating func integer(_ name: String, isRequired: Bool = false, in range: ClosedRange<Int64>) -> Int64? {
    value(name, isRequired: isRequired) { tree throws(ValueFault) in try WholeNumber.read(tree, in: range) }
  }

  mutating func bool(_ name: String) -> Bool? {
    value(name) { tree throws(ValueFault) in
      guard case .bool(let isTrue) = tree else { throw ValueFault(.wrongType, "must be true or false") }
      return isTrue
    }
  }

  /// An object within this one; its faults join ours.
  mutating func object<Value>(_ name: String, _ read: (inout ObjectReader) -> Value?) -> Value? {
    let members = value(name) { tree throws(ValueFault) in
      guard case .object(let members) = tree else { throw ValueFault(.wrongType, "must be an object") }
      return members
    }
    return members.flatMap { nested($0, at: pointer(place, name), read) }
  }

  /// A list of at most `most` items, each read by itself.
  mutating func list<Value>(
    _ name: String, atMost most: Int, _ read: (JSONTree, String, inout [FieldFault]) -> Value?
  ) -> [Value]? {
    let items = value(name) { tree throws(ValueFault) in
      guard case .list(let items) = tree else { throw ValueFault(.wrongType, "must be a list") }
      guard items.count <= most else { throw ValueFault(.tooMany, "must have at most \(most) items") }
      return items
    }
    return items.map { items in
      items.enumerated().compactMap { read($1, pointer(pointer(place, name), String($0)), &faults) }
    }
  }

  /// The members that nobody read yet, for objects with open names.
  mutating func rest() -> [(name: String, value: JSONTree)] {
    defer { left = [:] }
    return left.filter { $0.value != .null }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Refuses what is left over. A name that holds a card number is reported as that, by `CardNumber`, and not repeated here.
  mutating func finish() {
    for name in left.keys.sorted() where !CardNumber.isIn(name) { fault(name, .unknownMember, "is not a member of this object") }
    left = [:]
  }

  private mutating func nested<Value>(
    _ members: [String: JSONTree], at place: String, _ read: (inout ObjectReader) -> Value?
  ) -> Value? {
    var reader = ObjectReader(members, at: place)
    let value = read(&reader)
    reader.finish()
    faults += reader.faults
    return value
  }
}
