import FoundationEssentials
import Payments

/// An address on the web that we may use: https anywhere, http only on this machine; scheme, host and port and nothing else.
struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  /// Without a slash at the end.
  let text: String
  /// Whether only this machine is behind it.
  let isLoopback: Bool

  init(_ text: String) throws(InvalidValue) {
    guard text.utf8.count <= 200, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let parts = URLComponents(string: text),
      let scheme = parts.scheme, let host = parts.host, !host.isEmpty, scheme == "https" || scheme == "http"
    else { throw InvalidValue("must be an address such as https://pay.example.uz") }
    guard ["", "/"].contains(parts.percentEncodedPath), parts.percentEncodedQuery == nil, parts.percentEncodedFragment == nil,
      parts.user == nil
    else {
      throw InvalidValue("must be scheme, host and port alone, such as https://pay.example.uz")
    }
    isLoopback = Self.isLoopback(host)
    guard scheme == "https" || isLoopback else { throw InvalidValue("must be https; http is only for loopback hosts") }
    self.text = text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  var description: String { text }

  private static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    if ["localhost", "::1", "[::1]"].contains(host) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// A proxy for the calls to the acquirer: `http://[user:password@]host:port`. It is shown without what stands before the @.
struct ProxyAddress: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let text: String
  let hasPassword: Bool

  init(_ text: String) throws(InvalidValue) {
    guard text.utf8.count <= 500, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let parts = URLComponents(string: text),
      parts.scheme == "http" || parts.scheme == "https", let host = parts.host, !host.isEmpty, parts.port != nil
    else { throw InvalidValue("must be a proxy such as http://proxy.example:3128") }
    self.text = text
    hasPassword = parts.user != nil || parts.password != nil
  }

  var description: String { hasPassword ? "<redacted>" : text }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
