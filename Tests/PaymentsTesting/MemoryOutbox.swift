package import Payments
import Synchronization

/// Deliveries in memory, for tests of what stands on the port. What the real outbox promises of places, leases and breakers its own suite tests.
package final class MemoryOutbox: Outbox {
  private struct Contents {
    var endpoints: [EndpointName: EndpointState] = [:]
    var deliveries: [Delivery] = []
  }

  private let contents = Mutex(Contents())
  private let feed: any EventFeed

  package init(feed: any EventFeed) { self.feed = feed }

  package func put(_ delivery: Delivery) { contents.withLock { $0.deliveries.append(delivery) } }
  package func put(_ endpoint: EndpointState) { contents.withLock { $0.endpoints[endpoint.name] = endpoint } }

  package func register(_ endpoints: [Endpoint], at now: Timestamp) async throws(StoreError) {
    for endpoint in endpoints { put(EndpointState(name: endpoint.name, breaker: Breaker(), disabledAt: nil, waiting: 0, dead: 0)) }
  }

  package func hasWork(for endpoint: EndpointName, at now: Timestamp) async throws(StoreError) -> Bool {
    contents.withLock { $0.deliveries.contains { Self.isDue($0, endpoint, now) } }
  }

  package func take(for endpoint: Endpoint, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [Delivery] {
    contents.withLock { contents in
      let due = contents.deliveries.indices.filter { Self.isDue(contents.deliveries[$0], endpoint.name, now) }.prefix(limit)
      for index in due { contents.deliveries[index].dueAt = now + terms.time }
      return due.map { contents.deliveries[$0] }
    }
  }

  private static func isDue(_ delivery: Delivery, _ endpoint: EndpointName, _ now: Timestamp) -> Bool {
    delivery.endpoint == endpoint && delivery.status == .waiting && delivery.dueAt.map { $0 <= now } ?? false
  }

  package func renew(_ deliveries: [Delivery], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int {
    deliveries.count
  }

  package func giveBack(_ delivery: Delivery, under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) {
    change(delivery.place, delivery.endpoint) { $0.dueAt = now }
  }

  package func record(_ record: DeliveryRecord) async throws(StoreError) -> Breaker? {
    change(record.place, record.endpoint) { delivery in
      delivery.tries += 1
      delivery.attempts.append(record.attempt)
      switch record.next {
      case .delivered: (delivery.status, delivery.dueAt) = (.delivered, nil)
      case .again(let time): delivery.dueAt = time
      case .dead: (delivery.status, delivery.dueAt) = (.dead, nil)
      }
    }
    return Breaker()
  }

  private func change(_ place: Int64, _ endpoint: EndpointName, _ body: (inout Delivery) -> Void) {
    contents.withLock { contents in
      for index in contents.deliveries.indices
      where contents.deliveries[index].place == place && contents.deliveries[index].endpoint == endpoint {
        body(&contents.deliveries[index])
      }
    }
  }

  package func queueAgain(_ event: EventID, for endpoints: [EndpointName], at now: Timestamp) async throws(StoreError) {
    guard let event = try await feed.event(event) else { return }
    for endpoint in endpoints {
      put(Delivery(endpoint: endpoint, place: Int64(endpoints.count), event: event, status: .waiting, tries: 0, dueAt: now))
    }
  }

  package func enable(_ endpoint: EndpointName, at now: Timestamp) async throws(StoreError) -> Bool {
    contents.withLock { contents in
      contents.endpoints[endpoint]?.disabledAt = nil
      return contents.endpoints[endpoint] != nil
    }
  }

  package func endpoints() async throws(StoreError) -> [EndpointState] {
    contents.withLock { $0.endpoints.values.sorted { $0.name.text < $1.name.text } }
  }

  package func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> DeliveryPage {
    let matching = contents.withLock { contents in
      contents.deliveries.filter { delivery in
        query.merchants.contains(delivery.event.merchant) && query.status.map { $0 == delivery.status } ?? true
          && query.endpoint.map { $0 == delivery.endpoint } ?? true && query.event.map { $0 == delivery.event.id } ?? true
          && query.after.map { (delivery.place, delivery.endpoint.text) < ($0.place, $0.endpoint.text) } ?? true
      }.sorted { ($0.place, $0.endpoint.text) > ($1.place, $1.endpoint.text) }
    }
    return DeliveryPage(deliveries: Array(matching.prefix(query.limit)), hasMore: matching.count > query.limit)
  }
}
