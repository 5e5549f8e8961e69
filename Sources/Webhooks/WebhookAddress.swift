import Crypto
import FoundationEssentials
package import Payments

/// Where events are sent: https with any path and query; http only on this machine, and only where private addresses are allowed. It may hold a key of the shop's, so it is
/// shown without its query.
package struct WebhookAddress: Sendable, Hashable, CustomStringConvertible {
  package let text: String

  package init(_ text: String, allowsPrivate: Bool) throws(InvalidValue) {
    guard text.utf8.count <= 2000, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let parts = URLComponents(string: text),
      let scheme = parts.scheme, let host = parts.host, !host.isEmpty, scheme == "https" || scheme == "http"
    else { throw InvalidValue("must be an address such as https://shop.example.uz/paylink") }
    guard parts.user == nil, parts.password == nil, parts.percentEncodedFragment == nil else {
      throw InvalidValue("must have no user name and no fragment")
    }
    guard scheme == "https" || (allowsPrivate && Self.isLoopback(host)) else {
      throw InvalidValue("must be https; http is only for loopback hosts, with allow_private")
    }
    self.text = text
  }

  package var description: String { String(text.prefix { $0 != "?" }) }

  /// What is kept to know another address by.
  package var digest: String {
    SHA256.hash(data: Array(text.utf8)).hex
  }

  private static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    if ["localhost", "::1", "[::1]"].contains(host) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
