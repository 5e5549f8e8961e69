import HTTPServer
import Payments

/// What the use cases' ends are to the caller (design §4.3, §4.4).
extension Problem {
  /// How long to wait before the same is tried again: nothing was written or sent, and the trouble is of some seconds.
  private static let databaseRetry = Duration.seconds(5)
  private static let acquirerRetry = Duration.seconds(10)
  private static let overloadRetry = Duration.seconds(1)

  init(_ error: StoreError) {
    switch error.code {
    case .unavailable:
      self.init(.databaseUnavailable, "Nothing was done; try again.")
      retryAfter = Self.databaseRetry
    case .outcomeUnknown:
      self.init(.databaseUnavailable, "Nobody knows whether it was written; try again with the same Idempotency-Key.")
      retryAfter = Self.databaseRetry
    case .overloaded:
      self.init(.http(.overloaded), "Too many requests wait; nothing was done.")
      retryAfter = Self.overloadRetry
    case .corrupt: self.init(.http(.internalError), "What is stored cannot be read.")
    }
  }

  init(_ refusal: Refusal) {
    switch refusal {
    case .orderHasLink(let id, let status):
      self.init(.orderHasLink, "The order has the link \(id), which is \(status.rawValue).")
      link = (id, status)
    case .wrongState(let status): self.init(.wrongState, "The link is \(status.rawValue).")
    case .amountExceedsCaptured(let left):
      self.init(.amountExceedsCaptured, "At most \(left) minor units can be given back.")
    case .amountExceedsAuthorized(let left):
      self.init(.amountExceedsAuthorized, "At most \(left) minor units can be captured.")
    case .acquirerRefused(let refusal):
      self.init(.acquirerRefused, "The acquirer refused the order with code \(refusal.code).")
      upstream = (refusal.code, refusal.description)
      isRetryable = refusal.next == .retry
    case .acquirerMisconfigured(let refusal):
      self.init(.acquirerMisconfigured, "The acquirer answered code \(refusal.code); the gateway's operator must look at it.")
      upstream = (refusal.code, refusal.description)
      isRetryable = refusal.next == .retry
    }
  }

  /// A capture or cancel that moved nothing.
  init(failed operation: Operation, of link: PaymentLink) {
    let failure = operation.failure ?? Failure(code: "unknown", message: "")
    switch failure.code {
    // Our own word: the payment had another status when its turn came.
    case "wrong_state": self.init(.wrongState, "The payment could not be changed: \(failure.message).")
    default:
      self.init(.acquirerRefused, "The acquirer refused the \(operation.kind.rawValue) with code \(failure.code).")
      upstream = (failure.code, failure.message)
    }
  }

  init(_ notSent: NotSent) {
    switch notSent {
    case .unreachable:
      self.init(.acquirerUnreachable, "Nothing was sent; try again.")
      retryAfter = Self.acquirerRetry
    case .overloaded:
      self.init(.http(.overloaded), "Too many calls to the acquirer are under way; nothing was sent.")
      retryAfter = Self.overloadRetry
    }
  }

  static let keyReused = Problem(.idempotencyKeyReused, "This Idempotency-Key came with another route or body before.")

  static func inProgress(retryAfter: Duration) -> Problem {
    var problem = Problem(.inProgress, "The first request with this Idempotency-Key is not answered yet.")
    problem.retryAfter = retryAfter
    return problem
  }

  init(faults: [TermsFault]) {
    self.init(
      faults: faults.map { fault in
        FieldFault(pointer: fault.pointer, code: fault.kind == .unsupported ? .unsupported : .invalid, detail: fault.detail)
      })
  }
}
