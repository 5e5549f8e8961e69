/// Percent-decoding of paths and forms (RFC 3986 §2.1). Decoded text must be UTF-8 and have no NUL: anything else is refused, so that no later part sees a
/// text that two readers could take for two things.
enum PercentDecoding {
  /// Decodes one path segment or one name or value of a form.
  /// - Parameter plusIsSpace: forms and queries write a blank as `+`; paths do not.
  static func text(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) throws(HTTPError) -> String {
    if !bytes.contains(where: { $0 == percent || $0 == plus || $0 >= 0x80 || $0 == 0 }) { return String(decoding: bytes, as: UTF8.self) }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case percent:
        guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
          throw HTTPError(.malformed, "A % is not followed by two hexadecimal digits.")
        }
        decoded.append(high << 4 | low)
      case plus where plusIsSpace: decoded.append(0x20)
      default: decoded.append(byte)
      }
    }
    return try utf8(decoded)
  }

  /// The bytes as a text, without NUL and valid.
  static func utf8(_ bytes: some Collection<UInt8>) throws(HTTPError) -> String {
    guard !bytes.contains(0) else { throw HTTPError(.malformed, "A text contains NUL.") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw HTTPError(.malformed, "A text is not UTF-8.") }
    return text
  }

  private static let percent = UInt8(ascii: "%")
  private static let plus = UInt8(ascii: "+")

  static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
