/// The result calls that are still to be made, by the virtual clock.
///
/// A result that met no HTTP 200 is repeated every 30 minutes for 2 hours, even past the page's lifetime (protocol §4.3): four repeats.
struct CallbackSchedule: Sendable {
  /// A result call that waits for its time.
  struct Due: Sendable {
    var payment: Int64
    /// When, in virtual milliseconds.
    var at: Int64
    /// Repeats after this one.
    var repeatsLeft: Int
    /// The first delivery of all (a fault held it back), in whose answer the shop may still refuse.
    var isFirst: Bool
  }

  static let interval: Int64 = 30 * 60_000
  static let repeats = 4

  private var waiting: [Due] = []
  private(set) var isUnderWay = 0

  var next: Int64? { waiting.map(\.at).min() }

  mutating func add(_ due: Due) { waiting.append(due) }

  /// The repeats of a result whose first delivery failed at `now`.
  mutating func addRepeats(of payment: Int64, after now: Int64) {
    add(Due(payment: payment, at: now + Self.interval, repeatsLeft: Self.repeats - 1, isFirst: false))
  }

  /// The next delivery whose time has come, in the order of time; it counts as under way until `finish`.
  mutating func take(at now: Int64) -> Due? {
    guard let index = waiting.indices.filter({ waiting[$0].at <= now }).min(by: { waiting[$0].at < waiting[$1].at }) else { return nil }
    isUnderWay += 1
    return waiting.remove(at: index)
  }

  /// After a delivery: where it failed, the next repeat stands half an hour after the time that this one was due.
  mutating func finish(_ due: Due, isDelivered: Bool) {
    isUnderWay -= 1
    guard !isDelivered else { return }
    if due.isFirst { return addRepeats(of: due.payment, after: due.at) }
    guard due.repeatsLeft > 0 else { return }
    add(Due(payment: due.payment, at: due.at + Self.interval, repeatsLeft: due.repeatsLeft - 1, isFirst: false))
  }
}
