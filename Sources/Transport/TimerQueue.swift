/// Names a scheduled action, for cancelling it. A number is never given twice, so cancelling late is harmless.
package struct TimerID: Hashable, Sendable {
  let slot: Int32
  let generation: UInt32
}

/// The loop's timers: a binary heap by deadline in which every entry knows its place, so that cancelling costs a logarithm too and leaves nothing behind.
///
/// Deadlines are nanoseconds of the monotonic clock. Actions with the same deadline run in no promised order.
struct TimerQueue {
  private struct Entry {
    var deadline: UInt64
    var slot: Int32
  }

  private struct Slot {
    var generation: UInt32 = 0
    var place: Int32 = -1
    var action: (() -> Void)?
  }

  private var heap: [Entry] = []
  private var slots: [Slot] = []
  private var free: [Int32] = []

  var count: Int { heap.count }

  /// The earliest deadline, if any timer is set.
  var nextDeadline: UInt64? { heap.first?.deadline }

  mutating func add(deadline: UInt64, _ action: @escaping () -> Void) -> TimerID {
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
    } else {
      slot = Int32(slots.count)
      slots.append(Slot())
    }
    slots[Int(slot)].action = action
    heap.append(Entry(deadline: deadline, slot: slot))
    slots[Int(slot)].place = Int32(heap.count - 1)
    rise(heap.count - 1)
    return TimerID(slot: slot, generation: slots[Int(slot)].generation)
  }

  /// Forgets the timer; says whether it was still set.
  @discardableResult
  mutating func remove(_ id: TimerID) -> Bool {
    let slot = Int(id.slot)
    guard slot < slots.count, slots[slot].generation == id.generation, slots[slot].place >= 0 else { return false }
    _ = take(at: Int(slots[slot].place))
    return true
  }

  /// Takes one action that is due at `now`, or nil.
  mutating func popDue(at now: UInt64) -> (() -> Void)? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    return take(at: 0)
  }

  private mutating func take(at place: Int) -> (() -> Void)? {
    let slot = Int(heap[place].slot)
    let last = heap.removeLast()
    if place < heap.count {
      heap[place] = last
      slots[Int(last.slot)].place = Int32(place)
      rise(place)
      sink(Int(slots[Int(last.slot)].place))
    }
    let action = slots[slot].action
    slots[slot].action = nil
    slots[slot].place = -1
    slots[slot].generation &+= 1
    free.append(Int32(slot))
    return action
  }

  private mutating func rise(_ start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      guard heap[place].deadline < heap[parent].deadline else { return }
      swap(place, parent)
      place = parent
    }
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child].deadline < heap[least].deadline { least = child }
      guard least != place else { return }
      swap(place, least)
      place = least
    }
  }

  private mutating func swap(_ a: Int, _ b: Int) {
    heap.swapAt(a, b)
    slots[Int(heap[a].slot)].place = Int32(a)
    slots[Int(heap[b].slot)].place = Int32(b)
  }
}
