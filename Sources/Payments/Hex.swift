extension Sequence<UInt8> {
  /// Two lower-case hex digits for each byte.
  package var hex: String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * underestimatedCount)
    for byte in self {
      text.append(hexDigits[Int(byte >> 4)])
      text.append(hexDigits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

private let hexDigits = Array("0123456789abcdef".utf8)
