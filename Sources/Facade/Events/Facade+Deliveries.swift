import HTTPServer
import HTTPTypes
import JSON
import Payments

/// What a person does about deliveries (decision 0005).
extension Facade {
  /// `POST /v1/events/{id}/replay`: queues the event anew, with the same id, for every endpoint that wants it. Done twice it is sent twice, which the receiver
  /// tells by the id; so no Idempotency-Key is asked for.
  @Sendable func replayEvent(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .admin)
    try request.refuseQuery()
    _ = try RequestBody.none(of: request)
    guard let id = try? EventID(request.parameters["id"] ?? "") else { throw .noSuch("event") }
    guard
      let endpoints = try await stored(request, { () throws(StoreError) in try await deliveries.replay(id, of: key.merchants) })
    else { throw .noSuch("event") }
    return JSONAnswer.response(.accepted, ReplayBody(event: id.text, endpoints: endpoints.map(\.text)))
  }

  /// `GET /v1/deliveries`: `{"data", "has_more", "next_cursor"}`, newest event first, with every try.
  @Sendable func listDeliveries(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .eventsRead)
    let query = try DeliveryMembers.read(request.query(), merchants: key.merchants)
    guard !query.merchants.isEmpty else {
      return JSONAnswer.response(.ok, DeliveryListBody(DeliveryPage(deliveries: [], hasMore: false)))
    }
    let page = try await stored(request) { () throws(StoreError) in try await deliveries.deliveries(query) }
    return JSONAnswer.response(.ok, DeliveryListBody(page))
  }

  /// `GET /v1/endpoints`: `{"data"}`, those that are told of any of the key's merchants.
  @Sendable func listEndpoints(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .eventsRead)
    try request.refuseQuery()
    let endpoints = try await stored(request) { () throws(StoreError) in try await deliveries.endpoints(of: key.merchants) }
    return JSONAnswer.response(.ok, EndpointListBody(data: endpoints.map { EndpointBody($0) }))
  }

  /// `POST /v1/endpoints/{name}/enable`: sends to an endpoint again that said it is gone, or ends its rest.
  @Sendable func enableEndpoint(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .admin)
    try request.refuseQuery()
    _ = try RequestBody.none(of: request)
    guard let name = try? EndpointName(request.parameters["name"] ?? "") else { throw .noSuch("endpoint") }
    guard let endpoint = try await stored(request, { () throws(StoreError) in try await deliveries.enable(name, of: key.merchants) }) else {
      throw .noSuch("endpoint")
    }
    return JSONAnswer.response(.ok, EndpointBody(endpoint))
  }
}

extension Problem {
  fileprivate static func noSuch(_ thing: String) -> Problem { Problem(.http(.notFound), "No such \(thing).") }
}

/// The query of `GET /v1/deliveries`: `status, endpoint, event, limit, cursor`; each at most once, others refused, every fault at once.
enum DeliveryMembers {
  static func read(_ fields: [FormField], merchants: Set<MerchantName>) throws(Problem) -> DeliveryQuery {
    var reader = try QueryMembers.reader(fields)
    var query = DeliveryQuery(merchants: merchants.sorted { $0.text < $1.text })
    query.status = reader.value("status") { tree throws(ValueFault) in try ListQuery.word(tree) }
    query.endpoint = reader.value("endpoint") { tree throws(ValueFault) in
      try ListQuery.value(tree) { text throws(InvalidValue) in try EndpointName(text) }
    }
    query.event = reader.value("event") { tree throws(ValueFault) in
      try ListQuery.value(tree) { text throws(InvalidValue) in try EventID(text) }
    }
    query.limit = reader.value("limit", ListQuery.limit) ?? ListQuery.usualLimit
    query.after = reader.value("cursor") { tree throws(ValueFault) in
      guard case .text(let text) = tree, let cursor = DeliveryCursor(text) else {
        throw ValueFault(.malformed, "must be a next_cursor of this list")
      }
      return DeliveryPlace(place: cursor.place, endpoint: cursor.endpoint)
    }
    reader.finish()
    let faults = CardNumber.faults(in: fields) + reader.faults
    guard faults.isEmpty else { throw Problem(faults: faults) }
    return query
  }
}
