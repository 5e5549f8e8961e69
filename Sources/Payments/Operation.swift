/// A capture, cancel or refund of its own: asked for once, sent at most once, and followed to its end (design §3 "An operation").
package struct Operation: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// Takes held money, whole or in part.
    case capture
    /// Gives a hold back, whole.
    case cancel
    /// Gives captured money back, whole or in part.
    case refund
  }

  package enum Status: String, Hashable, Sendable, Codable, CaseIterable {
    /// Stored; nothing was sent yet. Its amount is reserved.
    case requested
    /// The right to send it was taken. Whoever finds it so only asks.
    case sent
    case succeeded
    case failed
    /// Nobody can say; ask.
    case unknown

    /// Whether its end is not known yet.
    package var isOpen: Bool { self == .requested || self == .sent || self == .unknown }
  }

  package enum Origin: String, Hashable, Sendable, Codable {
    /// The shop asked for it here.
    case api
    /// It was found at the acquirer.
    case acquirer
  }

  /// How many can be asked for under one link. The books hold 1,000 of a link; the rest is for what the acquirer made by itself.
  static let mostAsked = 900

  package let id: OperationID
  package let kind: Kind
  /// The payment's ordinal under the link.
  package let payment: Int
  package let amount: Money
  package let origin: Origin
  package let requestedAt: Timestamp
  /// Why, in the shop's words.
  package var reason: String?
  /// What only the acquirer understands, such as the receipt's positions.
  package var options: AcquirerOptions
  package var status: Status
  /// What the acquirer had of its kind before it was sent: numbers of refunds, since some answers bring none.
  package var baseline: [PaymentID]
  /// The acquirer's own number of it.
  package var reference: PaymentID?
  package var failure: Failure?
  package var sentAt: Timestamp?
  package var endedAt: Timestamp?
  /// How often it was asked about.
  package var looks: Int
  /// When it is asked about, or tried, next; nil when it ended or needs a person.
  package var nextLookAt: Timestamp?

  package init(
    id: OperationID, kind: Kind, payment: Int, amount: Money, origin: Origin = .api, requestedAt: Timestamp, reason: String? = nil,
    options: AcquirerOptions = .init(), status: Status = .requested, baseline: [PaymentID] = [], reference: PaymentID? = nil,
    failure: Failure? = nil, sentAt: Timestamp? = nil, endedAt: Timestamp? = nil, looks: Int = 0, nextLookAt: Timestamp? = nil
  ) {
    self.id = id
    self.kind = kind
    self.payment = payment
    self.amount = amount
    self.origin = origin
    self.requestedAt = requestedAt
    self.reason = reason
    self.options = options
    self.status = status
    self.baseline = baseline
    self.reference = reference
    self.failure = failure
    self.sentAt = sentAt
    self.endedAt = endedAt
    self.looks = looks
    self.nextLookAt = nextLookAt
  }
}

/// The name of an operation: `re_` for refunds, `op_` for the others, and 26 characters made like a link's.
package struct OperationID: TextValue {
  package let text: String

  package init(_ text: String) throws(InvalidValue) {
    guard text.hasPrefix("re_") || text.hasPrefix("op_"), text.utf8.count == 29, text.dropFirst(3).utf8.allSatisfy(Alphabet.base32.contains)
    else { throw InvalidValue("must be the id of an operation, re_ or op_ and 26 characters") }
    self.text = text
  }

  package init(_ kind: Operation.Kind, at time: Timestamp) { text = (kind == .refund ? "re_" : "op_") + sortableText(at: time) }
}
