/// The books. Everything that changes them is a unit of work: reads first, then the rules, then the writes, all in one durable transaction
/// that it may share with other units (design §2, "Commits in groups").
package protocol Store: Sendable {
  /// Runs a unit and returns after its commit is durable. On an error nothing of it was written, but for `.outcomeUnknown`.
  /// The caller's cancellation does not reach it.
  func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome

  // Reads. They see only what is committed and never wait for the writer.
  func link(_ id: LinkID) async throws(StoreError) -> PaymentLink?
  func link(by token: TokenKind, _ value: Token) async throws(StoreError) -> PaymentLink?
  func links(_ query: LinkQuery) async throws(StoreError) -> LinkPage

  // Work that several programs on one database share.

  /// Takes links for which this work is due, or was left unfinished by a program whose lease lapsed. Nobody else gets them before the lease ends. The most urgent come first:
  /// creating or unknown; checked without an outcome; holds; others.
  func take(_ work: SharedWork, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [LeasedLink]
  /// Makes the holder's leases end later. What another has taken since stays the other's.
  /// - Returns: how many are still the holder's.
  func renew(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int
  /// Ends the holder's leases: the work is done.
  func finish(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms) async throws(StoreError)

  /// Orphans that no link has.
  func orphans(_ query: OrphanQuery) async throws(StoreError) -> OrphanPage
  func orphan(_ payment: PaymentID, of merchant: MerchantName) async throws(StoreError) -> Orphan?
  /// Since when the oldest of each kind of unfinished business waits.
  func oldest() async throws(StoreError) -> [Unfinished]
  /// Events of a link in the order of their sequence.
  func events(of link: LinkID) async throws(StoreError) -> [Event]
  /// The first of them above a sequence.
  func events(of link: LinkID, after sequence: Int64, limit: Int) async throws(StoreError) -> [Event]
  /// How far these links are; what is not in the books is left out.
  func sequences(of links: [LinkID]) async throws(StoreError) -> [LinkID: Int64]
  /// Whether the database answers and takes writes.
  func health() async -> Bool
}

extension Store {
  /// Runs a unit on a link that stood in the books when its work began. Links are never deleted: where it is missing, the database lost its last commits, in a fail-over
  /// to a copy that lagged. Nothing is written then, and nobody knows what else is gone.
  func perform<Unit: UnitOfWork, Value>(onStanding unit: Unit) async throws(StoreError) -> Value where Unit.Outcome == Value? {
    guard let value = try await perform(unit) else {
      throw StoreError(.outcomeUnknown, "a link that stood in the books is gone: the database lost commits that it had acknowledged")
    }
    return value
  }

  package func events(of link: LinkID, after sequence: Int64, limit: Int) async throws(StoreError) -> [Event] {
    Array(try await events(of: link).filter { $0.sequence > sequence }.prefix(limit))
  }

  package func sequences(of links: [LinkID]) async throws(StoreError) -> [LinkID: Int64] {
    var sequences: [LinkID: Int64] = [:]
    for id in links { sequences[id] = try await link(id)?.sequence }
    return sequences
  }
}

/// Which of a link's tokens.
package enum TokenKind: String, Sendable {
  case client, short, `return`
}

/// A change of the books: what it must read, and what follows from that. It may be run more than once before a commit, so it does nothing
/// but decide.
package protocol UnitOfWork: Sendable {
  associatedtype Outcome: Sendable
  var scope: Scope { get }
  /// Which share of the writer's queue it waits in (design §4.7).
  var share: QueueShare { get }
  func decide(_ snapshot: Snapshot) -> Decision<Outcome>
}

extension UnitOfWork {
  package var share: QueueShare { .ordinary }
}

package enum QueueShare: Sendable {
  case ordinary
  /// The acquirer's calls: a part of the queue is kept for them.
  case callback
}

/// What a unit reads, and locks until its commit. Links found by more than one way come once.
package struct Scope: Hashable, Sendable {
  package var merchant: MerchantName
  package var link: LinkID?
  /// All links of the order.
  package var order: OrderID?
  /// The link that has this payment.
  package var payment: PaymentID?
  /// By caller and key; the fingerprint does not matter for finding it.
  package var idempotency: IdempotencyReference?
  /// The verdict first given to a result with this digest (`Evidence.digest`).
  package var answerDigest: String?

  package init(
    merchant: MerchantName, link: LinkID? = nil, order: OrderID? = nil, payment: PaymentID? = nil,
    idempotency: IdempotencyReference? = nil, answerDigest: String? = nil
  ) {
    self.merchant = merchant
    self.link = link
    self.order = order
    self.payment = payment
    self.idempotency = idempotency
    self.answerDigest = answerDigest
  }
}

/// What stood in the books when the unit began: links of the scope's merchant only, newest first.
package struct Snapshot: Sendable {
  package var links: [PaymentLink]
  package var idempotency: IdempotencyRecord?
  package var answer: Verdict?

  package init(links: [PaymentLink] = [], idempotency: IdempotencyRecord? = nil, answer: Verdict? = nil) {
    self.links = links
    self.idempotency = idempotency
    self.answer = answer
  }
}

package struct Decision<Outcome: Sendable>: Sendable {
  package var changes: Changes
  package var outcome: Outcome

  package init(_ outcome: Outcome, _ changes: Changes = Changes()) {
    self.changes = changes
    self.outcome = outcome
  }
}

/// What a unit writes. Nothing in it means: read only, no commit needed.
package struct Changes: Sendable {
  /// A new link. A live link of the same order that another process wrote meanwhile makes the unit run again.
  package var inserted: PaymentLink?
  /// Links of the snapshot, changed, with their payments.
  package var updated: [PaymentLink] = []
  package var events: [Event] = []
  /// Kept from now on; replaces what stood under the same caller and key.
  package var idempotency: IdempotencyRecord?
  /// Forgotten: the request left no trace and may come again.
  package var forgottenIdempotency: IdempotencyReference?
  /// A callback or status answer that was read, as evidence, and with a first verdict on a result the answer memory.
  package var message: MessageRecord?
  /// One more message of a payment that no link has.
  package var orphan: Orphan?

  package init() {}

  package var isEmpty: Bool {
    inserted == nil && updated.isEmpty && events.isEmpty && idempotency == nil && forgottenIdempotency == nil && message == nil
      && orphan == nil
  }
}

/// A message of the acquirer with what we made of it: every one is kept.
package struct MessageRecord: Hashable, Sendable {
  package enum Reading: String, Hashable, Sendable, Codable {
    case applied, same, stale, anomaly
    /// Verified, and of a payment that we do not know.
    case orphan
    /// The same result again; answered from memory.
    case repeated
    /// A check: answered, nothing changed hands.
    case answered
    /// Read by a fallback; the status is to confirm it.
    case unconfirmed
  }

  package var at: Timestamp
  package var merchant: MerchantName
  package var source: Report.Source
  package var paymentID: PaymentID?
  package var order: OrderID?
  package var link: LinkID?
  package var reading: Reading
  /// nil for a status answer: nobody waits for a verdict.
  package var verdict: Verdict?
  /// Whether the verdict is remembered for repeats of `evidence.digest`.
  package var isRemembered: Bool
  package var evidence: Evidence

  package init(
    at: Timestamp, merchant: MerchantName, source: Report.Source, paymentID: PaymentID?, order: OrderID?, link: LinkID?, reading: Reading,
    verdict: Verdict?, isRemembered: Bool, evidence: Evidence
  ) {
    self.at = at
    self.merchant = merchant
    self.source = source
    self.paymentID = paymentID
    self.order = order
    self.link = link
    self.reading = reading
    self.verdict = verdict
    self.isRemembered = isRemembered
    self.evidence = evidence
  }
}

/// A page of a list, newest first.
package struct LinkQuery: Hashable, Sendable {
  /// Confined to these; never empty.
  package var merchants: [MerchantName]
  package var order: OrderID?
  package var status: LinkStatus?
  /// Links with a payment that carries it.
  package var flag: Flag?
  /// Links whose shop gave them this pair.
  package var metadata: MetadataPair?
  package var createdFrom: Timestamp?
  /// Exclusive.
  package var createdTo: Timestamp?
  package var limit: Int
  /// Links older than this one: time first, then id.
  package var after: LinkPosition?

  package init(
    merchants: [MerchantName], order: OrderID? = nil, status: LinkStatus? = nil, flag: Flag? = nil, metadata: MetadataPair? = nil,
    createdFrom: Timestamp? = nil, createdTo: Timestamp? = nil, limit: Int = 20, after: LinkPosition? = nil
  ) {
    self.merchants = merchants
    self.order = order
    self.status = status
    self.flag = flag
    self.metadata = metadata
    self.createdFrom = createdFrom
    self.createdTo = createdTo
    self.limit = limit
    self.after = after
  }
}

/// One of the shop's own pairs of a link.
package struct MetadataPair: Hashable, Sendable {
  package var key: String
  package var value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

package struct LinkPosition: Hashable, Sendable, Codable {
  package var createdAt: Timestamp
  package var id: LinkID

  package init(createdAt: Timestamp, id: LinkID) {
    self.createdAt = createdAt
    self.id = id
  }
}

package struct LinkPage: Sendable {
  package var links: [PaymentLink]
  package var hasMore: Bool

  package init(links: [PaymentLink], hasMore: Bool) {
    self.links = links
    self.hasMore = hasMore
  }
}

/// What can go wrong with the books.
package struct StoreError: Error, Sendable {
  package enum Code: String, Sendable {
    /// Nothing was written: the database is not there, full, locked or read only.
    case unavailable
    /// Too many units wait already; nothing was written.
    case overloaded
    /// The commit was begun and nobody knows its end.
    case outcomeUnknown
    /// What was read does not fit our rules: the row is named, never its content.
    case corrupt
  }

  package var code: Code
  /// What was being done and what the engine says; never a value.
  package var detail: String

  package init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }
}
