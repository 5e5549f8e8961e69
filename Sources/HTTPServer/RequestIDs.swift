/// The id of a request: the caller's where it is fit to be shown, else one of ours, which becomes a text only where somebody asks for it.
enum RequestID: Sendable {
  case given(String)
  case made(UInt64, UInt64)

  var text: String {
    switch self {
    case .given(let text): text
    case .made(let high, let low):
      // SAFETY: exactly the 32 bytes that were asked for are written.
      unsafe String(unsafeUninitializedCapacity: 32) { buffer in
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        for (index, word) in [high >> 32, high, low >> 32, low].enumerated() {
          unsafe bytes.storeBytes(of: Self.digits(word), toByteOffset: index * 8, as: UInt64.self)
        }
        return 32
      }
    }
  }

  /// The eight hexadecimal digits of the lower half of a word, in the order of memory.
  static func digits(_ word: UInt64) -> UInt64 {
    // A digit a byte.
    var spread = word & 0xffff_ffff
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
    spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f
    // 1 where it is a letter: those stand 0x27 behind where digits would go on.
    let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return (spread + 0x3030_3030_3030_3030 + letters * 0x27).bigEndian
  }
}

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

  mutating func next() -> RequestID {
    state &+= 0x9e37_79b9_7f4a_7c15
    return .made(Self.mix(state ^ process), Self.mix(state))
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
