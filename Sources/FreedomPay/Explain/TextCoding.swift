/// How a text becomes bytes. Freedom Pay signs UTF-8; shops and old modules also sign single-byte texts (protocol §13.5).
enum TextCoding: Sendable, Equatable {
  case utf8
  case windows1251
  case latin1

  /// The bytes of a text; nil where the coding has no byte for a character.
  func bytes(_ text: String) -> [UInt8]? {
    switch self {
    case .utf8: return Array(text.utf8)
    case .windows1251: return Self.map(text) { $0.value < 0x80 ? UInt8($0.value) : Self.byteOf[$0.value] }
    case .latin1: return Self.map(text) { UInt8(exactly: $0.value) }
    }
  }

  /// The text of bytes; nil where they are none in this coding.
  func text(_ bytes: [UInt8]) -> String? {
    switch self {
    case .utf8: return String(validating: bytes, as: UTF8.self)
    case .windows1251: return Self.text(bytes) { $0 < 0x80 ? Unicode.Scalar($0) : Unicode.Scalar(Self.upperHalf[Int($0) - 0x80]) }
    case .latin1: return Self.text(bytes) { Unicode.Scalar($0) }
    }
  }

  private static func map(_ text: String, _ byte: (Unicode.Scalar) -> UInt8?) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = byte(scalar) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func text(_ bytes: [UInt8], _ scalar: (UInt8) -> Unicode.Scalar?) -> String? {
    var scalars = String.UnicodeScalarView()
    for byte in bytes {
      guard let scalar = scalar(byte) else { return nil }
      scalars.append(scalar)
    }
    return String(scalars)
  }

  /// 0x80…0xFF of Windows-1251 (unicode.org, CP1251.TXT); 0x98 is not given there and stands for itself.
  private static let upperHalf: [UInt32] =
    [
      0x0402, 0x0403, 0x201A, 0x0453, 0x201E, 0x2026, 0x2020, 0x2021, 0x20AC, 0x2030, 0x0409, 0x2039, 0x040A, 0x040C, 0x040B, 0x040F,
      0x0452, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x0098, 0x2122, 0x0459, 0x203A, 0x045A, 0x045C, 0x045B, 0x045F,
      0x00A0, 0x040E, 0x045E, 0x0408, 0x00A4, 0x0490, 0x00A6, 0x00A7, 0x0401, 0x00A9, 0x0404, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x0407,
      0x00B0, 0x00B1, 0x0406, 0x0456, 0x0491, 0x00B5, 0x00B6, 0x00B7, 0x0451, 0x2116, 0x0454, 0x00BB, 0x0458, 0x0405, 0x0455, 0x0457,
    ] + Array(0x0410...0x044F)

  private static let byteOf = Dictionary(uniqueKeysWithValues: upperHalf.enumerated().map { ($0.element, UInt8($0.offset + 0x80)) })
}
