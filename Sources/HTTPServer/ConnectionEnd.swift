import Transport

/// Why a connection ended, for metrics: each is counted once, under the first thing that went wrong with it.
package enum ConnectionEnd: String, CaseIterable, Sendable {
  /// In order, by either side, between two requests.
  case done
  /// No request came for `idleTime`.
  case idleTimeout = "idle_timeout"
  /// It waited for a request, or for the rest of one, when the server was crowded, and gave way to a newcomer.
  case madeRoom = "made_room"
  /// A head did not come in time.
  case headTimeout = "head_timeout"
  /// A body did not come in time.
  case bodyTimeout = "body_timeout"
  /// The peer did not take its answer.
  case writeTimeout = "write_timeout"
  /// The peer ended its side amid a request.
  case cutOff = "cut_off"
  /// The peer broke off, or the network did.
  case reset
  /// A request could not be read, or was too large.
  case refused
  /// It came when only callbacks were served to newcomers, and wanted something else.
  case overloaded
  /// It did not begin as the PROXY protocol says.
  case proxyHeader = "proxy_header"
  /// TLS could not be agreed upon.
  case tlsHandshake = "tls_handshake"
  /// We drain: it was idle, or outlasted the drain's limit.
  case drained
  /// Our own fault: a streamed answer broke off, or a system call failed.
  case failed

  /// What an error of the stream says, where nothing was known before.
  init(_ error: TransportError, isDraining: Bool) {
    self =
      switch error.code {
      // Waiting for a request notes its own; what is left is sending.
      case .timedOut: .writeTimeout
      // Without a number it was no peer but ourselves.
      case .closed where error.errno == 0: isDraining ? .drained : .failed
      case .closed: .reset
      default: .failed
      }
  }

  /// What an error says of a connection that waits for a request, or for the rest of one. Half a request that is late is told apart before.
  init(waiting error: TransportError, isDraining: Bool) {
    switch error.code {
    case .timedOut: self = .idleTimeout
    case .closed where error.errno == 0: self = isDraining ? .drained : .madeRoom
    default: self.init(error, isDraining: isDraining)
    }
  }
}
