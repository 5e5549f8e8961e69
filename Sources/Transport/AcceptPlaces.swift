import Synchronization

/// How many connections may still be accepted, over the listeners of all loops: each takes a place before it accepts, so that there is never one too many.
package final class AcceptPlaces: Sendable {
  private let most: Int
  private let taken = Atomic<Int>(0)

  package init(_ most: Int) { self.most = most }

  /// Takes a place; false where all are taken.
  func take() -> Bool {
    if taken.wrappingAdd(1, ordering: .relaxed).newValue <= most { return true }
    giveBack()
    return false
  }

  /// Gives back one that was taken: nobody came, or whoever came has gone.
  package func giveBack() { taken.wrappingSubtract(1, ordering: .relaxed) }
}
