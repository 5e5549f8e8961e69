/// The acquirer as the domain sees it. Every answer is a value; a call never throws, since "nobody knows" is an answer too.
package protocol Acquirer: Sendable {
  /// What this merchant's family cannot do with such an order: every fault at once, by JSON pointer into the create body.
  func faults(in terms: LinkTerms, order: OrderID) -> [TermsFault]
  /// The longest that one call may take.
  var callLimit: Duration { get }
  /// The longest that one page can be paid.
  var longestPageLife: Duration { get }
  /// The shortest that one page can be asked to live.
  var shortestPageLife: Duration { get }
  /// Opens the hosted page of a link. The same `idempotencyKey` gives the same page again.
  func openPage(_ request: PageRequest) async -> PageAnswer
  /// Captures, cancels or refunds. Sent once; what does not come back clearly is unknown.
  func operate(_ request: OperationRequest) async -> OperationAnswer
  /// Asks what became of a payment.
  /// - Parameter limit: the longest that the call may take, if shorter than `callLimit`.
  func status(_ query: StatusQuery, within limit: Duration) async -> StatusAnswer
}

extension Acquirer {
  /// As short as a link may live itself (design §4.4).
  package var shortestPageLife: Duration { .seconds(300) }
}

/// A member of a create body that the acquirer, or the merchant's family of it, cannot serve.
package struct TermsFault: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The value is wrong for this acquirer.
    case invalid
    /// The acquirer has no such thing.
    case unsupported
  }

  package var pointer: String
  package var kind: Kind
  package var detail: String

  package init(pointer: String, kind: Kind, detail: String) {
    self.pointer = pointer
    self.kind = kind
    self.detail = detail
  }
}

package struct PageRequest: Sendable {
  package var link: PaymentLink
  package var idempotencyKey: String
  /// How long the page is to be payable.
  package var lifetime: Duration
  package var now: Timestamp

  package init(link: PaymentLink, idempotencyKey: String, lifetime: Duration, now: Timestamp) {
    self.link = link
    self.idempotencyKey = idempotencyKey
    self.lifetime = lifetime
    self.now = now
  }
}

package enum PageAnswer: Hashable, Sendable {
  case opened(PaymentID, PaymentPage)
  case refused(AcquirerRefusal)
  /// It may have been opened; only the acquirer knows. The text says why we do not, for the log.
  case unknown(String)
  /// Proven: no byte reached the acquirer.
  case notSent(NotSent)
}

package enum NotSent: Hashable, Sendable {
  /// The acquirer could not be reached.
  case unreachable(String)
  /// Too many calls are under way.
  case overloaded
}

/// What may be done after a call that brought no success.
package enum NextStep: String, Hashable, Sendable, Codable, CaseIterable {
  /// Nothing happened, or a repetition changes nothing: the same call may be made again.
  case retry
  /// It may have happened: the status is asked, and the call is not made again before.
  case ask
  /// A clear no: it ends here, and a person decides what comes instead.
  case person
}

package struct AcquirerRefusal: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable {
    /// Signature, merchant number or contract: our fault, rings an alarm.
    case misconfigured
    /// This order, this once.
    case refused
    /// Their trouble; the same may pass later.
    case temporary
  }

  package var kind: Kind
  /// The acquirer's code, an open word.
  package var code: String
  package var description: String
  /// What the adapter's table of safe retries says about this call; nil in books of an earlier version.
  package var next: NextStep?

  package init(kind: Kind, code: String, description: String, next: NextStep? = nil) {
    self.kind = kind
    self.code = code
    self.description = description
    self.next = next
  }
}

package enum StatusQuery: Hashable, Sendable {
  case payment(PaymentID, OrderID)
  /// A payment whose order is not known, or none that we could have given.
  case stranger(PaymentID)
  /// Only while the number is not known; the answer may be a refund's record.
  case order(OrderID)
}

package enum StatusAnswer: Hashable, Sendable {
  case report(Report)
  /// The acquirer knows no such payment.
  case notFound
  /// No answer that can be believed. The text says why, for the log.
  case unknown(String)
  /// The answer is a refund's record, not a payment's: ask by the payment's number.
  case refundRecord
}
