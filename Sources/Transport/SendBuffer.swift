/// Bytes of an answer, gathered so that they leave in one send. It keeps its memory from one answer to the next, unless an answer was large.
///
/// Exclusivity is not checked at run time (a tenth of a request's instructions): no method calls out while it changes a property.
@safe package final class SendBuffer {
  @safe @exclusivity(unchecked) private var base: UnsafeMutableRawPointer
  @safe @exclusivity(unchecked) private var capacity: Int
  @safe @exclusivity(unchecked) private var end = 0

  package var count: Int { end }

  /// More than this is given back after an answer.
  package static let keptCapacity = 64 * 1024

  package init(capacity: Int = 1024) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  /// Bytes of another buffer, to its end where none is said.
  package convenience init(copying other: SendBuffer, from offset: Int, to end: Int? = nil) {
    let count = (end ?? other.count) - offset
    self.init(capacity: max(1, count))
    unsafe other.withBytes(from: offset) { unsafe append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  deinit { unsafe base.deallocate() }

  package func append(_ text: StaticString) {
    unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package func append(_ text: String) {
    // SAFETY: the buffer does not outlive the call.
    unsafe text.utf8.span.withUnsafeBufferPointer { unsafe append(UnsafeRawBufferPointer($0)) }
  }

  package func append(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe append($0) }
  }

  /// The first bytes of an array, as many as fit without memory that would be given back later, and how many these were.
  package func appendFitting(_ bytes: [UInt8]) -> Int {
    let count = min(bytes.count, max(0, Self.keptCapacity - self.count))
    unsafe bytes.withUnsafeBytes { unsafe append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    return count
  }

  package func append(_ byte: UInt8) {
    if count == capacity { grow(by: 1) }
    // SAFETY: count < capacity.
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    end += 1
  }

  /// Eight bytes, as they stand in memory.
  package func append(word: UInt64) {
    if capacity - count < 8 { grow(by: 8) }
    // SAFETY: there is room for 8 bytes behind count.
    unsafe base.storeBytes(of: word, toByteOffset: count, as: UInt64.self)
    end += 8
  }

  /// A number in decimal digits, at least `width` of them.
  package func append(decimal number: Int, width: Int = 1) {
    precondition(number >= 0)
    var digits: InlineArray<20, UInt8> = .init(repeating: 0x30)
    var place = 20
    var rest = number
    while rest > 0 || 20 - place < width {
      place -= 1
      digits[place] = 0x30 + UInt8(rest % 10)
      rest /= 10
    }
    // SAFETY: the array lives until the end of the statement, and place is inside it.
    unsafe withUnsafeBytes(of: &digits) { unsafe append(UnsafeRawBufferPointer(rebasing: $0[place...])) }
  }

  package func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    if capacity - count < bytes.count { grow(by: bytes.count) }
    // SAFETY: there is room for bytes.count behind count.
    unsafe (base + count).copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
  }

  package func removeAll() {
    end = 0
    guard capacity > Self.keptCapacity else { return }
    unsafe base.deallocate()
    capacity = 1024
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  /// The bytes from `offset` on.
  func withBytes<Result>(from offset: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    precondition(offset <= count)
    return unsafe body(UnsafeRawBufferPointer(start: base + offset, count: count - offset))
  }

  private func grow(by more: Int) {
    let doubled = capacity < Self.keptCapacity ? min(capacity * 2, Self.keptCapacity) : capacity * 2
    let larger = max(doubled, count + more)
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    // SAFETY: `fresh` has room for what is there; the old allocation is given up right after.
    unsafe fresh.copyMemory(from: base, byteCount: count)
    unsafe base.deallocate()
    unsafe base = fresh
    capacity = larger
  }
}
