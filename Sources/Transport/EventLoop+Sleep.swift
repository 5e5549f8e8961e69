extension EventLoop {
  /// Suspends a task of this loop for `duration`, by the loop's own timers: `Task.sleep` would go through Dispatch's threads.
  ///
  /// Loop thread only. Throws `CancellationError` as soon as the task is cancelled.
  package func sleep(for duration: Duration) async throws {
    preconditionIsCurrent()
    let sleeper = Sleeper()
    await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        guard !Task.isCancelled else { return unsafe continuation.resume() }
        unsafe sleeper.continuation = continuation
        sleeper.timer = schedule(after: duration) { sleeper.wake() }
      }
    } onCancel: {
      execute {
        if let timer = sleeper.timer { self.cancel(timer) }
        sleeper.wake()
      }
    }
    try Task.checkCancellation()
  }

  /// One sleeping task. Touched on the loop's thread only, which makes `@unchecked Sendable` true; `wake` resumes once, whoever comes first.
  @safe private final class Sleeper: @unchecked Sendable {
    var continuation: UnsafeContinuation<Void, Never>?
    var timer: TimerID?

    func wake() {
      timer = nil
      unsafe continuation.take()?.resume()
    }
  }
}
