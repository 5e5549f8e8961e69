package import Payments
import Synchronization

/// A clock that a test moves by hand.
package final class ManualClock: WallClock {
  private let time: Mutex<Timestamp>

  package init(_ start: Timestamp = Timestamp(milliseconds: 1_795_470_000_000)) { time = Mutex(start) }

  package func now() -> Timestamp { time.withLock { $0 } }
  package func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
}
