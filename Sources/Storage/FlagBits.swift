import Payments

/// Flags as one number, a bit each, so that a list can be searched by them. Bits are given once and never again.
struct FlagBits: OptionSet {
  var rawValue: Int64

  init(rawValue: Int64) { self.rawValue = rawValue }

  init(_ flags: [Flag]) {
    self.init(flags.map(Self.init))
  }

  init(_ flag: Flag) {
    switch flag {
    case .late: self.init(rawValue: 1)
    case .over: self.init(rawValue: 2)
    case .under: self.init(rawValue: 4)
    case .outOfInterval: self.init(rawValue: 8)
    case .duplicate: self.init(rawValue: 16)
    case .testMismatch: self.init(rawValue: 32)
    }
  }

  /// In the order of `Flag.allCases`.
  var flags: [Flag] { Flag.allCases.filter { contains(FlagBits($0)) } }

  /// Whether every bit is a flag that this version knows.
  var isKnown: Bool { FlagBits(flags) == self }
}
