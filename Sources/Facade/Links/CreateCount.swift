import Payments

/// How a create ended, for counting.
package enum CreateCount: String, Sendable {
  case created, pending, replayed, refused, conflict
  case notSent = "not_sent"
  /// The books failed.
  case failed

  init(_ outcome: CreateLink.Outcome) {
    self =
      switch outcome {
      case .created: .created
      case .pending: .pending
      case .replayed: .replayed
      case .refused(_, let isReplay): isReplay ? .replayed : .refused
      case .keyReused, .inProgress: .conflict
      case .notSent: .notSent
      }
  }
}
