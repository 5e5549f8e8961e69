package import Transport

/// Where a server listens, its bounds, and who watches it.
package struct ServerConfiguration: Sendable {
  /// Every address is opened; port 0 takes a free one, which `Server.start` reports.
  package var addresses: [SocketAddress]
  package var limits: ServerLimits
  /// Called once for each request that was answered, on the connection's loop; it must not block.
  package var observe: (@Sendable (AccessRecord) -> Void)?
  /// Where it is set, every connection must begin with a header of the PROXY protocol.
  package var proxies: ProxyProtocol?
  /// Where it is set, ports speak TLS and nothing else; unix paths speak plain HTTP. It comes behind the header of a proxy.
  package var tls: CurrentTLS?
  /// Called for what becomes of connections, on their loop; it must not block.
  package var note: (@Sendable (ConnectionEvent) -> Void)?

  package init(
    addresses: [SocketAddress], limits: ServerLimits = ServerLimits(), observe: (@Sendable (AccessRecord) -> Void)? = nil,
    proxies: ProxyProtocol? = nil, tls: CurrentTLS? = nil, note: (@Sendable (ConnectionEvent) -> Void)? = nil
  ) {
    self.addresses = addresses
    self.limits = limits
    self.observe = observe
    self.proxies = proxies
    self.tls = tls
    self.note = note
  }
}

/// Every bound of the server, each with its reason (design §4.7). The bound of a body stands at its route.
package struct ServerLimits: Sendable {
  /// Bytes of a request line and fields together: what browsers and proxies send, with room.
  package var headBytes = 16 * 1024
  /// Bytes of a request target, of which the head is mostly made where it is long: a signed GET callback has about 2 KiB.
  package var targetBytes = 8 * 1024
  /// Fields of a head: each costs a few allocations.
  package var fields = 100
  /// From the first byte of a head to its end, and for the header of a proxy: a slow reader of one's own typing gets no connection for free.
  package var headTime: Duration = .seconds(10)
  /// For a TLS handshake, from the accept or the end of a proxy's header: two turns over the slowest line, and no connection for free.
  package var handshakeTime: Duration = .seconds(10)
  /// For the whole body.
  package var bodyTime: Duration = .seconds(20)
  /// Between two requests: longer than the minute after which most clients and proxies give up their side.
  package var idleTime: Duration = .seconds(75)
  /// For one write of an answer to be taken by the kernel: a peer that stopped reading is gone.
  package var writeTime: Duration = .seconds(30)
  /// Connections of this server, over all loops.
  package var connections = 10_000
  /// How many of them newcomers get for callback-class routes alone. Whoever comes when only these are left makes another end that waits for a request, or for the rest
  /// of one (docs/connections.md), so that they are not filled by those who ask for nothing.
  package var callbackConnections = 1_000
  /// After a refusal, how long and how much we still read so that the client gets the answer and not a reset.
  package var lingerTime: Duration = .seconds(2)
  package var lingerBytes = 1024 * 1024
  /// Connections waiting to be accepted.
  package var backlog: Int32 = 1024

  package init() {}
}

/// One answered request, for logs and metrics. It shows no path, no field and no body.
package struct AccessRecord: Sendable {
  package var method: String
  /// The pattern of the matched route; empty where none matched.
  package var route: String
  package var status: Int
  /// From the end of the head to the end of the answer.
  package var duration: Duration
  /// Bytes of the body as decoded, and of the whole answer.
  package var bytesIn: Int
  package var bytesOut: Int
  package var requestID: String
  package var `class`: Route.Class
  package var peer: String
  /// The field of W3C Trace Context as the caller sent it, not judged.
  package var traceparent: String?
}

/// Why a server did not start.
package struct ServerError: Error, CustomStringConvertible {
  package enum Code: Sendable {
    /// Somebody listens there already (paylink: exit 75).
    case addressInUse
    case cannotListen
  }

  package var code: Code
  package var address: SocketAddress
  package var cause: TransportError

  package var description: String {
    switch code {
    case .addressInUse: "\(address) is in use: another server listens there"
    case .cannotListen: "cannot listen on \(address): \(cause)"
    }
  }
}
