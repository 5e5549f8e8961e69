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
  package func linksToLookAt(merchant: MerchantName, before: Timestamp, limit: Int) async throws(StoreError) -> [PaymentLink] {
    throw notAsked
  }
  package func linksToExpire(before: Timestamp, limit: Int) async throws(StoreError) -> [PaymentLink] { throw notAsked }
  package func orphans(_ query: OrphanQuery) async throws(StoreError) -> OrphanPage { throw notAsked }
  package func orphan(_ payment: PaymentID, of merchant: MerchantName) async throws(StoreError) -> Orphan? { throw notAsked }
  package func oldest() async throws(StoreError) -> [Unfinished] { throw notAsked }
  package func events(of link: LinkID) async throws(StoreError) -> [Event] { throw notAsked }
  package func health() async -> Bool { true }
}
