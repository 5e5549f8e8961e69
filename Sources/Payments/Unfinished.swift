/// Business that has not come to its end, for the operator's gauges (issue 3, "oldest age per status").
package struct Unfinished: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case link, payment, operation
  }

  package var kind: Kind
  /// The word of its status, such as `creating`, `unknown` or `sent`.
  package var status: String
  /// When the oldest came to it, as near as the books know: a link when it was made, a payment when it last changed, an operation when it was
  /// asked for. nil where there is none.
  package var since: Timestamp?

  package init(kind: Kind, status: String, since: Timestamp?) {
    self.kind = kind
    self.status = status
    self.since = since
  }

  /// What is watched: whatever should pass by itself, and what waits for a person.
  package static let watched: [(kind: Kind, status: String)] =
    [LinkStatus.creating, .active].map { (.link, $0.rawValue) }
    + [PaymentStatus.authorized, .unknown].map { (.payment, $0.rawValue) }
    + [Operation.Status.requested, .sent, .unknown].map { (.operation, $0.rawValue) }
    + [(.link, LinkStatus.review.rawValue)]
}
