/// Reads orphans for one who may see certain merchants.
package struct ReadOrphans: Sendable {
  let store: any Store

  package init(store: any Store) { self.store = store }

  package func callAsFunction(_ query: OrphanQuery) async throws(StoreError) -> OrphanPage {
    precondition(!query.merchants.isEmpty, "a list is confined to the merchants of its reader")
    return try await store.orphans(query)
  }
}
