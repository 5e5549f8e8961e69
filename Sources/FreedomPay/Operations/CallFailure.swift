import HTTPClient
import Payments

/// Why a call brought no success. What follows from it stands in `SafeRetry`.
struct CallFailure: Sendable {
  let phase: SafeRetry.Phase
  /// For the log; holds no value of the answer.
  let why: String
  /// The acquirer's error, where it can be believed.
  var error: ErrorCode?
  /// The same in the domain's words.
  var refusal: AcquirerRefusal?
  /// How it comes that nothing was sent, where that is proven.
  var notSent: NotSent?

  /// An answer that tells nothing.
  init(_ phase: SafeRetry.Phase, why: String) {
    self.phase = phase
    self.why = why
  }

  /// An error that can be believed.
  init(_ error: ErrorCode, description: String) {
    phase = error.phase(description: description)
    why = "error \(error.code): \(error.meaning)"
    self.error = error
    refusal = AcquirerRefusal(error, description: description)
  }

  /// A call without an answer. How far a lost connection or an expired time let it come is not known: the earlier phase that is sure.
  init(_ error: HTTPClientError) {
    why = "\(error.code): \(error.detail)"
    switch (error.code, error.mayHaveBeenSent) {
    case (.answerTooLarge, _), (.malformedAnswer, _): phase = .afterHeaders
    case (_, true): phase = .afterSend
    case (.tls, false): phase = .afterConnect
    case (_, false): phase = .beforeConnect
    }
    if phase == .beforeConnect || phase == .afterConnect {
      if case .overloaded = error.code { notSent = .overloaded } else { notSent = .unreachable(why) }
    }
  }

  func step(of call: SafeRetry.Call) -> SafeRetry.Step { SafeRetry.step(call, after: phase) }
}

extension CallFailure {
  /// What it means for a page.
  var pageAnswer: PageAnswer {
    switch (step(of: .page), refusal, notSent) {
    case (.retry, _, let notSent?): .notSent(notSent)
    case (.retry, let refusal?, nil), (.person, let refusal?, _): .refused(refusal.with(step(of: .page)))
    default: .unknown(why)
    }
  }

  /// What it means for a capture, cancel or refund.
  func operationAnswer(_ kind: Operation.Kind) -> OperationAnswer {
    switch (step(of: SafeRetry.Call(kind)), refusal, notSent) {
    case (.retry, _, let notSent?): .notSent(notSent)
    case (.person, let refusal?, _): .refused(refusal.with(.person))
    case (.ask, let refusal?, _) where phase == .wrongState: .wrongState(refusal)
    default: .unknown(why)
    }
  }
}

extension AcquirerRefusal {
  fileprivate func with(_ step: NextStep) -> AcquirerRefusal {
    var refusal = self
    refusal.next = step
    return refusal
  }
}

extension SafeRetry.Call {
  init(_ kind: Operation.Kind) {
    switch kind {
    case .capture: self = .capture
    case .cancel: self = .cancel
    case .refund: self = .refund
    }
  }
}
