package import Payments

/// How long each kind of what only grows is kept. What moves money is not among it: links, payments and operations stay for ever, since a link holds its order's
/// place, and a payment's number is how its late report is known.
package struct Retention: Hashable, Sendable {
  /// In the order in which they are taken away: tries before the events that they are about.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The acquirer's messages as they came.
    case messages
    /// Tries at endpoints.
    case attempts
    /// The answer memory.
    case answers
    case idempotencyKeys = "idempotency_keys"
    /// Events with their deliveries.
    case events
    case orphans
  }

  package var messages: Duration? = .days(400)
  package var attempts: Duration? = .days(90)
  package var answers: Duration? = .days(30)
  package var idempotencyKeys: Duration? = .days(8)
  package var events: Duration? = .days(400)
  package var orphans: Duration? = .days(400)

  package init() {}

  /// nil is for ever.
  package subscript(kind: Kind) -> Duration? {
    get { self[keyPath: Self.path(kind)] }
    set { self[keyPath: Self.path(kind)] = newValue }
  }

  private static func path(_ kind: Kind) -> WritableKeyPath<Retention, Duration?> {
    switch kind {
    case .messages: \.messages
    case .attempts: \.attempts
    case .answers: \.answers
    case .idempotencyKeys: \.idempotencyKeys
    case .events: \.events
    case .orphans: \.orphans
    }
  }

  /// What correctness needs: a shorter time is refused.
  package static func least(_ kind: Kind) -> Duration {
    switch kind {
    // A month's disputes can be shown what came.
    case .messages: .days(30)
    // The tries of one delivery take 76 hours.
    case .attempts: .days(4)
    // The acquirer repeats a result for two hours; a day leaves room for clocks and for a queue in between.
    case .answers: .days(1)
    // What the API promises (design §4.3), and `ReserveLink` reads.
    case .idempotencyKeys: .days(8)
    // A shop that was away for weeks still finds all that happened; far more than the 76 hours of tries.
    case .events: .days(30)
    case .orphans: .days(30)
    }
  }

  /// What is older may go.
  func limit(_ kind: Kind, at now: Timestamp) -> Timestamp? { self[kind].map { now - $0 } }
}

/// What was taken away of a kind, or would be.
package struct Pruned: Hashable, Sendable {
  package var kind: Retention.Kind
  /// What is older than this; nil where the kind is kept for ever.
  package var before: Timestamp?
  package var count: Int
  /// Whether there is more of it: the count is a bound then, or the run ended at its own.
  package var hasMore: Bool
}
