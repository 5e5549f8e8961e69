import Payments

/// What may be done after a call that brought no success: the safe-retry matrix, as data. The code decides from this table, and
/// `docs/safe-retry.md` is written from it.
///
/// Two rules make it: what moves money is never sent again before the status was asked (protocol §13.10), since most of these calls have no
/// idempotency key (catalogue §3.9); and only a proof that nothing was sent, or a no that can be believed, ends a doubt.
struct SafeRetry: Sendable {
  /// The acquirer's operations.
  enum Call: String, Sendable, CaseIterable {
    case page, capture, cancel, refund, status
  }

  typealias Step = NextStep

  /// How far a call came.
  enum Phase: String, Sendable, CaseIterable {
    case beforeConnect = "before connect"
    case afterConnect = "after connect"
    case afterSend = "after send"
    case afterHeaders = "after headers"
    case badBody = "bad body"
    case noSignature = "no signature"
    case badSignature = "bad signature"
    case misconfigured = "error: misconfigured"
    case wrongState = "error: wrong payment status"
    case notFound = "error: not found"
    case refused = "error: refused"
    case temporary = "error: temporary"
    case unpublished = "error: unpublished code"
  }

  let phase: Phase
  let meaning: String
  let page: Step
  let capture: Step
  let cancel: Step
  let refund: Step
  let status: Step

  /// A row of the table.
  private init(
    _ phase: Phase, _ meaning: String, page: Step, capture: Step, cancel: Step, refund: Step, status: Step
  ) {
    self.phase = phase
    self.meaning = meaning
    self.page = page
    self.capture = capture
    self.cancel = cancel
    self.refund = refund
    self.status = status
  }

  subscript(_ call: Call) -> Step {
    switch call {
    case .page: page
    case .capture: capture
    case .cancel: cancel
    case .refund: refund
    case .status: status
    }
  }

  static func step(_ call: Call, after phase: Phase) -> Step {
    guard let row = table.first(where: { $0.phase == phase }) else { preconditionFailure("the table has a row for every phase") }
    return row[call]
  }

  static let table: [SafeRetry] = [
    SafeRetry(
      .beforeConnect, "no connection stands, or the call waited in vain for its turn: proven that no byte was sent",
      page: .retry, capture: .retry, cancel: .retry, refund: .retry, status: .retry),
    SafeRetry(
      .afterConnect, "a connection stands, TLS does not: proven that no byte of the call was sent",
      page: .retry, capture: .retry, cancel: .retry, refund: .retry, status: .retry),
    SafeRetry(
      .afterSend, "a byte of the call may have been sent, and nothing came back",
      page: .ask, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .afterHeaders, "an answer began that is longer than its bound, or no HTTP",
      page: .ask, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .badBody,
      "a whole answer that tells nothing: HTML, truncated XML, a success with another HTTP status than 200 or about another payment",
      page: .ask, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .noSignature, "an answer without signature, but for the errors below that are believed without",
      page: .ask, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .badSignature, "an answer whose signature is wrong, but for errors that say that the secrets differ",
      page: .ask, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .misconfigured, "our number, secret, contract or settings; believed unsigned too",
      page: .person, capture: .person, cancel: .person, refund: .person, status: .person),
    SafeRetry(
      .wrongState, "the payment is in another state, perhaps since this very call was carried out before",
      page: .person, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .notFound, "no such payment, although its status was just read; mostly unsigned",
      page: .person, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .refused, "a signed no to this call", page: .person, capture: .person, cancel: .person, refund: .person, status: .retry),
    // A page has an idempotency key, and nobody can pay one whose address nobody received.
    SafeRetry(
      .temporary, "the acquirer's own trouble, signed; how far it came it does not say",
      page: .retry, capture: .ask, cancel: .ask, refund: .ask, status: .retry),
    SafeRetry(
      .unpublished, "a signed error with a code that nobody published", page: .person, capture: .ask, cancel: .ask, refund: .ask,
      status: .retry),
  ]
}
