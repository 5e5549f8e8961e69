/// Bytes received and not yet consumed, in one piece, so that they can be parsed where they are.
///
/// The unread bytes are `start..<end`; free space is behind them. When there is too little, they move to the front, and only then the buffer grows.
/// Exclusivity is not checked at run time: no method calls out while it changes a property.
@safe package final class ReceiveBuffer {
  @safe @exclusivity(unchecked) private var base: UnsafeMutableRawPointer
  @safe @exclusivity(unchecked) private var capacity: Int
  @safe @exclusivity(unchecked) private var start = 0
  @safe @exclusivity(unchecked) private var end = 0

  /// More than this is given back when a connection is idle.
  private static let keptCapacity = 4096

  package init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { unsafe base.deallocate() }

  package var count: Int { end - start }
  package var isEmpty: Bool { start == end }

  /// Lends the unread bytes.
  package func withBytes<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
    // SAFETY: start..<end is inside the allocation and written; the span does not outlive the call.
    try unsafe body(Span(_unsafeStart: base.assumingMemoryBound(to: UInt8.self) + start, count: end - start))
  }

  /// Forgets the first unread bytes.
  package func consume(_ count: Int) {
    precondition(count <= end - start, "only what is there can be consumed")
    start += count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Gives back memory that a large request made it take, where nothing is unread: idle connections are many.
  package func releaseExcess() {
    guard isEmpty, capacity > Self.keptCapacity else { return }
    unsafe base.deallocate()
    capacity = Self.keptCapacity
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  /// Free space of at least `minimum` bytes behind the unread bytes.
  func withFreeSpace<Result>(minimum: Int, _ body: (UnsafeMutableRawBufferPointer) -> (filled: Int, result: Result)) -> Result {
    if capacity - end < minimum { makeRoom(minimum) }
    // SAFETY: end..<capacity is inside the allocation.
    let (filled, result) = unsafe body(UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end))
    precondition(filled <= capacity - end)
    end += filled
    return result
  }

  private func makeRoom(_ minimum: Int) {
    let unread = end - start
    if capacity - unread >= minimum {
      // SAFETY: both ranges are inside the allocation; memmove may overlap.
      unsafe base.copyMemory(from: base + start, byteCount: unread)
    } else {
      let larger = max(capacity * 2, unread + minimum)
      let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
      // SAFETY: `fresh` has room for the unread bytes; the old allocation is given up right after.
      unsafe fresh.copyMemory(from: base + start, byteCount: unread)
      unsafe base.deallocate()
      unsafe base = fresh
      capacity = larger
    }
    start = 0
    end = unread
  }
}
