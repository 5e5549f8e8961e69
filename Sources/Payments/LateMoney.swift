/// What becomes of money that comes after the link ended (design §5).
package enum LateMoney: String, Hashable, Sendable, Codable, CaseIterable {
  /// The link completes.
  case accept
  /// Refused where the acquirer still hears a no; what cannot be refused any more is held.
  case reject
  /// Given back by itself.
  case refund
  /// A person looks at it.
  case hold
}

/// A merchant's choice about late money.
package struct LateMoneyPolicy: Hashable, Sendable {
  package var choice: LateMoney
  /// Only says what it would do: the money is held for a person.
  package var isDryRun: Bool

  package init(_ choice: LateMoney, isDryRun: Bool = false) {
    self.choice = choice
    self.isDryRun = isDryRun
  }

  /// What is done.
  package var effective: LateMoney { isDryRun ? .hold : choice }
}
