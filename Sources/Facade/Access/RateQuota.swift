package import Payments

/// So many requests in so much time. All of them may come at once; then they come back one by one, evenly.
package struct RateQuota: Hashable, Sendable {
  package let requests: Int
  package let window: Duration

  /// - Parameter text: `50/s`, `600/m`, `5000/h`; a number alone is by second.
  package init(_ text: String) throws(InvalidValue) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let windows: [Substring: Duration] = ["s": .seconds(1), "m": .seconds(60), "h": .seconds(3600)]
    guard parts.count <= 2, (1...7).contains(parts[0].utf8.count), parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let requests = Int(parts[0]), requests > 0, let window = windows[parts.count == 2 ? parts[1] : "s"]
    else { throw InvalidValue("must be requests by second, minute or hour: 50/s, 600/m or 5000/h") }
    self.requests = requests
    self.window = window
  }
}

/// What is left to one caller after a request.
struct RateStanding: Hashable, Sendable {
  var isAllowed: Bool
  var left: Int
  /// Until all of it is there again.
  var full: Duration
  /// Until the next request is let in; zero while one is.
  var wait: Duration
}

/// The bucket of one caller: only the instant at which it is full again (GCRA, ITU-T I.371 annex A: the theoretical arrival time).
struct RateBucket: Sendable {
  /// Nanoseconds of the rate's clock.
  private var fullAt: UInt64 = 0

  mutating func take(_ quota: RateQuota, now: UInt64) -> RateStanding {
    let window = UInt64(quota.window.components.seconds) * 1_000_000_000
    let step = window / UInt64(quota.requests)
    let next = max(fullAt, now) + step
    let debt = next - now
    guard debt <= window else {
      return RateStanding(isAllowed: false, left: 0, full: .nanoseconds(Int64(debt - step)), wait: .nanoseconds(Int64(debt - window)))
    }
    fullAt = next
    return RateStanding(isAllowed: true, left: Int((window - debt) / step), full: .nanoseconds(Int64(debt)), wait: .zero)
  }
}
