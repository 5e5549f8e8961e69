/// The events not yet delivered, per endpoint. One endpoint's deliveries are never looked at for another's.
package protocol Outbox: Sendable {
  /// Makes the endpoints those of the settings. A new one is told of what happens from now on; one whose address changed is enabled; the waiting
  /// deliveries of one that is no more are given up.
  func register(_ endpoints: [Endpoint], at now: Timestamp) async throws(StoreError)
  /// Whether `take` would find anything. A read.
  func hasWork(for endpoint: EndpointName, at now: Timestamp) async throws(StoreError) -> Bool
  /// Queues what happened since the last time, and takes what is due, the longest due first. What is taken is nobody else's until the lease ends.
  func take(for endpoint: Endpoint, under terms: LeaseTerms, at now: Timestamp, limit: Int) async throws(StoreError) -> [Delivery]
  /// Makes the holder's leases of what waits still end later.
  /// - Returns: how many are still the holder's.
  func renew(_ deliveries: [Delivery], under terms: LeaseTerms, at now: Timestamp) async throws(StoreError) -> Int
  /// Gives back what was taken and not tried.
  func giveBack(_ delivery: Delivery, under terms: LeaseTerms, at now: Timestamp) async throws(StoreError)
  /// Keeps a try and what follows from it. Of a holder whose lease is another's since, only a success counts: the endpoint has the event.
  /// - Returns: how the endpoint's breaker stands then.
  /// - Returns: nil where the delivery is not the holder's any more, and nothing was recorded.
  func record(_ record: DeliveryRecord) async throws(StoreError) -> Breaker?
  /// Queues an event anew: it is due now, with all its tries before it.
  func queueAgain(_ event: EventID, for endpoints: [EndpointName], at now: Timestamp) async throws(StoreError)
  /// Lets an endpoint be sent to again.
  /// - Returns: whether there is such an endpoint.
  func enable(_ endpoint: EndpointName, at now: Timestamp) async throws(StoreError) -> Bool
  func endpoints() async throws(StoreError) -> [EndpointState]
  func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> DeliveryPage
}

/// A try and what follows.
package struct DeliveryRecord: Hashable, Sendable {
  package var endpoint: EndpointName
  package var place: Int64
  package var attempt: DeliveryAttempt
  package var next: DeliverySchedule.Next
  /// Now, after the try.
  package var at: Timestamp
  /// Who made it.
  package var holder: String

  package init(
    endpoint: EndpointName, place: Int64, attempt: DeliveryAttempt, next: DeliverySchedule.Next, at: Timestamp, holder: String
  ) {
    self.endpoint = endpoint
    self.place = place
    self.attempt = attempt
    self.next = next
    self.at = at
    self.holder = holder
  }
}

/// A page of deliveries, newest event first.
package struct DeliveryQuery: Hashable, Sendable {
  /// Confined to events of these; never empty.
  package var merchants: [MerchantName]
  package var status: Delivery.Status?
  package var endpoint: EndpointName?
  package var event: EventID?
  package var limit: Int
  package var after: DeliveryPlace?

  package init(
    merchants: [MerchantName], status: Delivery.Status? = nil, endpoint: EndpointName? = nil, event: EventID? = nil, limit: Int = 20,
    after: DeliveryPlace? = nil
  ) {
    self.merchants = merchants
    self.status = status
    self.endpoint = endpoint
    self.event = event
    self.limit = limit
    self.after = after
  }
}

package struct DeliveryPlace: Hashable, Sendable {
  package var place: Int64
  package var endpoint: EndpointName

  package init(place: Int64, endpoint: EndpointName) {
    self.place = place
    self.endpoint = endpoint
  }
}

package struct DeliveryPage: Sendable {
  package var deliveries: [Delivery]
  package var hasMore: Bool

  package init(deliveries: [Delivery], hasMore: Bool) {
    self.deliveries = deliveries
    self.hasMore = hasMore
  }
}
