/// How a client behaves; each bound stands here once, with its reason.
package struct HTTPClientConfiguration: Sendable {
  /// Whose certificates are believed. There is no way to believe everyone.
  package enum Trust: Sendable, Equatable {
    /// The authorities of the system (Debian's ca-certificates).
    case system
    /// The authorities of the system **and** those of a PEM file: what an operator expects of an extra CA file, since public hosts keep working.
    case systemAnd(file: String)
    /// Only the authorities of a PEM file: for those who pin.
    case only(file: String)
  }

  package var trust: Trust
  /// `http://[user:password@]host:port` of the proxy for every call, or nil for none. The environment's `https_proxy` and `no_proxy` are never read: a
  /// gateway must not change its way because of a shell.
  package var proxy: String?
  /// Which addresses are connected to. With a proxy it is the proxy's address that is judged.
  package var addresses: AddressPolicy
  /// Asks for gzip and unpacks it. Off: the acquirer's answers are a few hundred bytes. The bound of an answer counts the unpacked bytes.
  package var acceptsGzip: Bool

  /// Calls in flight in the process (design §4.7: 256 to the acquirer).
  package var inFlight: Int
  /// Calls that wait for their turn; more are refused with `.overloaded` (design §4.7: 64).
  package var waiting: Int

  /// Open connections to one host, those at work included. As many as calls in flight, since HTTP/1.1 carries one call a connection: the bound is there for a
  /// server that hangs, not for the ordinary day. Each loop has an equal share of the connections' bounds, rounded up; a call that finds its loop's share at
  /// work waits inside its own timeout.
  package var connectionsPerHost: Int
  /// Open connections in all, with and without work; the oldest without work is closed when another is needed. libcurl has one bound for both, since a smaller
  /// one for those without work would close connections in the middle of a busy minute.
  package var connections: Int
  /// How long a connection without work may be used again. Shorter than what servers usually keep (nginx 75 s, many balancers 60 s), because a POST on a
  /// connection that the server closes at the same moment has an unknown outcome.
  package var idleTimeout: Duration
  /// Bound of an answer's head in bytes, all fields and interim answers together.
  package var headLimit: Int

  package init(
    trust: Trust = .system, proxy: String? = nil, addresses: AddressPolicy = .any, acceptsGzip: Bool = false, inFlight: Int = 256,
    waiting: Int = 64,
    connectionsPerHost: Int = 256, connections: Int = 512, idleTimeout: Duration = .seconds(30), headLimit: Int = 64 * 1024
  ) {
    self.trust = trust
    self.proxy = proxy
    self.addresses = addresses
    self.acceptsGzip = acceptsGzip
    self.inFlight = inFlight
    self.waiting = waiting
    self.connectionsPerHost = connectionsPerHost
    self.connections = connections
    self.idleTimeout = idleTimeout
    self.headLimit = headLimit
  }
}
