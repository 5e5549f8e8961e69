import CQRCode

/// A QR code: a square of dark and light modules that a camera reads as a text (ISO/IEC 18004).
///
/// libqrencode makes the matrix; the pictures (`svg`, `png`) are ours.
package struct QRCode: Sendable {
  /// How much of the picture may be spoiled and still be read.
  package enum Correction: Sendable {
    /// About 7 %.
    case low
    /// About 15 %: what payment links use.
    case medium
    /// About 25 %.
    case quartile
    /// About 30 %.
    case high
  }

  /// The light border that readers need around the code, in modules (ISO/IEC 18004, 6.3.8).
  static let quietZone = 4

  /// Modules per side, without the quiet zone: 21 to 177.
  package let size: Int
  /// Row by row, `size` × `size`: true where the module is dark.
  let modules: [Bool]

  /// Encodes the UTF-8 bytes of the text in the smallest version that holds them.
  ///
  /// Throws `.empty` for an empty text and `.tooLong` where no version holds it (2,953 bytes at `low`, 1,273 at `high`).
  package init(_ text: String, correction: Correction = .medium) throws(QRCodeError) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= Self.longestText else { throw .tooLong(bytes: bytes.count) }
    // The pointer is valid inside the closure, and libqrencode copies what it needs before it returns.
    let made = unsafe bytes.withUnsafeBufferPointer { unsafe QRcode_encodeData(Int32($0.count), $0.baseAddress, 0, correction.level) }
    guard let code = unsafe made else { throw .tooLong(bytes: bytes.count) }
    defer { unsafe QRcode_free(code) }
    let size = Int(unsafe code.pointee.width)
    guard let data = unsafe code.pointee.data else { throw .tooLong(bytes: bytes.count) }
    self.size = size
    // libqrencode guarantees width × width bytes; the lowest bit of each is the colour, 1 = dark.
    self.modules = (0..<size * size).map { unsafe data[$0] & 1 == 1 }
  }

  /// Whether the module is dark; outside the matrix (the quiet zone) everything is light.
  func isDark(column: Int, row: Int) -> Bool {
    guard (0..<size).contains(column), (0..<size).contains(row) else { return false }
    return modules[row * size + column]
  }

  /// The most that the largest version holds, at the lowest correction.
  private static let longestText = 2953
}

/// Why a text has no QR code.
package enum QRCodeError: Error, Equatable, Sendable {
  case empty
  case tooLong(bytes: Int)
}

extension QRCode.Correction {
  fileprivate var level: QRecLevel {
    switch self {
    case .low: QR_ECLEVEL_L
    case .medium: QR_ECLEVEL_M
    case .quartile: QR_ECLEVEL_Q
    case .high: QR_ECLEVEL_H
    }
  }
}
