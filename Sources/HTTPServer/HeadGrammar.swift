/// Classes of bytes in a head, one table look-up each.
enum HeadGrammar {
  /// tchar: what method names and field names are made of (RFC 9110 §5.6.2).
  static let token: UInt8 = 1
  /// What a field value may hold: HTAB, SP, visible ASCII and obs-text (RFC 9110 §5.5). Never CR, LF or NUL.
  static let value: UInt8 = 2
  /// What a request target may hold: visible ASCII but `#`, since a fragment is never sent (RFC 9112 §3.2).
  static let target: UInt8 = 4

  /// What a host's name may hold: letters, digits and `-._~`.
  static let host: UInt8 = 8

  private static let classes: InlineArray<256, UInt8> = {
    var table = InlineArray<256, UInt8>(repeating: 0)
    for byte in 0x21...0x7e { table[byte] |= value | target }
    for byte in 0x80...0xff { table[byte] |= value }
    table[0x09] |= value
    table[0x20] |= value
    table[0x23] &= ~target
    for byte in "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8 { table[Int(byte)] |= token }
    for byte in "-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8 { table[Int(byte)] |= host }
    return table
  }()

  @inline(__always) static func isToken(_ byte: UInt8) -> Bool { classes[Int(byte)] & token != 0 }
  @inline(__always) static func isValue(_ byte: UInt8) -> Bool { classes[Int(byte)] & value != 0 }
  @inline(__always) static func isHost(_ byte: UInt8) -> Bool { classes[Int(byte)] & host != 0 }
  @inline(__always) static func isTarget(_ byte: UInt8) -> Bool { classes[Int(byte)] & target != 0 }
}
