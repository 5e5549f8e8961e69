import Logging
package import Payments

// MARK: - Events on their way to the shop

extension BookStore {
  package func register(_ endpoints: [Endpoint], at now: Timestamp) async throws(StoreError) {
    try await writeOutbox { try $0.register(endpoints, at: now) }
  }

  package func hasWork(for endpoint: EndpointName, at now: Timestamp) async throws(StoreError) -> Bool {
    try await read("looking for deliveries") { try $0.hasWork(for: endpoint, at: now) }
  }

  package func take(for endpoint: Endpoint, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [Delivery] {
    try await writeOutbox { try $0.take(for: endpoint, under: terms, at: now, limit: limit) }
  }

  package func renew(_ deliveries: [Delivery], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int {
    try await writeOutbox { try $0.renew(deliveries, for: terms.holder, until: now + terms.time) }
  }

  package func giveBack(_ delivery: Delivery, under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) {
    try await writeOutbox { try $0.giveBack(delivery, by: terms.holder, at: now) }
  }

  package func record(_ record: DeliveryRecord) async throws(StoreError) -> Breaker? {
    try await writeOutbox { try $0.record(record) }
  }

  package func queueAgain(_ event: EventID, for endpoints: [EndpointName], at now: Timestamp) async throws(StoreError) {
    try await writeOutbox { try $0.queueAgain(event, for: endpoints, at: now) }
  }

  package func enable(_ endpoint: EndpointName, at now: Timestamp) async throws(StoreError) -> Bool {
    try await writeOutbox { try $0.enable(endpoint) }
  }

  package func endpoints() async throws(StoreError) -> [EndpointState] {
    try await read("reading endpoints") { try $0.endpoints() }
  }

  package func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> DeliveryPage {
    try await read("reading deliveries") { try $0.deliveries(query) }
  }

  private func writeOutbox<Value: Sendable>(_ body: @escaping @Sendable (OutboxWriter) throws -> Value) async throws(StoreError) -> Value {
    let (limits, logger) = (limits, logger)
    return try await write { db in
      let reader = BookReader(db: db, limits: limits) { error in
        logger.error("an event cannot be read", metadata: ["detail": "\(error.detail)"])
      }
      return try body(OutboxWriter(db: db, reader: reader))
    }
  }
}

// MARK: - The feed

extension BookStore {
  package func feed(_ query: FeedQuery) async throws(StoreError) -> FeedPage {
    try await read("reading the feed") { try $0.feed(query) }
  }

  package func event(_ id: EventID) async throws(StoreError) -> Event? {
    try await read("reading an event") { try $0.event(id)?.event }
  }
}
