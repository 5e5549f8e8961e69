import HTTPServer
import Operations
import ServiceLifecycle
import Transport

/// A server of ours with its end: it was started before, and drains when the services end.
struct ListeningServer: Service {
  let server: Server
  /// How long requests under way may take to finish.
  let time: DrainTime
  /// Where readiness goes off before accepting stops; nil for a server beside the API.
  var draining: Draining?

  func run() async throws {
    // Ends by the signal to drain, or by cancellation: either way it is time to end.
    try? await gracefulShutdown()
    draining?.begin()
    time.begin()
    await server.drain(within: time.left)
  }

  /// Looks whether the addresses can be had, before anything else is begun: what cannot run says one line and touches nothing.
  static func examine(_ addresses: [SocketAddress]) throws(CommandFailure) {
    for address in addresses {
      do {
        try ListeningSockets.open(address, copies: 1, backlog: 1).close()
      } catch {
        throw failure(address, error)
      }
    }
  }

  /// Opens the server's addresses.
  /// - Throws: 75 where somebody listens there already, 78 where we may not.
  static func start(_ server: Server) throws(CommandFailure) -> [SocketAddress] {
    do {
      return try server.start()
    } catch {
      throw failure(error.address, error.cause)
    }
  }

  private static func failure(_ address: SocketAddress, _ cause: TransportError) -> CommandFailure {
    cause.code == .addressInUse
      ? CommandFailure(.taken, "\(address) is in use: another server listens there")
      : CommandFailure(.configuration, "cannot listen on \(address): \(cause)")
  }
}
