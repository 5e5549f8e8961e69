import Transport

/// Lets a handler, or the body of a stream, wait for what happens elsewhere: its task is suspended, and no thread waits with it.
///
/// A pause is over when it is woken, when its time is over, and at once when the server drains (design §4.7) or the client has gone: whoever waits then answers
/// with what there is, or ends the stream.
package struct Pause: Sendable {
  package enum End: Sendable {
    /// What was waited for has happened, or may have.
    case woken
    case timeOver
    /// Nobody should wait here any more: the client has gone, or the server drains.
    case ended
  }

  private let connection: Connection?

  /// Of a request that came over no connection: there is nobody who could wait, so every pause has ended.
  package static let none = Pause(connection: nil)

  init(connection: Connection?) { self.connection = connection }

  /// Waits. Called by the request's own task, which does one thing at a time.
  /// - Parameter begin: called at once with what wakes the pause, from any thread, as often as one likes, also when it is over already.
  ///
  /// Runs where the task prefers, its loop, even when it is called on an actor.
  @concurrent package func wait(
    atMost limit: Duration, until begin: @Sendable (_ wake: @escaping @Sendable () -> Void) -> Void
  ) async -> End {
    guard let connection, connection.stream.loop.isCurrent else { return .ended }
    return await connection.pause(atMost: limit, begin)
  }
}

/// One pause under way. Touched on the loop's thread only, which makes `@unchecked Sendable` true; the first end counts.
@safe final class RunningPause: @unchecked Sendable {
  private let loop: EventLoop
  private var continuation: UnsafeContinuation<Pause.End, Never>?
  private var outcome: Pause.End?
  private var timer: TimerID?

  init(loop: EventLoop) { self.loop = loop }

  func begin(atMost limit: Duration) {
    loop.preconditionIsCurrent()
    timer = loop.schedule(after: limit) { [unowned self] in
      timer = nil
      end(.timeOver)
    }
  }

  /// Suspends until the pause is over, which it may be already.
  func outcomeReached() async -> Pause.End {
    await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Pause.End, Never>) in
      if let outcome { return unsafe continuation.resume(returning: outcome) }
      unsafe self.continuation = continuation
    }
  }

  func end(_ reason: Pause.End) {
    loop.preconditionIsCurrent()
    guard outcome == nil else { return }
    outcome = reason
    if let timer { loop.cancel(timer) }
    timer = nil
    unsafe continuation.take()?.resume(returning: reason)
  }
}
