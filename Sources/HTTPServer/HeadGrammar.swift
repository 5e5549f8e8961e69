/// Classes of bytes in a head. No table: it would be a global, and each look at one asks first whether it is made already.
enum HeadGrammar {
  /// tchar: what method names and field names are made of (RFC 9110 §5.6.2): letters, digits and !#$%&'*+-.^_`|~
  @inline(__always) static func isToken(_ byte: UInt8) -> Bool { isIn(0x03ff_6cfa_0000_0000, 0x57ff_ffff_c7ff_fffe, byte) }

  /// What a field value may hold: HTAB, SP, visible ASCII and obs-text (RFC 9110 §5.5). Never CR, LF or NUL.
  @inline(__always) static func isValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 0x09 }

  /// What a request target may hold: visible ASCII but `#`, since a fragment is never sent (RFC 9112 §3.2).
  @inline(__always) static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#") }

  /// What a host's name may hold: letters, digits and `-._~`.
  @inline(__always) static func isHost(_ byte: UInt8) -> Bool { isIn(0x03ff_6000_0000_0000, 0x47ff_fffe_87ff_fffe, byte) }

  /// An upper-case letter as its lower-case one, every other byte as it is.
  @inline(__always) static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// Whether the bit of an ASCII byte is set: bytes below 64 in `low`, the others in `high`.
  @inline(__always) private static func isIn(_ low: UInt64, _ high: UInt64, _ byte: UInt8) -> Bool {
    byte < 0x80 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 != 0
  }
}
