/// An event on its way to one endpoint.
package struct Delivery: Hashable, Sendable {
  package enum Status: String, Hashable, Sendable, Codable, CaseIterable {
    case waiting, delivered
    /// Given up after the last try; only a replay sends it again.
    case dead
  }

  package var endpoint: EndpointName
  /// The event's place in the feed.
  package var place: Int64
  package var event: Event
  package var status: Status
  /// Tries since it was queued.
  package var tries: Int
  /// When a waiting one is sent next; for one that is taken, when its lease ends.
  package var dueAt: Timestamp?
  /// All tries that were made, also those before a replay, oldest first.
  package var attempts: [DeliveryAttempt]
  /// Whose lease lapsed with the try unfinished, where somebody's did.
  package var lapsedHolder: String?

  package init(
    endpoint: EndpointName, place: Int64, event: Event, status: Status, tries: Int, dueAt: Timestamp?, attempts: [DeliveryAttempt] = [],
    lapsedHolder: String? = nil
  ) {
    self.endpoint = endpoint
    self.place = place
    self.event = event
    self.status = status
    self.tries = tries
    self.dueAt = dueAt
    self.attempts = attempts
    self.lapsedHolder = lapsedHolder
  }
}

/// One try at one endpoint.
package struct DeliveryAttempt: Hashable, Sendable {
  package enum End: Hashable, Sendable {
    case answered(status: Int)
    case failed(DeliveryFailure)
  }

  package var at: Timestamp
  package var duration: Duration
  package var end: End

  package init(at: Timestamp, duration: Duration, end: End) {
    self.at = at
    self.duration = duration
    self.end = end
  }

  /// 2xx and nothing else: what redirects has not taken it.
  package var isDelivered: Bool {
    if case .answered(let status) = end { return (200...299).contains(status) }
    return false
  }

  /// 410: the endpoint says that it is no more and wants nothing.
  package var saysGone: Bool { end == .answered(status: 410) }
}

/// Why a try brought no answer.
package enum DeliveryFailure: String, Hashable, Sendable, Codable, CaseIterable {
  case connect, tls, timeout
  /// The name leads to an address that is not public.
  case addressRefused = "address_refused"
  case connectionLost = "connection_lost"
  case malformedAnswer = "malformed_answer"
  /// Too many calls of ours were under way.
  case overloaded
  /// The address or a field cannot be sent.
  case invalidRequest = "invalid_request"
}

/// What a courier brings back.
package struct DeliveryAnswer: Hashable, Sendable {
  /// nil where we gave up ourselves, at the end of the process: the try does not count.
  package var end: DeliveryAttempt.End?
  /// How long the endpoint asks us to wait.
  package var retryAfter: Duration?

  package init(_ end: DeliveryAttempt.End?, retryAfter: Duration? = nil) {
    self.end = end
    self.retryAfter = retryAfter
  }
}

/// Brings one event to one endpoint, once. Signing, with the time of it, and HTTP are its own.
package protocol Courier: Sendable {
  func deliver(_ event: Event, to endpoint: EndpointName) async -> DeliveryAnswer
}
