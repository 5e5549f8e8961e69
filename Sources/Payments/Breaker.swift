/// Lets an endpoint rest that fails whatever it is sent: a rest costs no delivery its tries, and after it one delivery goes alone to see.
package struct Breaker: Hashable, Sendable {
  /// So many tries in a row that came to nothing are the endpoint's fault, not one event's.
  package static let patience = 5
  /// The first rest; each further failure doubles it.
  package static let firstRest = Duration.seconds(30)
  /// An endpoint that is back is found within this time.
  package static let longestRest = Duration.minutes(5)

  /// Tries in a row that came to nothing.
  package var failures: Int
  package var restsUntil: Timestamp?

  package init(failures: Int = 0, restsUntil: Timestamp? = nil) {
    self.failures = failures
    self.restsUntil = restsUntil
  }

  /// After a try.
  package func after(success: Bool, at now: Timestamp) -> Breaker {
    guard !success else { return Breaker() }
    let failures = min(failures, 1_000_000) + 1
    guard failures >= Self.patience else { return Breaker(failures: failures) }
    let doublings = min(failures - Self.patience, 10)
    return Breaker(failures: failures, restsUntil: now + min(Self.firstRest * (1 << doublings), Self.longestRest))
  }

  /// How many deliveries may go now.
  package func room(of limit: Int, at now: Timestamp) -> Int {
    if let restsUntil, restsUntil > now { return 0 }
    return failures >= Self.patience ? min(1, limit) : limit
  }
}
