import Payments
import Synchronization

/// Units that wait for a writer, in the order of coming, within a bound of which a part is kept for the acquirer's calls (design §4.7).
final class UnitQueue: Sendable {
  private struct Waiting {
    var units: [WaitingUnit] = []
    var isDraining = false
    var isClosed = false
  }

  private enum Admission {
    case first, behindOthers, overloaded, closed
  }

  private let limits: StorageLimits
  private let waiting = Mutex(Waiting())

  init(limits: StorageLimits) { self.limits = limits }

  var count: Int { waiting.withLock { $0.units.count } }

  /// - Parameter wake: called where nobody is draining: whoever is woken takes groups until there is none. Never blocks.
  func enqueue(_ unit: WaitingUnit, wake: () -> Void) {
    switch admit(unit) {
    case .first: wake()
    case .behindOthers: break
    case .overloaded: unit.fail(StoreError(.overloaded, "\(limits.waitingUnits) units wait already"))
    case .closed: unit.fail(StoreError(.unavailable, "the store is closed"))
    }
  }

  /// Takes no more units.
  func close() { waiting.withLock { $0.isClosed = true } }

  private func admit(_ unit: WaitingUnit) -> Admission {
    let room = unit.share == .callback ? limits.waitingUnits : limits.waitingOrdinary
    return waiting.withLock { waiting in
      if waiting.isClosed { return .closed }
      if waiting.units.count >= room { return .overloaded }
      waiting.units.append(unit)
      if waiting.isDraining { return .behindOthers }
      waiting.isDraining = true
      return .first
    }
  }

  /// The next units, as many as fit in a group; nil, and nobody drains any more, where none waits.
  func next() -> [WaitingUnit]? {
    waiting.withLock { waiting in
      if waiting.units.isEmpty {
        waiting.isDraining = false
        return nil
      }
      if waiting.units.count <= limits.groupSize {
        let group = waiting.units
        waiting.units = []
        return group
      }
      let group = Array(waiting.units.prefix(limits.groupSize))
      waiting.units.removeFirst(limits.groupSize)
      return group
    }
  }
}
