/// Some of the ASCII characters: two machine words instead of a hash for every byte that is looked at.
package struct ByteSet: Sendable {
  @usableFromInline var low: UInt64 = 0
  @usableFromInline var high: UInt64 = 0

  /// - Parameter characters: of ASCII.
  package init(_ characters: String) {
    for byte in characters.utf8 {
      precondition(byte < 128, "a byte set holds ASCII alone")
      if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
    }
  }

  @inlinable package func contains(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<64: low >> UInt64(byte) & 1 == 1
    case 64..<128: high >> UInt64(byte - 64) & 1 == 1
    default: false
    }
  }
}
