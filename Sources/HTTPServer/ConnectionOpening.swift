package import Transport

/// What stands before the first request of a connection: the word of a proxy about the client.
package struct ProxyProtocol: Sendable {
  /// Whether this peer's word counts. Nobody else may speak: a receiver that guesses would let a client name any address (proxy-protocol.txt §5).
  package var isTrusted: @Sendable (SocketAddress) -> Bool

  package init(isTrusted: @escaping @Sendable (SocketAddress) -> Bool) { self.isTrusted = isTrusted }
}

/// What becomes of connections, for metrics.
package enum ConnectionEvent: Hashable, Sendable {
  case proxyHeader(ProxyHeaderOutcome)
  case tlsHandshake(TLSHandshakeOutcome)
  /// Each connection, once.
  case ended(ConnectionEnd)
  /// Nobody is accepted for a moment, though somebody waits.
  case acceptPaused(AcceptPause)
}

package enum ProxyHeaderOutcome: String, CaseIterable, Sendable {
  /// It names the client.
  case accepted
  /// The proxy speaks for itself.
  case local
  /// The peer is no proxy of ours.
  case untrusted
  case malformed
  case timedOut = "timed_out"
  /// The peer left before it was whole.
  case cutOff = "cut_off"
}

extension Connection {
  /// Does the handshake where the address speaks TLS: every port, since a path is reached from this machine alone. Says whether requests may follow; where they
  /// may not, the peer got the alert that TLS has for it.
  func beginTLS(_ current: CurrentTLS, deadline: UInt64) async -> Bool {
    guard stream.peer.unixPath == nil else { return true }
    let outcome = await stream.secure(with: current.context, deadline: deadline)
    shard.state.note(.tlsHandshake(outcome))
    return outcome.isDone
  }

  /// What a client on a unix socket of the proxy's machine is called. It is not `unix`, since it is no peer of ours that settings could trust.
  static let unixClient = "proxied-unix"

  /// Reads the header of the PROXY protocol, and not a byte behind it; says whether requests may follow. Where they may not, nothing is answered.
  func readProxyHeader(_ proxies: ProxyProtocol, deadline: UInt64) async -> Bool {
    let outcome = await proxyHeader(proxies, deadline)
    shard.state.note(.proxyHeader(outcome))
    return outcome == .accepted || outcome == .local
  }

  private func proxyHeader(_ proxies: ProxyProtocol, _ deadline: UInt64) async -> ProxyHeaderOutcome {
    guard proxies.isTrusted(stream.peer) else { return .untrusted }
    var wanted = ProxyHeader.fixedCount
    do throws(ProxyHeader.Malformed) {
      while input.count < wanted {
        if let failure = await receive(atMost: wanted - input.count, deadline) { return failure }
        wanted = try input.withBytes { bytes throws(ProxyHeader.Malformed) in try ProxyHeader.count(bytes) } ?? wanted
      }
      return note(try input.withBytes { bytes throws(ProxyHeader.Malformed) in try ProxyHeader(bytes) })
    } catch {
      return .malformed
    }
  }

  /// nil when something came.
  private func receive(atMost count: Int, _ deadline: UInt64) async -> ProxyHeaderOutcome? {
    do throws(TransportError) {
      return try await stream.receive(into: input, atMost: count, deadline: deadline) > 0 ? nil : .cutOff
    } catch {
      return error.code == .timedOut ? .timedOut : .cutOff
    }
  }

  private func note(_ header: ProxyHeader) -> ProxyHeaderOutcome {
    input.consume(input.count)
    switch header.source {
    case .local: return .local
    case .client(let address): peer = address.host
    case .unixClient: peer = Self.unixClient
    }
    return .accepted
  }
}
