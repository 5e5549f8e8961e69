import FreedomPay
import Glibc
import HTTPServer
import Logging
import Payments
import Transport

/// The descriptors that a server may have open at a time (RLIMIT_NOFILE, getrlimit(2)), and how many connections they are enough for.
///
/// Systems start a process with a soft limit of 1,024, for the sake of programs that call select(2), and a hard limit far above. We do not call it, so we raise our
/// own soft limit to what the settings need. Where the hard limit is too low, the bound of connections is lowered and one line says so: a newcomer then waits in
/// the kernel's queue, where otherwise a call to the acquirer would fail for want of a descriptor.
struct Descriptors: Equatable {
  /// Connections that the settings allow the server.
  let connections: Int
  /// What everything else may need at the worst.
  let others: Int

  /// - Parameters:
  ///   - calls: calls to others that may be under way at once.
  ///   - sideConnections: connections of the process's other servers.
  init(connections: Int, calls: Int, sideConnections: Int = 0, loops: Int = EventLoopGroup.coreCount) {
    self.connections = connections
    others = Self.base(loops: loops) + calls * Self.perCall + sideConnections
    base = Self.base(loops: loops)
  }

  /// Of `others`, what is open in any case.
  private let base: Int

  /// Raises the soft limit as far as it is needed and may be.
  /// - Returns: how many connections may be open: those of the settings, or fewer where the hard limit is too low.
  func take(logger: Logger) throws(CommandFailure) -> Int {
    var limits = rlimit()
    // SAFETY: the pointer lives for the call.
    let code = unsafe getrlimit(Self.resource, &limits)
    precondition(code == 0, "getrlimit fails only for a resource that does not exist")
    let hard = Int(clamping: limits.rlim_max)
    let needed = connections + others
    if limits.rlim_cur < limits.rlim_max, Int(clamping: limits.rlim_cur) < needed {
      limits.rlim_cur = min(rlim_t(needed), limits.rlim_max)
      // SAFETY: as above. It cannot fail: no more is asked for than the hard limit.
      _ = unsafe setrlimit(Self.resource, &limits)
    }
    guard let allowed = allowed(within: hard) else {
      throw CommandFailure(
        .unavailable, "this process may open \(hard) files and sockets, too few to serve: raise the hard limit (ulimit -Hn, LimitNOFILE)")
    }
    if allowed < connections {
      logger.warning(
        "too few descriptors: fewer connections are held than limits.connections says; raise the hard limit (ulimit -Hn, LimitNOFILE)",
        metadata: [
          "hard_limit": "\(hard)", "needed": "\(needed)", "limits.connections": "\(connections)", "connections_held": "\(allowed)",
        ])
    }
    return allowed
  }

  /// The connections that so many descriptors are enough for. What the others may need at the worst they seldom do, so it is never more than half of what is not
  /// open in any case.
  /// - Returns: nil where a server makes no sense any more.
  func allowed(within limit: Int) -> Int? {
    let allowed = min(connections, max(limit - others, (limit - base) / 2))
    return allowed >= Self.leastConnections ? allowed : nil
  }

  /// The standard streams, the books with their readers, listening sockets, and for each loop its epoll, its waker and a client's.
  static func base(loops: Int) -> Int { 64 + 8 * loops }
  /// A connection at work and one that idles beside it, and two while libcurl's resolver looks a name up.
  static let perCall = 4
  /// The least that limits.connections takes.
  static let leastConnections = 10
  private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
}

extension Descriptors {
  /// What `serve` needs.
  init(_ settings: Settings, isSandbox: Bool) {
    let limits = settings.limits
    let side = Assembly.sideServerLimits(limits).connections
    self.init(
      connections: limits.connections,
      calls: limits.acquirerInFlight + settings.webhooks.count * DeliverDue.inFlight + (isSandbox ? SandboxHost.calls : 0),
      sideConnections: side + (isSandbox ? Assembly.sandboxLimits(limits).connections : 0))
  }
}
