/// A name and a value of a form or a query. Forms are lists, not dictionaries: order and duplicates carry meaning (and are signed over).
package struct FormField: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// `name=value&name=value`, percent-encoded, `+` for a blank (WHATWG URL, application/x-www-form-urlencoded).
enum URLEncodedForm {
  /// Fields of one form or query. A signed message has about 60; the bound keeps a body of 64 KiB from becoming 32,000 strings.
  static let mostFields = 500

  static func parse(_ bytes: some Collection<UInt8>) throws(HTTPError) -> [FormField] {
    var fields: [FormField] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix { $0 != UInt8(ascii: "&") }
      rest = rest[piece.endIndex...].dropFirst()
      if piece.isEmpty { continue }
      guard fields.count < mostFields else { throw HTTPError(.malformed, "The form has more than \(mostFields) fields.") }
      let end = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
      let value = end < piece.endIndex ? piece[piece.index(after: end)...] : piece[end...]
      fields.append(
        FormField(
          name: try PercentDecoding.text(piece[..<end], plusIsSpace: true), value: try PercentDecoding.text(value, plusIsSpace: true)))
    }
    return fields
  }
}
