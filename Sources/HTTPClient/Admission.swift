import Synchronization

/// How many calls may be in flight, and who waits for a turn: first come, first served, both bounded.
///
/// A call enters, and leaves when its outcome is known; the one who leaves hands the turn to the oldest waiter. May be used on any thread.
final class Admission: Sendable {
  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<HTTPClientError?, Never>
  }

  private struct State {
    var inFlight = 0
    var waiters: [Waiter] = []
    var nextID: UInt64 = 0
    var isClosed = false
  }

  private enum Decision {
    case enter
    case wait(id: UInt64)
    case refuse(HTTPClientError)
  }

  private let inFlightLimit: Int
  private let waitingLimit: Int
  private let state = Mutex(State())

  init(inFlight: Int, waiting: Int) {
    inFlightLimit = inFlight
    waitingLimit = waiting
  }

  static let closed = HTTPClientError(code: .canceled, mayHaveBeenSent: false, detail: "the client is shut down")
  private static let canceled = HTTPClientError(
    code: .canceled, mayHaveBeenSent: false, detail: "the caller gave up while waiting for a turn")
  static let late = HTTPClientError(code: .timeout, mayHaveBeenSent: false, detail: "the call's time was over before its turn came")

  /// How many are in flight, and how many wait.
  var load: (inFlight: Int, waiting: Int) { state.withLock { ($0.inFlight, $0.waiters.count) } }

  /// Returns when the caller may go on; every return without an error needs one `leave`.
  ///
  /// - Parameter clock: called when the caller has to wait, with what to do when its time is over; gives what stops that clock.
  /// - Throws: `.overloaded`, `.timeout` or `.canceled`; nothing has been sent then.
  func enter(clock: (@escaping @Sendable () -> Void) -> @Sendable () -> Void) async throws(HTTPClientError) {
    let id: UInt64
    switch decide() {
    case .enter: return
    case .refuse(let error): throw error
    case .wait(let number): id = number
    }
    var stopClock: (@Sendable () -> Void)?
    let refusal = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        line(up: Waiter(id: id, continuation: continuation))
        // Started only now: a clock that runs out before the waiter stands in line would find nobody to dismiss.
        stopClock = clock { self.dismiss(id, with: Self.late) }
      }
    } onCancel: {
      dismiss(id, with: Self.canceled)
    }
    stopClock?()
    if let refusal { throw refusal }
  }

  /// Gives the turn back, or on to the oldest waiter.
  func leave() {
    let next: Waiter? = state.withLock { state in
      guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
      state.inFlight -= 1
      return nil
    }
    next?.continuation.resume(returning: nil)
  }

  /// Refuses all who wait, and all who come.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: Self.closed) }
  }

  private func decide() -> Decision {
    state.withLock { state in
      guard !state.isClosed else { return .refuse(Self.closed) }
      if state.inFlight < inFlightLimit {
        state.inFlight += 1
        return .enter
      }
      guard state.waiters.count < waitingLimit else { return .refuse(overloaded) }
      state.nextID += 1
      return .wait(id: state.nextID)
    }
  }

  private var overloaded: HTTPClientError {
    HTTPClientError(
      code: .overloaded, mayHaveBeenSent: false, detail: "\(inFlightLimit) calls are in flight and \(waitingLimit) wait")
  }

  /// Puts a waiter at the end of the line. The world may have changed since it was told to wait, so everything is looked at again.
  private func line(up waiter: Waiter) {
    let (isAnswered, answer): (Bool, HTTPClientError?) = state.withLock { state in
      if state.isClosed { return (true, Self.closed) }
      // A cancellation that came before the waiter stood in line found nobody to dismiss; its mark is seen here, under the same lock.
      if Task.isCancelled { return (true, Self.canceled) }
      if state.inFlight < inFlightLimit {
        state.inFlight += 1
        return (true, nil)
      }
      guard state.waiters.count < waitingLimit else { return (true, overloaded) }
      state.waiters.append(waiter)
      return (false, nil)
    }
    if isAnswered { waiter.continuation.resume(returning: answer) }
  }

  private func dismiss(_ id: UInt64, with error: HTTPClientError) {
    let waiter: Waiter? = state.withLock { state in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      return state.waiters.remove(at: index)
    }
    waiter?.continuation.resume(returning: error)
  }
}
