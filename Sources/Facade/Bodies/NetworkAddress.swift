import Glibc

/// Whether a text is an IPv4 address in four decimal parts, or an IPv6 address (RFC 4291 §2.2).
enum NetworkAddress: Hashable, Sendable {
  case v4, v6

  init?(_ text: String) {
    if Self.reads(text, as: AF_INET) {
      self = .v4
    } else if Self.reads(text, as: AF_INET6) {
      self = .v6
    } else {
      return nil
    }
  }

  private static func reads(_ text: String, as family: Int32) -> Bool {
    var address = in6_addr()
    // inet_pton writes 4 bytes for AF_INET and 16 for AF_INET6, which is the size of in6_addr.
    return unsafe inet_pton(family, text, &address) == 1
  }
}
