import Logging
import Payments
import Sandbox
import Storage
import Synchronization

/// What one seed decides, and what came of it: chance, the virtual clock, the log of steps, the books, and the processes on them.
///
/// Everything runs one after the other; what happens "at the same time" happens nested, at a named point inside something else. So the same
/// seed gives the same run.
final class World: Sendable {
  /// How a run is: stormy while links are made and paid, then calm, so that everything can come to its end.
  private struct State {
    var chance: Chance
    var isStormy = true
    var killsLeft: Int
    /// The points at whose next passing the process dies for certain.
    var targets: Set<String>
    /// What is done at the same time as something else; never two deep.
    var isMeanwhile = false
    var lines: [String] = []
    var faults: [String] = []
    var reached: [String: Int] = [:]
    var books: SQLiteStore?
    var lives: [Life] = []
    var born = 0
    var takenOver = 0
    /// Callbacks that were answered ok, by payment and kind.
    var acknowledged: [Message: Int] = [:]
    /// Captures, cancels and refunds that left, by payment.
    var sent: [Message: Int] = [:]
    /// Idempotency keys that pages were asked for with, by order.
    var keys: [String: Set<String>] = [:]
  }

  struct Message: Hashable, Sendable {
    var payment: Int64
    var kind: String
  }

  let seed: UInt64
  let clock: SandboxClock
  let isVerbose: Bool
  private let state: Mutex<State>
  private let start: Int64 = 1_795_435_200_000
  private let deeds = Mutex<(any: @Sendable () async -> Void, betweenCheckAndPayment: @Sendable () async -> Void)?>(nil)

  init(seed: UInt64, isVerbose: Bool) {
    self.seed = seed
    self.isVerbose = isVerbose
    let start = start
    clock = SandboxClock(real: { start })
    var chance = Chance(seed: seed)
    // Every fourth seed has no kills. The others die at certain points, in turn, and here and there by chance.
    let isSafe = seed.isMultiple(of: 4)
    let kills = isSafe ? 0 : Int.random(in: 0...4, using: &chance)
    let points = KillPoint.all.count
    let targets = (0..<6).map { KillPoint.all[(Int(seed % UInt64(points)) + $0 * 8) % points] }
    state = Mutex(State(chance: chance, killsLeft: kills, targets: isSafe ? [] : Set(targets)))
  }

  // MARK: - Chance

  func pick(_ range: ClosedRange<Int>) -> Int { state.withLock { Int.random(in: range, using: &$0.chance) } }
  func pick<Value>(_ values: [Value]) -> Value { values[pick(0...values.count - 1)] }
  /// Out of a hundred.
  func happens(_ percent: Int) -> Bool { pick(1...100) <= percent }
  /// The same, in a storm only.
  func strikes(_ percent: Int) -> Bool { isStormy && happens(percent) }

  var isStormy: Bool { state.withLock { $0.isStormy } }
  func calm() { state.withLock { $0.isStormy = false } }

  // MARK: - Kills

  /// A point between two steps. The process may die here, and something else may happen meanwhile.
  func kills(at point: String) -> Bool {
    state.withLock { state in
      state.reached[point, default: 0] += 1
      guard state.isStormy else { return false }
      let isTarget = state.targets.remove(point) != nil
      guard isTarget || (state.killsLeft > 0 && Int.random(in: 1...100, using: &state.chance) <= 3) else { return false }
      if !isTarget { state.killsLeft -= 1 }
      state.reached["† \(point)", default: 0] += 1
      return true
    }
  }

  var reached: [String: Int] { state.withLock { $0.reached } }

  // MARK: - Processes

  /// In two of five runs two processes share the books and the work.
  var processes: Int { seed % 5 < 2 ? 2 : 1 }

  var books: SQLiteStore? {
    get { state.withLock { $0.books } }
    set { state.withLock { $0.books = newValue } }
  }

  var lives: [Life] {
    get { state.withLock { $0.lives } }
    set { state.withLock { $0.lives = newValue } }
  }

  /// Whom the balancer sends it to.
  var living: Life? {
    let living = lives.filter { !$0.isDead }
    return living.count > 1 ? pick(living) : living.first
  }

  /// A name that no process had before.
  func newName() -> String {
    state.withLock { state in
      state.born += 1
      return "life-\(state.born)"
    }
  }

  /// What may happen at the same time as something else.
  func allow(_ deed: @escaping @Sendable () async -> Void, betweenCheckAndPayment: @escaping @Sendable () async -> Void) {
    deeds.withLock { $0 = (deed, betweenCheckAndPayment) }
  }

