package import Payments
import Synchronization

/// Books in memory for tests of what stands on the port: units run one after the other against a dictionary. The real stores have their own
/// behaviour suite; this one keeps the port's promises that use cases and handlers see.
package final class MemoryBooks: Store {
  private struct Contents {
    var links: [LinkID: PaymentLink] = [:]
    var keys: [String: IdempotencyRecord] = [:]
    var answers: [String: Verdict] = [:]
    var events: [Event] = []
    var messages: [MessageRecord] = []
    var orphans: [Orphan] = []
    var failure: StoreError?
    /// Units that pass before the failure takes hold.
    var unitsBeforeFailure = 0
    var unitsBeforeLoss: Int?
  }

  private let contents = Mutex(Contents())

  package init() {}

  /// From the `after`-th unit on, every unit and read fails with this; nil mends it.
  package func fail(_ error: StoreError?, after units: Int = 0) {
    contents.withLock {
      $0.failure = error
      $0.unitsBeforeFailure = units
    }
  }

  /// Before the `after`-th unit from now on all links are gone, as after a fail-over to a copy that lagged.
  package func lose(after units: Int) { contents.withLock { $0.unitsBeforeLoss = units } }

  package var events: [Event] { contents.withLock { $0.events } }
  package var messages: [MessageRecord] { contents.withLock { $0.messages } }
  package var allLinks: [PaymentLink] { contents.withLock { $0.links.values.sorted(by: Self.isNewer) } }

  package func put(_ event: Event) { contents.withLock { $0.events.append(event) } }

  package func put(_ link: PaymentLink) { contents.withLock { $0.links[link.id] = link } }

  package func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome {
    try contents.withLock { (contents) throws(StoreError) in
      if let failure = contents.failure {
        guard contents.unitsBeforeFailure > 0 else { throw failure }
        contents.unitsBeforeFailure -= 1
      }
      if let left = contents.unitsBeforeLoss {
        if left == 0 { contents.links = [:] }
        contents.unitsBeforeLoss = left - 1
      }
      let decision = unit.decide(Self.snapshot(unit.scope, contents))
      Self.write(decision.changes, to: &contents)
      return decision.outcome
    }
  }

  private static func snapshot(_ scope: Scope, _ contents: Contents) -> Snapshot {
    let links = contents.links.values.filter { link in
      link.merchant == scope.merchant
        && (link.id == scope.link || link.order == scope.order || scope.payment.map { link.payment($0) != nil } ?? false)
    }
    return Snapshot(
      links: links.sorted(by: isNewer), idempotency: scope.idempotency.flatMap { contents.keys[key($0)] },
      answer: scope.answerDigest.flatMap { contents.answers["\(scope.merchant) \($0)"] })
  }

  private static func write(_ changes: Changes, to contents: inout Contents) {
    for link in [changes.inserted].compactMap({ $0 }) + changes.updated { contents.links[link.id] = link }
    contents.events += changes.events
    if let record = changes.idempotency { contents.keys[key(record.reference)] = record }
    if let reference = changes.forgottenIdempotency { contents.keys[key(reference)] = nil }
    if let orphan = changes.orphan { note(orphan, &contents) }
    guard let message = changes.message else { return }
    contents.messages.append(message)
    if message.isRemembered { contents.answers["\(message.merchant) \(message.evidence.digest)"] = message.verdict }
  }

  private static func note(_ orphan: Orphan, _ contents: inout Contents) {
    guard let place = contents.orphans.firstIndex(where: { $0.merchant == orphan.merchant && $0.payment == orphan.payment }) else {
      return contents.orphans.append(orphan)
    }
    var noted = orphan
    noted.firstAt = contents.orphans[place].firstAt
    noted.messages = contents.orphans[place].messages + 1
    noted.order = noted.order ?? contents.orphans[place].order
    noted.amount = noted.amount ?? contents.orphans[place].amount
    contents.orphans[place] = noted
  }

  private static func unadopted(_ contents: Contents) -> [Orphan] {
    contents.orphans.filter { orphan in
      !contents.links.values.contains { $0.merchant == orphan.merchant && $0.payment(orphan.payment) != nil }
    }
  }

  package func orphans(_ query: OrphanQuery) async throws(StoreError) -> OrphanPage {
    try read { contents in
      let all = Self.unadopted(contents).filter { orphan in
        query.merchants.contains(orphan.merchant) && query.before.map { orphan.payment.number < $0.number } ?? true
      }.sorted { $0.payment.number > $1.payment.number }
      return OrphanPage(orphans: Array(all.prefix(query.limit)), hasMore: all.count > query.limit)
    }
  }

  package func orphan(_ payment: PaymentID, of merchant: MerchantName) async throws(StoreError) -> Orphan? {
    try read { contents in Self.unadopted(contents).first { $0.merchant == merchant && $0.payment == payment } }
  }

  package func oldest() async throws(StoreError) -> [Unfinished] {
    try read { contents in
      let links = contents.links.values
      return Unfinished.watched.map { kind, status in
        let times: [Timestamp] =
          switch kind {
          case .link: links.filter { $0.status.rawValue == status }.map(\.createdAt)
          case .payment: links.flatMap(\.payments).filter { $0.status.rawValue == status }.map(\.changedAt)
          case .operation: links.flatMap(\.operations).filter { $0.status.rawValue == status }.map(\.requestedAt)
          }
        return Unfinished(kind: kind, status: status, since: times.min())
      }
    }
  }

  private static func key(_ reference: IdempotencyReference) -> String { "\(reference.caller)\n\(reference.key)" }

  private static func isNewer(_ left: PaymentLink, _ right: PaymentLink) -> Bool {
    (left.createdAt, left.id.text) > (right.createdAt, right.id.text)
  }

  private func read<Value>(_ body: (Contents) -> Value) throws(StoreError) -> Value where Value: Sendable {
    try contents.withLock { (contents) throws(StoreError) in
      if let failure = contents.failure, contents.unitsBeforeFailure == 0 { throw failure }
      return body(contents)
    }
  }

  package func link(_ id: LinkID) async throws(StoreError) -> PaymentLink? { try read { $0.links[id] } }

  package func link(by kind: TokenKind, _ token: Token) async throws(StoreError) -> PaymentLink? {
    try read { contents in
      contents.links.values.first { link in
        switch kind {
        case .client: link.tokens.client == token
        case .short: link.tokens.short == token
        case .return: link.tokens.return == token
        }
      }
    }
  }

  package func links(_ query: LinkQuery) async throws(StoreError) -> LinkPage {
    try read { contents in
      let matching = contents.links.values.sorted(by: Self.isNewer).filter { Self.matches($0, query) }
      return LinkPage(links: Array(matching.prefix(query.limit)), hasMore: matching.count > query.limit)
    }
  }

  private static func matches(_ link: PaymentLink, _ query: LinkQuery) -> Bool {
    query.merchants.contains(link.merchant) && query.order.map { $0 == link.order } ?? true
      && query.status.map { $0 == link.status } ?? true
      && query.flag.map { flag in link.payments.contains { $0.flags.contains(flag) } } ?? true
      && query.metadata.map { link.terms.metadata[$0.key] == $0.value } ?? true
      && query.createdFrom.map { link.createdAt >= $0 } ?? true && query.createdTo.map { link.createdAt < $0 } ?? true
      && query.after.map { (link.createdAt, link.id.text) < ($0.createdAt, $0.id.text) } ?? true
  }

  /// One program has them for itself: it needs no leases.
  package func take(_ work: SharedWork, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [LeasedLink] {
    try read { contents in
      let due: [PaymentLink] =
        switch work {
        case .looks(let merchant, _):
          contents.links.values.filter { $0.merchant == merchant && $0.nextLookAt.map { $0 <= now } ?? false }
            .sorted { ($0.nextLookAt ?? now, $0.id.text) < ($1.nextLookAt ?? now, $1.id.text) }
        case .expiry: contents.links.values.filter { $0.status == .active && $0.expiresAt <= now }
        }
      return due.prefix(limit).map { LeasedLink(link: $0) }
    }
  }

  package func renew(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int {
    links.count
  }

  package func finish(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms) async throws(StoreError) {}

  package func events(of link: LinkID) async throws(StoreError) -> [Event] {
    try read { $0.events.filter { $0.link?.id == link } }
  }

  package func health() async -> Bool { contents.withLock { $0.failure == nil } }
}

/// An event's place is its number in the list of all.
extension MemoryBooks: EventFeed {
  package func feed(_ query: FeedQuery) async throws(StoreError) -> FeedPage {
    let all = try await allEvents()
    let matching = all.enumerated().filter { index, event in
      index >= query.after && query.merchants.contains(event.merchant) && query.from.map { event.at >= $0 } ?? true
    }
    let page = matching.prefix(query.limit)
    return FeedPage(
      events: page.map(\.element), last: page.last.map { Int64($0.offset + 1) } ?? query.after, hasMore: matching.count > query.limit)
  }

  package func event(_ id: EventID) async throws(StoreError) -> Event? { try await allEvents().first { $0.id == id } }

  private func allEvents() async throws(StoreError) -> [Event] { try read { $0.events } }
}
