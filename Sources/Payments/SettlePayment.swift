package import Logging

/// Applies a report to its link, once, in one transaction: the one door for every truth, whether a callback or Reconcile brought it.
package struct SettlePayment: Sendable {
  let store: any Store
  let merchants: Merchants
  let clock: any WallClock
  let timing: Timing
  let logger: Logger

  package init(store: any Store, merchants: Merchants, clock: any WallClock, timing: Timing = .init(), logger: Logger) {
    self.store = store
    self.merchants = merchants
    self.clock = clock
    self.timing = timing
    self.logger = logger
  }

  package struct Outcome: Sendable {
    /// For a callback: what to answer.
    package var verdict: Verdict
    package var reading: MessageRecord.Reading
    /// The link as it stands now, where one was found.
    package var link: PaymentLink?
    /// Where money came too late just now: what the merchant's policy says about it.
    package var lateMoney: LateMoneyPolicy?
  }

  /// - Throws: when nothing was stored; a callback is then answered 503, so that it comes again.
  package func callAsFunction(_ report: Report) async throws(StoreError) -> Outcome {
    guard let merchant = merchants[report.merchant] else { preconditionFailure("a report names a merchant that is configured") }
    let outcome = try await store.perform(Settle(report: report, now: clock.now(), policy: merchant.lateMoney, timing: timing))
    var metadata: Logger.Metadata = [
      "merchant": "\(report.merchant)", "source": "\(report.source.rawValue)", "reported": "\(report.status.rawValue)",
      "reading": "\(outcome.reading.rawValue)", "verdict": "\(outcome.verdict.word)",
    ]
    if let payment = report.paymentID { metadata["payment"] = "\(payment)" }
    if let link = outcome.link {
      metadata["link"] = "\(link.id)"
      metadata["status"] = "\(link.status.rawValue)"
    }
    let level: Logger.Level = [.anomaly, .orphan, .unconfirmed].contains(outcome.reading) ? .warning : .info
    logger.log(level: level, "report settled", metadata: metadata)
    if let policy = outcome.lateMoney {
      metadata = metadata.filter { ["merchant", "payment", "link"].contains($0.key) }
      metadata["policy"] = "\(policy.choice.rawValue)"
      metadata["done"] = "\(policy.isDryRun ? "nothing: dry run, held for a person" : outcome.lateMoneyDone)"
      logger.warning("late money", metadata: metadata)
    }
    return outcome
  }
}

extension SettlePayment.Outcome {
  /// What was done about late money, in a word for the log.
  fileprivate var lateMoneyDone: String {
    if case .reject = verdict { return "reject" }
    guard lateMoney?.effective == .refund, link?.operations.contains(where: { $0.status == .requested }) ?? false else {
      return link?.status == .completed ? "accept" : "hold"
    }
    return "refund"
  }
}
