import FoundationEssentials

/// Where the payer goes afterwards: https, http only for loopback hosts, at most 255 characters (design §4.4).
enum ShopAddress {
  static let rule = TextRule(length: 1...255, form: (isAddress, "must be an https address; http only for loopback hosts"))

  /// Absolute, ASCII, no user name in it: `https://shop.example@evil.example` misleads whoever reads it. Browsers are sent there as it stands, so that every percent
  /// must begin an octet (RFC 3986 §2.1), the host is spelled plainly, and the port exists.
  @Sendable static func isAddress(_ text: String) -> Bool {
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }) else { return false }
    guard text.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().allSatisfy(beginsWithOctet) else {
      return false
    }
    guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty, url.user == nil, url.password == nil,
      url.percentEncodedHost?.utf8.contains(UInt8(ascii: "%")) == false, url.port.map({ (1...65_535).contains($0) }) ?? true
    else { return false }
    switch url.scheme?.lowercased() {
    case "https": return true
    case "http": return isLoopback(host)
    default: return false
    }
  }

  private static func beginsWithOctet(_ text: Substring.UTF8View) -> Bool {
    text.count >= 2 && text.prefix(2).allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host.lowercased() == "localhost" || host == "[::1]" || host == "::1" { return true }
    return host.hasPrefix("127.") && NetworkAddress(host) == .v4
  }
}
