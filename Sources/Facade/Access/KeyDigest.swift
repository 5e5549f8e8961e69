import Crypto
package import Payments

/// SHA-256 of a whole API key: all that the settings know of it.
package struct KeyDigest: Hashable, Sendable {
  private let bytes: [UInt8]

  /// From 64 hex digits, as `paylink keys new` prints them.
  package init(hex: String) throws(InvalidValue) {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard hex.utf8.count == 64, digits.count == 64 else { throw InvalidValue("must be 64 hex digits, the SHA-256 of the whole key") }
    bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  package init(of key: String) { bytes = Array(SHA256.hash(data: Array(key.utf8))) }

  package var hex: String { bytes.hex }

  /// Compares in a time that does not depend on where they differ.
  func matches(_ digest: SHA256.Digest) -> Bool { digest == bytes }
}
