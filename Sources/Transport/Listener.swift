import CLinux
import Glibc

/// Why a listener accepts nobody for a moment.
package enum AcceptPause: String, CaseIterable, Sendable {
  /// As many connections are open as may be.
  case full
  /// The process has no descriptor left, or the system no memory.
  case exhausted
}

/// Accepts the connections of one listening socket on one loop (loop thread only). `start` hands it its descriptor, `close` takes it away.
///
/// When the process has no descriptor left (EMFILE), or no place is left, accepting pauses: the connections wait in the kernel's queue instead of turning the
/// loop round and round, and it is tried again soon after.
package final class Listener {
  private let loop: EventLoop
  private var descriptor: Int32
  private let file: SocketFile?
  private let places: AcceptPlaces
  private let onPause: (AcceptPause) -> Void
  private let onAccept: (Int32, SocketAddress) -> Void
  private var registration: Registration?
  private var resume: TimerID?

  /// Connections taken in one turn of the loop, so that those already open get their turn too.
  private static let acceptsPerTurn = 16
  /// How long accepting pauses. Long enough not to burn the processor, short enough for a client not to notice.
  private static let pause: Duration = .milliseconds(20)

  /// - Parameters:
  ///   - file: of a unix path, removed when the listener closes.
  ///   - places: one is taken for each connection; whoever closes it gives it back.
  ///   - onPause: told of each pause.
  ///   - onAccept: takes over the connected descriptor, which is non-blocking and close-on-exec.
  package init(
    descriptor: Int32, file: SocketFile?, loop: EventLoop, places: AcceptPlaces, onPause: @escaping (AcceptPause) -> Void,
    onAccept: @escaping (Int32, SocketAddress) -> Void
  ) {
    self.descriptor = descriptor
    self.file = file
    self.loop = loop
    self.places = places
    self.onPause = onPause
    self.onAccept = onAccept
  }

  package func start() throws(TransportError) {
    registration = try loop.register(descriptor, interest: .read) { [unowned self] _ in accept(atMost: Self.acceptsPerTurn) }
  }

  /// Takes the connections that wait already, while there are places, and closes the socket: the kernel resets those that are left.
  /// - Parameter most: who comes meanwhile may wait too, and this must end.
  package func close(takingAtMost most: Int) {
    loop.preconditionIsCurrent()
    guard descriptor >= 0 else { return }
    accept(atMost: most)
    if let registration { loop.deregister(registration) }
    if let resume { loop.cancel(resume) }
    (registration, resume) = (nil, nil)
    _ = Glibc.close(descriptor)
    descriptor = -1
    file?.remove()
  }

  private func accept(atMost most: Int) {
    for number in 0..<most {
      guard descriptor >= 0 else { return }
      guard places.take() else {
        // The first waits for certain. Whether another does, the loop tells in its next turn, when some may have left.
        if number == 0 { rest(.full) }
        return
      }
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      // SAFETY: the kernel writes at most the size of the storage.
      let accepted = unsafe clinux_accept(descriptor, &storage, &length)
      guard accepted >= 0 else {
        let error = errno
        places.giveBack()
        switch error {
        case EAGAIN: return
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return rest(.exhausted)
        // The connection died while it waited, or the network failed under it (accept(2), "Error handling"): the next one may be well.
        default: continue
        }
      }
      guard let peer = SocketAddress(storage) else {
        _ = Glibc.close(accepted)
        places.giveBack()
        continue
      }
      onAccept(accepted, peer)
    }
  }

  private func rest(_ reason: AcceptPause) {
    guard let registration, resume == nil else { return }
    onPause(reason)
    loop.update(registration, interest: [])
    resume = loop.schedule(after: Self.pause) { [unowned self] in
      resume = nil
      if let registration = self.registration { loop.update(registration, interest: .read) }
    }
  }
}
