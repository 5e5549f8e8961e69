package import Logging

/// Answers the acquirer's question whether a payment may be taken. Each check is stored and decided afresh (design §1, Answer memory).
package struct CheckPayment: Sendable {
  let store: any Store
  let clock: any WallClock
  let timing: Timing
  let logger: Logger

  package init(store: any Store, clock: any WallClock, timing: Timing = .init(), logger: Logger) {
    self.store = store
    self.clock = clock
    self.timing = timing
    self.logger = logger
  }

  /// - Throws: when the check could not be stored; the caller then refuses.
  package func callAsFunction(_ report: Report) async throws(StoreError) -> Verdict {
    let verdict = try await store.perform(DecideCheck(report: report, now: clock.now(), timing: timing))
    logger.info(
      "check answered",
      metadata: ["merchant": "\(report.merchant)", "payment": "\(report.paymentID?.description ?? "-")", "verdict": "\(verdict.word)"])
    return verdict
  }
}

extension Verdict {
  /// The verdict's kind, for logs and metrics.
  package var word: String {
    switch self {
    case .accept: "accept"
    case .reject: "reject"
    case .error: "error"
    }
  }
}
