import Payments
import Synchronization

/// Who is told of commits, if anybody is.
final class CommitListener: Sendable {
  /// A struct around the closure on purpose: a closure that stands in a Mutex by itself is wrapped once more by every `withLock` (a thunk for the generic
  /// `inout`, left behind in the state), until a call runs through millions of wrappings and out of its stack.
  private struct Listener {
    let tell: @Sendable ([LinkID: Int64]) -> Void
  }

  private let listener = Mutex<Listener?>(nil)

  func set(_ tell: @escaping @Sendable ([LinkID: Int64]) -> Void) {
    listener.withLock { $0 = Listener(tell: tell) }
  }

  /// How far the links of a commit are; nothing is told of none.
  func tell(_ sequences: [LinkID: Int64]) {
    guard !sequences.isEmpty, let listener = listener.withLock({ $0 }) else { return }
    listener.tell(sequences)
  }
}
