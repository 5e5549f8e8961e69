import Synchronization

/// How long the whole drain may take: one bound for all that ends one after the other, so that a container's grace is enough (design §4.7).
final class DrainTime: Sendable {
  private let limit: Duration
  private let end = Mutex<ContinuousClock.Instant?>(nil)

  init(limit: Duration) { self.limit = limit }

  /// The time runs from the first call.
  func begin() { end.withLock { end in end = end ?? .now + limit } }

  /// What is left of it; all of it while it has not begun.
  var left: Duration {
    guard let end = end.withLock({ $0 }) else { return limit }
    return max(.zero, ContinuousClock.now.duration(to: end))
  }
}
