import Logging
import Synchronization
import Transport

/// What all loops of a server share: it is fixed, but for the number of connections.
final class ServerState: Sendable {
  let router: Router
  let limits: ServerLimits
  let observe: (@Sendable (AccessRecord) -> Void)?
  let logger: Logger
  /// Open connections over all loops.
  private let open = Atomic<Int>(0)

  init(router: Router, configuration: ServerConfiguration, logger: Logger) {
    self.router = router
    self.limits = configuration.limits
    self.observe = configuration.observe
    self.logger = logger
  }

  var openConnections: Int { open.load(ordering: .relaxed) }

  /// Whether one more may be opened.
  var hasRoom: Bool { openConnections < limits.connections }

  /// Whether so many are open that only callback routes are served to newcomers.
  var isCrowded: Bool { openConnections > limits.connections - limits.callbackConnections }

  func opened() { open.wrappingAdd(1, ordering: .relaxed) }
  func closed() { open.wrappingSubtract(1, ordering: .relaxed) }
}
