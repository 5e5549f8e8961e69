import FoundationEssentials
import Synchronization

/// The sandbox's time: the machine's, moved forward by whoever drives a test (`POST /control/clock`).
///
/// Expiry, automatic capture and the repeats of callbacks go by it. It never goes back. May be used from any thread.
package final class SandboxClock: Sendable {
  private let real: @Sendable () -> Int64
  private let shift = Mutex<Duration>(.zero)

  /// `real` gives milliseconds since 1970; tests may hand in a time that stands still.
  package init(real: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }) {
    self.real = real
  }

  /// Milliseconds since 1970-01-01 00:00 UTC.
  package func now() -> Int64 {
    real() + offset.milliseconds
  }

  /// Moves the time forward; a negative step is left out.
  package func advance(by step: Duration) {
    guard step > .zero else { return }
    shift.withLock { $0 += step }
  }

  /// How far the virtual time is ahead of the machine's.
  package var offset: Duration {
    shift.withLock { $0 }
  }
}

extension Duration {
  /// Whole milliseconds, rounded down.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}

/// How Freedom Pay writes a time.
struct SandboxTime {
  /// Milliseconds since 1970-01-01 00:00 UTC.
  var milliseconds: Int64

  /// `2024-11-28 15:44:53`: pg_payment_date and pg_create_date, local to the region and without a zone (catalogue §2.4).
  func local(zone: Duration) -> String {
    let (date, time) = text(offset: zone)
    return "\(date) \(time)"
  }

  /// `2024-11-28T10:44:55+00:00`: pg_datetime.
  var iso8601: String {
    let (date, time) = text(offset: .zero)
    return "\(date)T\(time)+00:00"
  }

  private func text(offset: Duration) -> (date: String, time: String) {
    let seconds = (milliseconds + offset.milliseconds) / 1000
    let (days, rest) = (seconds / 86_400, seconds % 86_400)
    let (year, month, day) = Self.civil(days: days)
    return ("\(year)-\(Self.two(month))-\(Self.two(day))", "\(Self.two(rest / 3600)):\(Self.two(rest / 60 % 60)):\(Self.two(rest % 60))")
  }

  /// Days since 1970-01-01 as a date of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"); from 1970 on.
  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func two(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
