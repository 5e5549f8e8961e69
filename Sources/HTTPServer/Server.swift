package import Logging
import Synchronization
package import Transport

/// An HTTP/1.1 server on the loops it is given: a listener a loop, a task a connection.
package final class Server: Sendable {
  private let state: ServerState
  private let configuration: ServerConfiguration
  private let shards: [ServerShard]
  private let isStarted = Atomic<Bool>(false)

  /// How long cut connections get to notice.
  private static let cutGrace: Duration = .seconds(1)
  private static let drainStep: Duration = .milliseconds(5)

  package init(router: Router, configuration: ServerConfiguration, loops: EventLoopGroup, logger: Logger) {
    let state = ServerState(router: router, configuration: configuration, logger: logger)
    self.state = state
    self.configuration = configuration
    shards = loops.loops.map { ServerShard(state: state, loop: $0) }
  }

  /// Opens every address, or none, and serves from now on. Once a server.
  /// - Returns: the addresses, in order, with the ports that were taken.
  package func start() throws(ServerError) -> [SocketAddress] {
    precondition(!isStarted.exchange(true, ordering: .relaxed), "a server is started once")
    var opened: [ListeningSockets] = []
    for address in configuration.addresses {
      do throws(TransportError) {
        opened.append(try ListeningSockets.open(address, copies: shards.count, backlog: configuration.limits.backlog))
      } catch {
        for sockets in opened { sockets.close() }
        throw ServerError(code: error.code == .addressInUse ? .addressInUse : .cannotListen, address: address, cause: error)
      }
    }
    for sockets in opened { listen(sockets) }
    return opened.map(\.address)
  }

  private func listen(_ sockets: ListeningSockets) {
    let isShared = sockets.descriptors.count == 1
    for (descriptor, shard) in zip(sockets.descriptors, shards) {
      let onto = isShared ? shards : [shard]
      shard.loop.execute { shard.listen(descriptor, file: sockets.file, onto: onto) }
    }
    state.logger.info("listening", metadata: ["address": "\(sockets.address)"])
  }

  /// Stops accepting, closes idle connections, and lets running requests finish with `Connection: close`; what is left after `limit` is cut. Returns when all
  /// connections are closed, or when a handler holds on to a cut one for longer than a second.
  package func drain(within limit: Duration) async {
    for shard in shards {
      await onLoop(of: shard) { shard.beginDraining() }
    }
    guard await !isEmpty(within: limit) else { return }
    for shard in shards {
      await onLoop(of: shard) { shard.cut() }
    }
    _ = await isEmpty(within: Self.cutGrace)
  }

  /// Connections open now.
  package var openConnections: Int { state.openConnections }

  private func onLoop(of shard: ServerShard, _ work: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      shard.loop.execute {
        work()
        continuation.resume()
      }
    }
  }

  /// Waits until no connection is open; says whether it came to that in time.
  private func isEmpty(within limit: Duration) async -> Bool {
    let deadline = EventLoop.clock() + limit.nanosecondsClamped
    let (state, loop) = (self.state, shards[0].loop)
    return await Task(name: "drain", executorPreference: loop) {
      while state.openConnections > 0 {
        guard EventLoop.clock() < deadline else { return false }
        do { try await loop.sleep(for: Self.drainStep) } catch { return false }
      }
      return true
    }.value
  }
}
