/// Where a fault strikes: a call that the sandbox receives, or a callback that it makes (design §4.6).
enum FaultPoint: String, Codable, Sendable {
  case anyAmount = "any_amount"
  case paymentPage = "payment_page"
  case initPayment = "init_payment"
  case status
  case capture
  case cancel
  case refund
  case check
  case result

  init(_ operation: SandboxCall.Operation) {
    self = FaultPoint(rawValue: operation.rawValue)!  // the words are the same
  }

  /// Whether the sandbox is the one who calls.
  var isCallback: Bool { self == .check || self == .result }

  /// Whether it moves money that was paid already.
  var isOperation: Bool { self == .capture || self == .cancel || self == .refund }
}

/// What goes wrong. Most strike the message on its way; four the operation itself: `fail` (the bank refuses it), `fail_later` (accepted, but
/// the bank refuses it after a while), `pending` (it takes a while), `invisible` (done, but no status call shows it for a while).
enum FaultKind: String, Codable, Sendable {
  /// What a fault strikes. A call may meet one of each.
  enum Layer: Sendable {
    case message
    case outcome
  }

  case drop
  case delay
  case duplicate
  case reorder
  case timeoutBeforeAccept = "timeout_before_accept"
  case timeoutAfterAccept = "timeout_after_accept"
  case slowDrip = "slow_drip"
  case badSignature = "bad_signature"
  case unsigned
  case wrongAmount = "wrong_amount"
  case wrongID = "wrong_id"
  case html
  case truncated
  case http401 = "http_401"
  case http404 = "http_404"
  case http500 = "http_500"
  case pending
  case fail
  case failLater = "fail_later"
  case invisible

  var layer: Layer {
    switch self {
    case .pending, .fail, .failLater, .invisible: .outcome
    default: .message
    }
  }

  /// The status that takes the place of the real one.
  var httpStatus: Int? {
    switch self {
    case .http401: 401
    case .http404: 404
    case .http500: 500
    default: nil
    }
  }

  /// Whether the call is not carried out at all.
  var isBeforeAccept: Bool {
    self == .drop || self == .timeoutBeforeAccept || httpStatus != nil
  }

  /// How long the fault waits where the rule does not say, in milliseconds: longer than a client of 20 s waits, or just noticeable.
  var defaultDelay: Int {
    switch self {
    case .timeoutBeforeAccept, .timeoutAfterAccept: 30_000
    case .slowDrip: 3_000
    default: 1_000
    }
  }

  /// How long an operation is pending or not to be seen where the rule does not say, in virtual milliseconds: ten minutes.
  static let defaultAfter: Int64 = 600_000
}

/// One rule of `POST /control/faults`: at `on`, after `skip` calls, `times` times, with `percent` chance each.
struct FaultRule: Codable, Equatable, Sendable {
  var on: FaultPoint
  var fault: FaultKind
  /// How often it strikes; 1 where nothing is said.
  var times: Int?
  /// Matching calls that pass before it begins.
  var skip: Int?
  /// Chance in a hundred, decided by the seed.
  var percent: Int?
  /// How long delay, slow_drip, reorder and the timeouts wait.
  var delayMilliseconds: Int?
  /// How long pending, fail_later and invisible last by the virtual clock, such as `30m`; ten minutes where nothing is said.
  var after: String?

  enum CodingKeys: String, CodingKey {
    case on, fault, times, skip, percent, after
    case delayMilliseconds = "delay_ms"
  }

  /// Why the rule cannot be followed, or nil.
  var objection: String? {
    guard (1...1_000_000).contains(times ?? 1) else { return "times is 1 to 1000000" }
    guard (0...1_000_000).contains(skip ?? 0) else { return "skip is 0 to 1000000" }
    guard (1...100).contains(percent ?? 100) else { return "percent is 1 to 100" }
    guard (0...SandboxLimits.faultDelay).contains(delayMilliseconds ?? 0) else { return "delay_ms is 0 to \(SandboxLimits.faultDelay)" }
    if after != nil {
      guard let lasting, (0...SandboxLimits.faultAfter).contains(lasting) else {
        return "after is a number with ms, s, m, h or d, at most 30d"
      }
    }
    let isPossible =
      switch fault {
      case .reorder: on == .result
      case .wrongAmount: on.isCallback || on == .status || on == .capture
      case .pending, .fail, .failLater, .invisible: on.isOperation
      case .slowDrip: !on.isCallback
      default: true
      }
    return isPossible ? nil : "\(fault.rawValue) cannot happen on \(on.rawValue)"
  }

  /// `after` in virtual milliseconds.
  var lasting: Int64? { after.flatMap(ControlMessages.duration)?.milliseconds }
}

/// A fault that strikes now.
struct Fault: Equatable, Sendable {
  var kind: FaultKind
  /// Milliseconds.
  var delay: Int
  /// Virtual milliseconds that the fault of an operation lasts.
  var after = FaultKind.defaultAfter
}

/// Decides which calls go wrong. The same seed and rules give the same faults for the same order of calls.
struct FaultEngine: Sendable {
  private struct Loaded: Sendable {
    var rule: FaultRule
    var skip: Int
    var left: Int
  }

  private var random: SplitMix64
  private var rules: [Loaded] = []

  init(seed: UInt64) {
    random = SplitMix64(state: seed)
  }

  /// Forgets the rules that stood before.
  mutating func load(_ new: [FaultRule], seed: UInt64) {
    random = SplitMix64(state: seed)
    rules = new.map { Loaded(rule: $0, skip: $0.skip ?? 0, left: $0.times ?? 1) }
  }

  /// The fault of this call in that layer: the first rule that has one for it. Every rule for the point and layer counts the call.
  mutating func take(for point: FaultPoint, _ layer: FaultKind.Layer = .message) -> Fault? {
    var taken: Fault?
    for index in rules.indices where rules[index].rule.on == point && rules[index].rule.fault.layer == layer && rules[index].left > 0 {
      if rules[index].skip > 0 {
        rules[index].skip -= 1
        continue
      }
      let strikes = random.next() % 100 < UInt64(rules[index].rule.percent ?? 100)
      guard strikes, taken == nil else { continue }
      rules[index].left -= 1
      let kind = rules[index].rule.fault
      taken = Fault(
        kind: kind, delay: rules[index].rule.delayMilliseconds ?? kind.defaultDelay,
        after: rules[index].rule.lasting ?? FaultKind.defaultAfter)
    }
    return taken
  }
}

/// A small generator whose numbers follow from its seed alone (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators").
struct SplitMix64: RandomNumberGenerator, Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
