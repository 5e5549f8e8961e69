/// Our aggregate: an order that the payer can pay on a hosted page. All that can happen to it happens through `mutating` functions here
/// and in `PaymentLink+…`; the Store writes it whole.
package struct PaymentLink: Hashable, Sendable {
  package let id: LinkID
  package let merchant: MerchantName
  package let order: OrderID
  @usableFromInline let keptTerms: Kept<LinkTerms>
  package let tokens: Tokens
  package let createdAt: Timestamp
  package let expiresAt: Timestamp
  package var status: LinkStatus
  /// Grows by one with every change that a reader can see.
  package var sequence: Int64
  package var page: PaymentPage?
  /// In the order of making; the last is the newest.
  package var payments: [Payment]
  /// Captures, cancels and refunds, in the order of asking.
  package var operations: [Operation]
  /// When somebody was first seen to open it: short link, check or return.
  package var seenAt: Timestamp?
  /// When a person accepted money under review.
  package var acceptedAt: Timestamp?
  package var canceledAt: Timestamp?
  /// Calls made so far to open its page.
  package var openings: Int
  /// When the acquirer was last asked about it.
  package var askedAt: Timestamp?
  /// When Reconcile looks at it next; nil when there is nothing to ask.
  package var nextLookAt: Timestamp?

  /// What the shop asked for.
  @inlinable package var terms: LinkTerms { _read { yield keptTerms.value } }

  /// Independent words, each opening one thing.
  package struct Tokens: Hashable, Sendable {
    package var client: Token
    package var short: Token
    package var `return`: Token

    package init(client: Token = Token(), short: Token = Token(), return: Token = Token()) {
      self.client = client
      self.short = short
      self.`return` = `return`
    }
  }

  /// For loading: every stored property as it stands.
  package init(
    id: LinkID, merchant: MerchantName, order: OrderID, terms: LinkTerms, tokens: Tokens, createdAt: Timestamp, expiresAt: Timestamp,
    status: LinkStatus, sequence: Int64, page: PaymentPage?, payments: [Payment], operations: [Operation] = [], seenAt: Timestamp?,
    acceptedAt: Timestamp?,
    canceledAt: Timestamp?, openings: Int, askedAt: Timestamp?, nextLookAt: Timestamp?
  ) {
    self.id = id
    self.merchant = merchant
    self.order = order
    keptTerms = Kept(terms)
    self.tokens = tokens
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.status = status
    self.sequence = sequence
    self.page = page
    self.payments = payments
    self.operations = operations
    self.seenAt = seenAt
    self.acceptedAt = acceptedAt
    self.canceledAt = canceledAt
    self.openings = openings
    self.askedAt = askedAt
    self.nextLookAt = nextLookAt
  }
}

extension PaymentLink {
  /// Whether it takes the order's place: a second create is refused while one is live (design §5).
  package var isLive: Bool {
    if payments.contains(where: { $0.status == .unknown || $0.status == .authorized }) { return true }
    switch status {
    case .creating, .active, .review: return true
    // Completed and not wholly refunded, whichever of its payments the money came by.
    case .completed: return payments.contains { $0.status.moneyStands } || !payments.contains { $0.status.hasMoney }
    case .failed, .expired, .canceled: return false
    }
  }

  /// The payment that counts: the first whose money stands and that is no duplicate, else the first whose money went back, else the newest
  /// attempt that came to anything. A page that nobody paid yet counts for nothing.
  package var counting: Payment? {
    payments.first { $0.status.moneyStands && !$0.flags.contains(.duplicate) }
      ?? payments.last { $0.status.moneyStands }
      ?? payments.first { $0.status.hasMoney && !$0.flags.contains(.duplicate) }
      ?? payments.last { $0.status.hasMoney }
      ?? payments.last { $0.status != .pending }
  }

  package func payment(_ id: PaymentID) -> Payment? { payments.first { $0.id == id } }
}
