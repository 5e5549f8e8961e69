package import HTTPTypes

/// The fields of a request as they came, in one piece of memory with the places of names and values in it: what nobody asks for is never made a text.
///
/// swift-http-types' HTTPFields makes two texts a field, checks them again and counts references to them at every step, which was two fifths of what a request cost
/// the server (decision 18). The questions are asked the same way.
package struct RequestFields: Sendable {
  /// Where a field stands in the bytes.
  struct Place: Sendable {
    var name: Range<Int32>
    var value: Range<Int32>
  }

  /// The head, or what of it is needed; every place is inside.
  private let bytes: [UInt8]
  private let places: [Place]

  /// - Parameter places: of fields whose names are tokens and whose values hold no control character but HTAB (`HeadFields`).
  init(bytes: [UInt8], places: [Place]) {
    self.bytes = bytes
    self.places = places
  }

  /// The values of the fields of a name, joined (RFC 9110 §5.3; cookies by `; `); nil where there is none. Bytes that are no UTF-8 are repaired.
  package subscript(name: HTTPField.Name) -> String? {
    var joined: String?
    for place in places where isNamed(place, name) {
      let value = text(place.value)
      joined = joined.map { $0 + (name == .cookie ? "; " : ", ") + value } ?? value
    }
    return joined
  }

  /// The values of the fields of a name, in their order.
  package subscript(values name: HTTPField.Name) -> [String] {
    var values: [String] = []
    for place in places where isNamed(place, name) { values.append(text(place.value)) }
    return values
  }

  package func contains(_ name: HTTPField.Name) -> Bool { places.contains { isNamed($0, name) } }

  /// All of them with names and bytes as they came, in their order.
  package var all: [HTTPField] {
    places.map { place in
      guard let name = HTTPField.Name(text(place.name)) else { preconditionFailure("a field's name is a token") }
      return HTTPField(name: name, value: bytes[Int(place.value.lowerBound)..<Int(place.value.upperBound)])
    }
  }

  private func text(_ range: Range<Int32>) -> String { bytes.span.text(Int(range.lowerBound)..<Int(range.upperBound)) }

  private func isNamed(_ place: Place, _ name: HTTPField.Name) -> Bool {
    let wanted = name.canonicalName.utf8
    guard place.name.count == wanted.count else { return false }
    var index = Int(place.name.lowerBound)
    for byte in wanted {
      guard HeadGrammar.lowercased(bytes[index]) == byte else { return false }
      index += 1
    }
    return true
  }
}

extension RequestFields {
  /// The same fields as a request brings them: for requests that came over no connection.
  package init(_ fields: HTTPFields) {
    var bytes: [UInt8] = []
    var places: [Place] = []
    for field in fields {
      let nameStart = Int32(bytes.count)
      bytes.append(contentsOf: field.name.rawName.utf8)
      let valueStart = Int32(bytes.count)
      // SAFETY: the buffer is copied.
      unsafe field.withUnsafeBytesOfValue { unsafe bytes.append(contentsOf: $0) }
      places.append(Place(name: nameStart..<valueStart, value: valueStart..<Int32(bytes.count)))
    }
    self.init(bytes: bytes, places: places)
  }
}
