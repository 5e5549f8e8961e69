/// When an event is sent again (design §4.5): at once, then after 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h; ten tries in about three days.
package enum DeliverySchedule {
  /// What stands between one try and the next.
  package static let waits: [Duration] = [
    .seconds(5), .minutes(5), .minutes(30), .hours(2), .hours(5), .hours(10), .hours(14), .hours(20), .hours(24),
  ]
  /// A wait is longer by up to this part of it, so that what failed together does not come back together.
  package static let jitter = 0.1
  /// The longest that an endpoint may ask us to wait: as long as our own longest.
  package static let longestRetryAfter = Duration.hours(24)

  package enum Next: Hashable, Sendable {
    case delivered
    case again(at: Timestamp)
    case dead
  }

  /// - Parameters:
  ///   - tries: how many were made, this one included.
  ///   - chance: 0 to 1.
  package static func next(after attempt: DeliveryAttempt, tries: Int, retryAfter: Duration?, at now: Timestamp, chance: Double) -> Next {
    if attempt.isDelivered { return .delivered }
    guard tries >= 1, tries <= waits.count else { return .dead }
    let wait = waits[tries - 1]
    let jittered = wait + .milliseconds(Int64(Double(wait.wholeMilliseconds) * jitter * min(max(chance, 0), 1)))
    return .again(at: now + max(jittered, min(retryAfter ?? .zero, longestRetryAfter)))
  }
}
