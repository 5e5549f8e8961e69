import HTTPServer
import HTTPTypes

/// Whose word about the client's address counts. Of `X-Forwarded-For: client, proxy, proxy` each proxy wrote the entry before its own address, so that the
/// right-most one that is no proxy of ours is the client; what stands left of it anybody may have written.
package struct TrustedProxies: Sendable {
  package static let unixPeer = "unix"
  /// More proxies in a row are nobody's.
  private static let mostEntries = 32

  private let ranges: [AddressRange]
  /// Whether peers on a unix socket, which have no address, are proxies of ours.
  private let trustsUnix: Bool

  package init(_ ranges: [AddressRange] = [], trustsUnix: Bool = false) {
    self.ranges = ranges
    self.trustsUnix = trustsUnix
  }

  /// Whether somebody is named here at all.
  package var isEmpty: Bool { ranges.isEmpty && !trustsUnix }

  /// Whether a peer, by its address without port or `unix`, is a proxy of ours.
  package func trusts(peer: String) -> Bool { HostAddress(peer).map(isTrusted) ?? (trustsUnix && peer == Self.unixPeer) }

  /// The client's address; nil for a peer without any. A list that cannot be read means the peer.
  func client(of request: Request) -> HostAddress? {
    let peer = HostAddress(request.peer)
    guard trusts(peer: request.peer) else { return peer }
    let entries = request.head.fields[values: .xForwardedFor].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
    guard entries.count <= Self.mostEntries else { return peer }
    var client = peer
    for entry in entries.reversed() {
      guard let address = HostAddress(entry.trimmed) else { return peer }
      client = address
      if !isTrusted(address) { break }
    }
    return client
  }

  private func isTrusted(_ address: HostAddress) -> Bool { ranges.contains { $0.contains(address) } }
}

extension Substring {
  /// Without blanks and tabs on both sides.
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return start }
    return start[...last]
  }
}
