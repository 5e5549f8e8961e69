/// A page that was opened and the money that was, or was not, paid on it. Every attempt on one page has the same pg_payment_id
/// (protocol §4.3).
struct SandboxPayment: Sendable {
  /// pg_payment_status (catalogue §10.5).
  enum Status: String, Sendable {
    case new
    case pending
    case success
    case error
    case incomplete
    case revoked
  }

  /// A hold that nobody captured or released is captured after five days (protocol §8).
  static let holdLifetime: Int64 = 5 * 86_400_000

  let id: Int64
  let family: Family
  /// The token in the page's address, 32 hex digits.
  let customer: String
  let terms: PageTerms
  let createdAt: Int64

  /// As it was last set; `status(at:)` also knows what time alone changes.
  var status = Status.new
  /// What the payer pays, from the first attempt on.
  var amount: SandboxAmount?
  var card: TestCard?
  var paidAt: Int64?
  var failure: PaymentFailure?
  /// The bank's reference (RRN) and approval code.
  var reference: String?
  var approvalCode: String?
  /// Whether the shop may still refuse in its answer to the result: until the first delivery was tried (protocol §4.2, §4.3).
  var canReject = false
  /// Captures, cancels and refunds, in the order they came.
  var operations: [SandboxOperation] = []

  init(id: Int64, family: Family, customer: String, terms: PageTerms, createdAt: Int64) {
    self.id = id
    self.family = family
    self.customer = customer
    self.terms = terms
    self.createdAt = createdAt
  }

  var expiresAt: Int64 { createdAt + terms.lifetime * 1000 }

  func isExpired(at now: Int64) -> Bool { now >= expiresAt }

  /// A page that nobody paid in its lifetime is `incomplete`; a failed attempt stays `error`; a released hold is `revoked`; a refund
  /// changes nothing here (protocol §7.1).
  func status(at now: Int64) -> Status {
    switch status {
    case .new where isExpired(at: now): .incomplete
    case .success where isReleased(at: now): .revoked
    default: status
    }
  }

  /// What the answers show: what was tried, else what was asked for, else nothing.
  var shownAmount: SandboxAmount {
    if let amount { return amount }
    return switch terms.amount {
    case .fixed(let amount): amount
    case .chosen(_, _, let suggested): suggested ?? .zero
    }
  }
}
