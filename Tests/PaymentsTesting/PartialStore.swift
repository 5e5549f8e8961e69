package import Payments

/// Books of which a test answers only what it is about: whatever else is asked fails loudly. So a new question of the port is no change to
/// every double.
package protocol PartialStore: Store {}

extension PartialStore {
  private var notAsked: StoreError { StoreError(.unavailable, "not asked in this test") }

  package func perform<Unit: UnitOfWork>(_ unit: Unit) async throws(StoreError) -> Unit.Outcome { throw notAsked }
  package func link(_ id: LinkID) async throws(StoreError) -> PaymentLink? { throw notAsked }
  package func link(by token: TokenKind, _ value: Token) async throws(StoreError) -> PaymentLink? { throw notAsked }
  package func links(_ query: LinkQuery) async throws(StoreError) -> LinkPage { throw notAsked }
  package func take(_ work: SharedWork, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [LeasedLink] {
    throw notAsked
  }
  package func renew(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int {
    links.count
  }
  package func finish(_ work: SharedWork, of links: [LinkID], under terms: LeaseTerms) async throws(StoreError) {}
  package func orphans(_ query: OrphanQuery) async throws(StoreError) -> OrphanPage { throw notAsked }
  package func orphan(_ payment: PaymentID, of merchant: MerchantName) async throws(StoreError) -> Orphan? { throw notAsked }
  package func oldest() async throws(StoreError) -> [Unfinished] { throw notAsked }
  package func events(of link: LinkID) async throws(StoreError) -> [Event] { throw notAsked }
  package func health() async -> Bool { true }
}
