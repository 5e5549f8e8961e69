/// Makes ids of requests: 32 hexadecimal digits, different in every process and never the same twice. They name a request in logs and guard nothing, so the system
/// is asked for randomness once, not each time (SplitMix64).
struct RequestIDs {
  private var state: UInt64
  private let process: UInt64

  init() {
    var generator = SystemRandomNumberGenerator()
    state = generator.next()
    process = generator.next()
  }

  mutating func next() -> String {
    state &+= 0x9e37_79b9_7f4a_7c15
    let (high, low) = (Self.mix(state ^ process), Self.mix(state))
    // SAFETY: exactly the 32 bytes that were asked for are written.
    return unsafe String(unsafeUninitializedCapacity: 32) { buffer in
      unsafe Self.write(high, to: buffer, at: 0)
      unsafe Self.write(low, to: buffer, at: 16)
      return 32
    }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  private static func write(_ value: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at place: Int) {
    var rest = value
    for index in 0..<16 {
      rest = rest << 4 | rest >> 60
      let digit = UInt8(truncatingIfNeeded: rest & 15)
      unsafe buffer[place + index] = digit &+ 0x30 &+ (digit > 9 ? 0x27 : 0)
    }
  }
}
