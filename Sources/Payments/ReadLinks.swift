/// Reads links for one who may see certain merchants: another merchant's object is not found.
package struct ReadLinks: Sendable {
  let store: any Store

  package init(store: any Store) { self.store = store }

  package func callAsFunction(_ id: LinkID, of merchants: Set<MerchantName>) async throws(StoreError) -> PaymentLink? {
    guard let link = try await store.link(id), merchants.contains(link.merchant) else { return nil }
    return link
  }

  /// By one of the link's own tokens: whoever holds it may see that link.
  package func callAsFunction(by kind: TokenKind, _ token: Token) async throws(StoreError) -> PaymentLink? {
    try await store.link(by: kind, token)
  }

  package func callAsFunction(_ query: LinkQuery) async throws(StoreError) -> LinkPage {
    precondition(!query.merchants.isEmpty, "a list is confined to the merchants of its reader")
    return try await store.links(query)
  }
}