  func meanwhile() async {
    guard strikes(5), let deeds = deeds.withLock({ $0 }) else { return }
    await meanwhile(deeds.any)
  }

  /// The payer has been let to pay and has not paid yet: the moment in which most can go wrong.
  func betweenCheckAndPayment() async {
    guard strikes(20), let deeds = deeds.withLock({ $0 }) else { return }
    await meanwhile(deeds.betweenCheckAndPayment)
  }

  private func meanwhile(_ deed: @Sendable () async -> Void) async {
    let isFree = state.withLock { state in
      defer { state.isMeanwhile = true }
      return !state.isMeanwhile
    }
    guard isFree else { return }
    note("  meanwhile:")
    await deed()
    state.withLock { $0.isMeanwhile = false }
  }

  // MARK: - What came of it

  func note(_ line: String) {
    let time = (clock.now() - start) / 1000
    let text = "\(time / 86_400)d \(time / 3600 % 24):\(time / 60 % 60):\(time % 60) \(line)"
    state.withLock { $0.lines.append(text) }
    if isVerbose { print(text) }
  }

  func violation(_ text: String) {
    note("!! \(text)")
    state.withLock { $0.faults.append(text) }
  }

  var lines: [String] { state.withLock { $0.lines } }
  var violations: [String] { state.withLock { $0.faults } }

  func acknowledge(_ callback: Message) { state.withLock { $0.acknowledged[callback, default: 0] += 1 } }
  var acknowledged: [Message: Int] { state.withLock { $0.acknowledged } }

  func takenOver(_ work: SharedWork) {
    note("  \(work.word) taken over")
    state.withLock { $0.takenOver += 1 }
  }
  /// Pieces of work that were found under a lease that lapsed.
  var takenOver: Int { state.withLock { $0.takenOver } }

  func left(_ operation: Message) { state.withLock { $0.sent[operation, default: 0] += 1 } }
  func sent(_ kind: String, of payment: Int64) -> Int { state.withLock { $0.sent[.init(payment: payment, kind: kind)] ?? 0 } }

  func asked(order: String, key: String) { state.withLock { _ = $0.keys[order, default: []].insert(key) } }
  func keys(of order: String) -> Set<String> { state.withLock { $0.keys[order] ?? [] } }
}

/// The gateway's clock is the sandbox's.
struct WorldClock: WallClock {
  let sandbox: SandboxClock

  func now() -> Timestamp { Timestamp(milliseconds: sandbox.now()) }
}

/// The points between two steps at which a process can die.
enum KillPoint {
  static func beforeStore(_ unit: String) -> String { "before store \(unit)" }
  static func afterStore(_ unit: String) -> String { "after store \(unit)" }
  static func beforeSend(_ call: String) -> String { "before send \(call)" }
  static func afterSend(_ call: String) -> String { "after send, before answer \(call)" }
  static func afterAnswer(_ call: String) -> String { "after answer \(call)" }
  static func callbackIn(_ kind: String) -> String { "callback in \(kind)" }
  static func callbackOut(_ kind: String) -> String { "callback decided, before answer \(kind)" }

  /// Of work on the schedule.
  static let lease = "Lease"

  static let units = [
    "ReserveLink", "RecordOpening", "ClaimOpening", "RequestOperation", "ClaimOperation", "RecordOperation", "Settle", "DecideCheck",
    "DecideCancel", "DecideAccept", "ClaimLook", "ClaimAsking", "ExpireLink", "NoteSeen", lease,
  ]
  static let calls = ["page", "status", "capture", "cancel", "refund"]
  static let callbacks = ["check", "result"]

  static let all =
    units.flatMap { [beforeStore($0), afterStore($0)] } + calls.flatMap { [beforeSend($0), afterSend($0), afterAnswer($0)] }
    + callbacks.flatMap { [callbackIn($0), callbackOut($0)] }

  /// How often a process dies there: what is passed seldom is worth more.
  static func percent(of point: String) -> Int {
    if point.hasSuffix("Accept") { return 30 }
    return ["capture", "cancel", "refund", "Operation"].contains { point.hasSuffix($0) } ? 10 : 1
  }

  /// What a call is, by its path.
  static func call(_ path: String) -> String {
    switch path.split(separator: "/").last {
    case "any_amount", "payment_page", "any_amount.php", "init_payment.php": "page"
    case "status_v2", "get_status3.php": "status"
    case "clearing", "do_capture.php": "capture"
    case "cancel", "cancel.php": "cancel"
    case "refund", "revoke.php": "refund"
    default: path
    }
  }
}
