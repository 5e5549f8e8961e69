import Logging
import Transport

/// A server's part on one loop: its listeners, its connections, and what they need again and again. Touched on the loop's thread only, which makes
/// `@unchecked Sendable` true; a precondition checks it where others come in.
final class ServerShard: @unchecked Sendable {
  let state: ServerState
  let loop: EventLoop
  /// Where the connections write their answers, each before it suspends.
  let output = SendBuffer(capacity: 4096)
  @safe @exclusivity(unchecked) private(set) var isDraining = false
  private var listeners: [Listener] = []
  private var connections: [Connection] = []
  /// Where `endLongestWaiting` looks next.
  private var nextLook = 0
  @safe @exclusivity(unchecked) private var dates = HTTPDate()
  @safe @exclusivity(unchecked) private var ids = RequestIDs()

  init(state: ServerState, loop: EventLoop) {
    self.state = state
    self.loop = loop
  }

  func dateLine() -> [UInt8] { dates.currentLine() }
  func nextRequestID() -> RequestID { ids.next() }

  /// Accepts on a listening socket from now on.
  /// - Parameter onto: the shards that get the connections in turn; this one alone where the kernel spreads them itself.
  func listen(_ descriptor: Int32, file: SocketFile?, onto shards: [ServerShard]) {
    loop.preconditionIsCurrent()
    var turn = 0
    let listener = Listener(
      descriptor: descriptor, file: file, loop: loop, places: state.places,
      onPause: { [unowned self] reason in
        state.note(.acceptPaused(reason))
        // Who waits comes in when accepting goes on, and makes room for the next.
        if reason == .full { endLongestWaiting() }
      }
    ) { accepted, peer in
      let shard = shards[turn % shards.count]
      turn &+= 1
      shard.state.opened()
      if shard.loop.isCurrent { shard.adopt(accepted, peer) } else { shard.loop.execute { shard.adopt(accepted, peer) } }
    }
    do {
      try listener.start()
      listeners.append(listener)
    } catch {
      state.logger.critical("cannot watch a listening socket", metadata: ["error": "\(error)"])
      listener.close(takingAtMost: 0)
    }
  }

  private func adopt(_ descriptor: Int32, _ peer: SocketAddress) {
    loop.preconditionIsCurrent()
    if state.isCrowded { endLongestWaiting() }
    let connection = Connection(stream: Stream(descriptor: descriptor, peer: peer, loop: loop), shard: self, isLate: state.isCrowded)
    connection.place = connections.count
    connections.append(connection)
    if isDraining { connection.endIfIdle() }
    Task(name: "connection", executorPreference: loop) {
      await connection.run()
      self.remove(connection)
    }
  }

  /// Makes room for a newcomer: of some connections, the next ones each time, the one that has waited longest for a request, or for the rest of one, is closed (RFC
  /// 9112 §9.5: a server may close a connection at any time; nothing of half a request was done). Without it, as many clients that only connect, or send a byte, would
  /// keep everybody else out until their time is over, callbacks too. Who sends a whole request at once is never the one that has waited longest.
  private func endLongestWaiting() {
    var found: Connection?
    for _ in 0..<min(Self.looks, connections.count) {
      nextLook = nextLook + 1 < connections.count ? nextLook + 1 : 0
      let connection = connections[nextLook]
      guard let since = connection.waitingSince, since < found?.waitingSince ?? .max else { continue }
      found = connection
    }
    found?.endIfWaiting()
  }

  /// Enough that one that waits is found while most do; few enough that a flood of newcomers does not hold the loop.
  private static let looks = 32

  private func remove(_ connection: Connection) {
    loop.preconditionIsCurrent()
    let last = connections.removeLast()
    if last !== connection {
      connections[connection.place] = last
      last.place = connection.place
    }
    state.note(.ended(connection.end ?? .failed))
    state.closed()
  }

  /// Stops accepting, closes what is idle and ends every pause; the rest ends after its running request.
  func beginDraining() {
    loop.preconditionIsCurrent()
    guard !isDraining else { return }
    isDraining = true
    for listener in listeners { listener.close(takingAtMost: Int(state.limits.backlog) + 1) }
    listeners = []
    for connection in connections {
      connection.endIfIdle()
      connection.endPause()
    }
  }

  /// Ends every connection where it stands.
  func cut() {
    loop.preconditionIsCurrent()
    for connection in connections { connection.cut() }
  }
}
