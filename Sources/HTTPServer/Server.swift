package import Logging
package import Transport

/// An HTTP/1.1 server on the loops it is given.
package final class Server: Sendable {
  package init(router: Router, configuration: ServerConfiguration, loops: EventLoopGroup, logger: Logger) {
    fatalError("being built")
  }

  /// Opens every address; gives them with the ports taken.
  package func start() throws(ServerError) -> [SocketAddress] { [] }

  /// Stops accepting, closes idle connections, lets running requests finish; what is left after `limit` is cut.
  package func drain(within limit: Duration) async {}

  /// Connections open now.
  package var openConnections: Int { 0 }
}
