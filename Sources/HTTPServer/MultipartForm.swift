/// A multipart form (RFC 7578, RFC 2046 §5.1), read strictly and wholly in memory:
/// ```
/// --boundary CRLF
/// Content-Disposition: form-data; name="pg_order_id" CRLF
/// CRLF
/// value CRLF
/// --boundary-- CRLF
/// ```
/// No text before the first boundary or after the last: what another reader might see there and we would not, we do not want. A part with a file name is
/// refused; nothing is ever written to a file.
enum MultipartForm {
  /// A form of the acquirer has about 60 fields.
  static let mostParts = 100
  /// Fields in the head of one part: Content-Disposition, Content-Type, Content-Length and a few more.
  static let mostPartFields = 10
  /// Bytes of one line in the head of a part.
  static let longestLine = 1024

  static func parse(_ body: [UInt8], boundary: String?) throws(HTTPError) -> [FormField] {
    guard let boundary, (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy(isBoundary), boundary.utf8.last != 0x20 else {
      throw HTTPError(.malformed, "A multipart form names a boundary of 1 to 70 characters in its Content-Type.")
    }
    var reader = Reader(rest: body[...], delimiter: Array("\r\n--\(boundary)".utf8))
    return try reader.parts()
  }

  /// bchars of RFC 2046 §5.1.1.
  private static func isBoundary(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    default: " '()+_,-./:=?".utf8.contains(byte)
    }
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>
    let delimiter: [UInt8]

    mutating func parts() throws(HTTPError) -> [FormField] {
      // The first boundary stands at the very beginning, where the line break before it may be missing.
      if rest.starts(with: delimiter) {
        rest = rest.dropFirst(delimiter.count)
      } else if rest.starts(with: delimiter.dropFirst(2)) {
        rest = rest.dropFirst(delimiter.count - 2)
      } else {
        throw refuse("does not begin with its boundary")
      }
      var fields: [FormField] = []
      while try !isLast() {
        guard fields.count < mostParts else { throw refuse("has more than \(mostParts) parts") }
        let name = try partName()
        fields.append(FormField(name: name, value: try PercentDecoding.utf8(try content())))
      }
      return fields
    }

    /// What stands behind a boundary: `--` ends the form, a line break begins a part.
    private mutating func isLast() throws(HTTPError) -> Bool {
      if rest.starts(with: [0x2d, 0x2d]) {
        let tail = rest.dropFirst(2).drop { $0 == 0x20 || $0 == 0x09 }
        guard tail.isEmpty || tail.elementsEqual([0x0d, 0x0a]) else { throw refuse("has text after its last boundary") }
        return true
      }
      rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
      guard rest.starts(with: [0x0d, 0x0a]) else { throw refuse("has a boundary that does not end its line") }
      rest = rest.dropFirst(2)
      return false
    }

    /// Reads the head of a part up to its empty line and gives the field's name.
    private mutating func partName() throws(HTTPError) -> String {
      var name: String?
      for _ in 0...mostPartFields {
        let line = try line()
        if line.isEmpty {
          guard let name else { throw refuse("has a part without a name") }
          return name
        }
        let (field, value) = try split(line)
        switch field {
        case "content-disposition":
          guard name == nil else { throw refuse("has a part with two Content-Dispositions") }
          name = try self.name(value)
        case "content-type":
          guard let type = MediaType(value), type.isUTF8 else { throw refuse("has a part that is not UTF-8") }
        case "content-transfer-encoding":
          guard ["7bit", "8bit", "binary"].contains(value.lowercased()) else { throw refuse("has a part in a transfer encoding") }
        default: break
        }
      }
      throw refuse("has a part with more than \(mostPartFields) fields")
    }

    private mutating func line() throws(HTTPError) -> ArraySlice<UInt8> {
      let window = rest.prefix(longestLine + 2)
      guard let end = window.firstIndex(of: 0x0d), end + 1 < window.endIndex, window[end + 1] == 0x0a else {
        throw refuse("has a part with a line that is too long, or cut off")
      }
      defer { rest = rest[(end + 2)...] }
      return rest[rest.startIndex..<end]
    }

    private func split(_ line: ArraySlice<UInt8>) throws(HTTPError) -> (field: String, value: String) {
      guard let colon = line.firstIndex(of: 0x3a), colon > line.startIndex, line[..<colon].allSatisfy(HeadGrammar.isToken),
        line[(colon + 1)...].allSatisfy(HeadGrammar.isValue)
      else { throw refuse("has a part with an unreadable field") }
      let value = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
      return (String(decoding: line[..<colon], as: UTF8.self).lowercased(), try PercentDecoding.utf8(value))
    }

    private func name(_ disposition: String) throws(HTTPError) -> String {
      guard let value = MediaType(disposition), value.essence == "form-data", let name = value["name"], !name.isEmpty else {
        throw refuse("has a part without a name")
      }
      guard value["filename"] == nil, value["filename*"] == nil else { throw refuse("brings a file; files are not taken") }
      guard value["name*"] == nil else { throw refuse("has a part with an encoded name") }
      return name
    }

    /// The bytes up to the next boundary. A boundary right behind the head is one: the head's empty line is the line break before it (RFC 2046 §5.1.1), and the
    /// value is empty. A value cannot begin with the boundary, or readers would part the form in two ways.
    private mutating func content() throws(HTTPError) -> ArraySlice<UInt8> {
      if rest.starts(with: delimiter.dropFirst(2)) {
        rest = rest.dropFirst(delimiter.count - 2)
        return []
      }
      var start = rest.startIndex
      while let candidate = rest[start...].firstIndex(of: 0x0d) {
        if rest[candidate...].starts(with: delimiter) {
          defer { rest = rest[(candidate + delimiter.count)...] }
          return rest[rest.startIndex..<candidate]
        }
        start = candidate + 1
      }
      throw refuse("is cut off")
    }

    private func refuse(_ what: String) -> HTTPError { HTTPError(.malformed, "The multipart form \(what).") }
  }
}
