package import CoreMetrics
import Synchronization

/// Counters of one metric by what is counted, each looked up in its factory once: to find one by its labels costs as much as a small request.
package final class CounterTable<Key: Hashable & Sendable>: Sendable {
  private let find: @Sendable (Key) -> any CounterHandler
  private let known = Mutex<[Key: any CounterHandler]>([:])

  /// - Parameter find: gives the counter of a key. It is asked once for each, so there may be only a few: what is made of callers' texts is none.
  package init(_ find: @escaping @Sendable (Key) -> any CounterHandler) { self.find = find }

  package func count(_ key: Key) {
    let counter = known.withLock { known in
      if let counter = known[key] { return counter }
      let counter = find(key)
      known[key] = counter
      return counter
    }
    counter.increment(by: 1)
  }
}
