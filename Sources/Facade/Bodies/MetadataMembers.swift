import JSON

/// `metadata`: at most 20 pairs of the shop's own, names of 1 to 40 characters, values of at most 500.
enum MetadataMembers {
  static let mostPairs = 20
  static let name = TextRule(length: 1...40)
  static let value = TextRule(length: 0...500, hasLines: true)

  static func read(_ reader: inout ObjectReader) -> [String: String] {
    var tooMany = false
    let pairs = reader.object("metadata") { reader -> [String: String]? in
      let rest = reader.rest()
      tooMany = rest.count > mostPairs
      var pairs: [String: String] = [:]
      for (key, tree) in rest.prefix(mostPairs) {
        do throws(ValueFault) {
          _ = try name.read(.text(key))
          pairs[key] = try value.read(tree)
        } catch {
          // A name that holds a card number is reported as that, and not repeated.
          if !CardNumber.isIn(key) { reader.fault(key, error.code, error.detail) }
        }
      }
      return pairs
    }
    if tooMany { reader.fault("metadata", .tooMany, "must have at most \(mostPairs) pairs") }
    return pairs ?? [:]
  }
}
