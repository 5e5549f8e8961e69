import Logging
import Synchronization
import Transport

/// The times of `ServerLimits` in nanoseconds.
struct Times: Sendable {
  let head, handshake, body, idle, write, linger: UInt64

  init(_ limits: ServerLimits) {
    head = limits.headTime.nanosecondsClamped
    handshake = limits.handshakeTime.nanosecondsClamped
    body = limits.bodyTime.nanosecondsClamped
    idle = limits.idleTime.nanosecondsClamped
    write = limits.writeTime.nanosecondsClamped
    linger = limits.lingerTime.nanosecondsClamped
  }
}

/// What all loops of a server share: it is fixed, but for the number of connections.
final class ServerState: Sendable {
  let router: Router
  let limits: ServerLimits
  /// The limits' times in nanoseconds: a Duration costs 200 instructions to convert.
  let times: Times
  let observe: (@Sendable (AccessRecord) -> Void)?
  let proxies: ProxyProtocol?
  let tls: CurrentTLS?
  private let noted: (@Sendable (ConnectionEvent) -> Void)?
  let logger: Logger
  /// Open connections over all loops.
  private let open = Atomic<Int>(0)
  /// One for each of them, taken before it is accepted.
  let places: AcceptPlaces

  init(router: Router, configuration: ServerConfiguration, logger: Logger) {
    self.router = router
    self.limits = configuration.limits
    times = Times(configuration.limits)
    self.observe = configuration.observe
    proxies = configuration.proxies
    tls = configuration.tls
    noted = configuration.note
    self.logger = logger
    places = AcceptPlaces(configuration.limits.connections)
  }

  var openConnections: Int { open.load(ordering: .relaxed) }

  /// Whether so many are open that only callback routes are served to newcomers.
  var isCrowded: Bool { openConnections > limits.connections - limits.callbackConnections }

  func note(_ event: ConnectionEvent) { noted?(event) }

  func opened() { open.wrappingAdd(1, ordering: .relaxed) }
  func closed() {
    open.wrappingSubtract(1, ordering: .relaxed)
    places.giveBack()
  }
}
