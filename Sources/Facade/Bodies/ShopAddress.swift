import FoundationEssentials

/// Where the payer goes afterwards: https, http only for loopback hosts, at most 255 characters (design §4.4).
enum ShopAddress {
  static let rule = TextRule(length: 1...255, form: (isAddress, "must be an https address; http only for loopback hosts"))

  /// Absolute, ASCII, no user name in it: `https://shop.example@evil.example` misleads whoever reads it.
  @Sendable static func isAddress(_ text: String) -> Bool {
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }) else { return false }
    guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty, url.user == nil, url.password == nil else {
      return false
    }
    switch url.scheme?.lowercased() {
    case "https": return true
    case "http": return isLoopback(host)
    default: return false
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host.lowercased() == "localhost" || host == "[::1]" || host == "::1" { return true }
    return host.hasPrefix("127.") && NetworkAddress(host) == .v4
  }
}
