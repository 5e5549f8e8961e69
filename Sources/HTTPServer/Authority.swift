/// `host` or `host:port`, as Host and absolute targets have it (RFC 3986 §3.2.2).
enum Authority {
  /// Names and IPv4: letters, digits and `-._~`; IPv6 in brackets. Percent-encoding and the other characters a reg-name might have appear in no host that
  /// exists, and only help to confuse. The port may be empty, as the grammar allows.
  static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var place = range.lowerBound
    if place < range.upperBound, bytes[place] == UInt8(ascii: "[") {
      guard let end = endOfIPv6(bytes, range) else { return false }
      place = end
    } else {
      while place < range.upperBound, HeadGrammar.isHost(bytes[place]) { place += 1 }
      guard place > range.lowerBound else { return false }
    }
    return place == range.upperBound || isPort(bytes, place..<range.upperBound)
  }

  /// Behind the bracket that closes an address of hexadecimal digits, colons and dots.
  private static func endOfIPv6(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var place = range.lowerBound + 1
    var colons = 0
    while place < range.upperBound, bytes[place] != UInt8(ascii: "]") {
      let byte = bytes[place]
      guard PercentDecoding.hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") else { return nil }
      if byte == UInt8(ascii: ":") { colons += 1 }
      place += 1
    }
    return place < range.upperBound && colons >= 2 ? place + 1 : nil
  }

  private static func isPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard bytes[range.lowerBound] == UInt8(ascii: ":"), range.count <= 6 else { return false }
    var port = 0
    for place in range.dropFirst() {
      guard (0x30...0x39).contains(bytes[place]) else { return false }
      port = port * 10 + Int(bytes[place] - 0x30)
    }
    return port <= 65_535
  }
}
