import HTTPClient
import HTTPServer
import Logging
import Sandbox
import ServiceLifecycle
import Transport

/// The emulated acquirer on a listener of its own: beside the gateway, or alone (`paylink sandbox`).
struct SandboxHost {
  let sandbox: Sandbox
  let server: Server
  let client: HTTPClient
  let clock: SandboxClock

  /// - Parameters:
  ///   - address: a loopback address, with its port: pages and redirects carry it.
  init(
    address: SocketAddress, merchant: Int64, secret: SandboxSecret, seed: UInt64 = 1, loops: EventLoopGroup,
    limits: ServerLimits, logger: Logger
  ) throws(CommandFailure) {
    clock = SandboxClock()
    client = HTTPClient(configuration: HTTPClientConfiguration(inFlight: Self.calls), loops: loops)
    let configuration = SandboxConfiguration(
      merchant: merchant, secret: secret, publicURL: "http://\(address)", seed: seed)
    sandbox = Sandbox(configuration: configuration, caller: client, clock: clock, logger: logger)
    server = Server(
      router: try Assembly.router(sandbox.routes), configuration: ServerConfiguration(addresses: [address], limits: limits), loops: loops,
      logger: logger)
  }

  /// Callbacks that may be under way at once.
  static let calls = 256

  /// In the order of their start; they end the other way round.
  var services: [any Service] { [Callbacks(sandbox: sandbox), ListeningServer(server: server, time: DrainTime(limit: .seconds(1)))] }

  /// Makes the callbacks that are due, until the services end.
  private struct Callbacks: Service {
    let sandbox: Sandbox

    func run() async throws { await cancelWhenGracefulShutdown { await sandbox.run() } }
  }
}

/// A port that is free at this moment, where an address asks for any: what is written into pages and callbacks must be known before anything listens.
enum FreePorts {
  /// - Returns: the addresses with a port each, in the order given.
  static func settle(_ addresses: [SocketAddress]) throws(TransportError) -> [SocketAddress] {
    var open: [ListeningSockets] = []
    defer { for sockets in open { sockets.close() } }
    var settled: [SocketAddress] = []
    for address in addresses {
      guard address.port == 0 else {
        settled.append(address)
        continue
      }
      let sockets = try ListeningSockets.open(address, copies: 1, backlog: 1)
      open.append(sockets)
      settled.append(sockets.address)
    }
    return settled
  }
}
