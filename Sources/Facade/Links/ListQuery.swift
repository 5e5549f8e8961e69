import HTTPServer
import JSON
import Payments

/// The query of `GET /v1/payment-links`: `order_id, status, flag, metadata[key], created_from, created_to, limit, cursor`; each at most once, others refused, every
/// fault at once. One pair of metadata may be named.
enum ListQuery {
  static let limits = 1...100
  static let usualLimit = 20

  /// - Parameter merchants: whom the caller's key serves; the list is confined to them.
  static func read(_ fields: [FormField], merchants: Set<MerchantName>) throws(Problem) -> LinkQuery {
    var reader = try QueryMembers.reader(fields)
    var query = LinkQuery(merchants: merchants.sorted { $0.text < $1.text })
    query.order = reader.value("order_id") { tree throws(ValueFault) in try value(tree) { text throws(InvalidValue) in try OrderID(text) } }
    query.status = reader.value("status") { tree throws(ValueFault) in try word(tree) }
    query.flag = reader.value("flag") { tree throws(ValueFault) in try word(tree) }
    query.metadata = metadata(&reader, fields)
    query.createdFrom = reader.value("created_from", time)
    query.createdTo = reader.value("created_to", time)
    query.limit = reader.value("limit", limit) ?? usualLimit
    query.after = reader.value("cursor") { [query] tree throws(ValueFault) in
      guard case .text(let text) = tree, let cursor = Cursor(text) else {
        throw ValueFault(.malformed, "must be a next_cursor of this list")
      }
      guard cursor.filters == Cursor.Filters(query) else { throw ValueFault(.invalid, "belongs to a list with other filters") }
      return cursor.position
    }
    reader.finish()
    let faults = CardNumber.faults(in: fields) + reader.faults
    guard faults.isEmpty else { throw Problem(faults: faults) }
    return query
  }

  /// `metadata[cart]=77`: links with exactly this pair.
  private static func metadata(_ reader: inout ObjectReader, _ fields: [FormField]) -> MetadataPair? {
    let names = fields.map(\.name).filter { $0.hasPrefix("metadata[") && $0.hasSuffix("]") && !CardNumber.isIn($0) }
    var pairs: [MetadataPair] = []
    for name in names {
      let key = String(name.dropFirst("metadata[".count).dropLast())
      let pair = reader.value(name) { tree throws(ValueFault) in
        _ = try MetadataMembers.name.read(.text(key))
        return MetadataPair(key: key, value: try MetadataMembers.value.read(tree))
      }
      if let pair { pairs.append(pair) }
    }
    if names.count > 1 { reader.fault("metadata", .tooMany, "one pair at a time can be asked for") }
    return pairs.first
  }

  static func value<Value>(
    _ tree: JSONTree, _ make: (String) throws(InvalidValue) -> Value
  ) throws(ValueFault) -> Value {
    guard case .text(let text) = tree else { throw ValueFault(.wrongType, "must be a text") }
    do throws(InvalidValue) {
      return try make(text)
    } catch {
      throw ValueFault(.malformed, error.rule)
    }
  }

  static func time(_ tree: JSONTree) throws(ValueFault) -> Timestamp {
    try value(tree) { text throws(InvalidValue) in try Timestamp(rfc3339: text) }
  }

  static func word<Word: RawRepresentable & CaseIterable>(_ tree: JSONTree) throws(ValueFault) -> Word
  where Word.RawValue == String {
    guard case .text(let text) = tree, let word = Word(rawValue: text) else {
      throw ValueFault(.malformed, "must be one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return word
  }

  static func limit(_ tree: JSONTree) throws(ValueFault) -> Int {
    guard case .text(let text) = tree, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), limits.contains(number)
    else { throw ValueFault(.outOfRange, "must be \(limits.lowerBound) to \(limits.upperBound)") }
    return number
  }
}

/// A query as members to be read, like a body's.
enum QueryMembers {
  static func reader(_ fields: [FormField]) throws(Problem) -> ObjectReader {
    let members = Dictionary(fields.map { ($0.name, JSONTree.text($0.value)) }, uniquingKeysWith: { first, _ in first })
    guard members.count == fields.count else { throw Problem(.http(.malformed), "A member of the query is given more than once.") }
    return ObjectReader(members)
  }

  /// Refuses every member but the named ones.
  static func allow(_ names: Set<String>, in fields: [FormField]) throws(Problem) {
    var reader = try reader(fields.filter { !names.contains($0.name) })
    reader.finish()
    let faults = CardNumber.faults(in: fields.filter { !names.contains($0.name) }) + reader.faults
    guard faults.isEmpty else { throw Problem(faults: faults) }
  }
}
