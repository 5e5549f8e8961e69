import Payments

/// An event on its way to one endpoint, as the API shows it.
struct DeliveryBody: Encodable, Sendable {
  let event: String
  let type: String
  let endpoint: String
  /// waiting, delivered or dead.
  let status: Delivery.Status
  /// Since it was queued, or queued again.
  let tries: Int
  /// When it is sent next; null where it is not.
  let nextAt: Nullable<String>
  let attempts: [AttemptBody]

  struct AttemptBody: Encodable, Sendable {
    let at: String
    let durationMs: Int64
    let httpStatus: Nullable<Int>
    let failure: Nullable<String>

    init(_ attempt: DeliveryAttempt) {
      at = attempt.at.rfc3339
      durationMs = attempt.duration.wholeMilliseconds
      switch attempt.end {
      case .answered(let status): (httpStatus, failure) = (Nullable(status), Nullable(nil))
      case .failed(let why): (httpStatus, failure) = (Nullable(nil), Nullable(why.rawValue))
      }
    }

    enum CodingKeys: String, CodingKey {
      case at
      case durationMs = "duration_ms"
      case failure
      case httpStatus = "http_status"
    }
  }

  init(_ delivery: Delivery) {
    event = delivery.event.id.text
    type = delivery.event.kind.rawValue
    endpoint = delivery.endpoint.text
    status = delivery.status
    tries = delivery.tries
    nextAt = Nullable(delivery.dueAt?.rfc3339)
    attempts = delivery.attempts.map { AttemptBody($0) }
  }

  enum CodingKeys: String, CodingKey {
    case attempts, endpoint, event
    case nextAt = "next_at"
    case status, tries, type
  }
}

/// A page of deliveries.
struct DeliveryListBody: Encodable, Sendable {
  let data: [DeliveryBody]
  let hasMore: Bool
  let nextCursor: Nullable<String>

  init(_ page: DeliveryPage) {
    data = page.deliveries.map { DeliveryBody($0) }
    hasMore = page.hasMore
    nextCursor = Nullable(page.hasMore ? page.deliveries.last.map { DeliveryCursor(place: $0.place, endpoint: $0.endpoint).text } : nil)
  }

  enum CodingKeys: String, CodingKey {
    case data
    case hasMore = "has_more"
    case nextCursor = "next_cursor"
  }
}

/// Where a list of deliveries goes on: `place.endpoint`. It opens nothing.
struct DeliveryCursor: Sendable {
  var place: Int64
  var endpoint: EndpointName

  var text: String { "\(place).\(endpoint)" }
}

extension DeliveryCursor {
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let place = Int64(parts[0]), place >= 0, let endpoint = try? EndpointName(String(parts[1])) else { return nil }
    self.init(place: place, endpoint: endpoint)
  }
}

/// How an endpoint stands, as the API shows it. Its address is the operator's.
struct EndpointBody: Encodable, Sendable {
  enum Status: String, Encodable {
    case ok
    /// It failed several times in a row; the next delivery goes alone, after a rest.
    case failing
    /// It said that it is gone.
    case disabled
  }

  let name: String
  let status: Status
  let disabledAt: Nullable<String>
  let restsUntil: Nullable<String>
  let waiting: Int
  let dead: Int

  init(_ endpoint: EndpointState) {
    name = endpoint.name.text
    status = endpoint.disabledAt != nil ? .disabled : endpoint.breaker.failures >= Breaker.patience ? .failing : .ok
    disabledAt = Nullable(endpoint.disabledAt?.rfc3339)
    restsUntil = Nullable(endpoint.breaker.restsUntil?.rfc3339)
    waiting = endpoint.waiting
    dead = endpoint.dead
  }

  enum CodingKeys: String, CodingKey {
    case dead
    case disabledAt = "disabled_at"
    case name
    case restsUntil = "rests_until"
    case status, waiting
  }
}

struct EndpointListBody: Encodable, Sendable {
  let data: [EndpointBody]
}

/// What a replay queued.
struct ReplayBody: Encodable, Sendable {
  let event: String
  let endpoints: [String]
}
