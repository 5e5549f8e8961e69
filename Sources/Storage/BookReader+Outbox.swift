import GRDB
import Payments

/// How an endpoint stands.
struct StoredEndpoint {
  /// Events up to here have their deliveries.
  var place: Int64
  var breaker: Breaker
  var isDisabled: Bool
}

extension BookReader {
  func endpoint(_ name: EndpointName) throws -> StoredEndpoint? {
    let statement = try db.cachedStatement(sql: OutboxStatements.endpoint)
    guard let row = try Row.fetchOne(statement, arguments: ["endpoint": name.text]) else { return nil }
    let (place, failures): (Int64, Int) = (row[0], row[1])
    let (until, disabled): (Int64?, Int64?) = (row[2], row[3])
    return StoredEndpoint(
      place: place, breaker: Breaker(failures: failures, restsUntil: until.map { Timestamp(milliseconds: $0) }), isDisabled: disabled != nil
    )
  }

  func hasWork(for name: EndpointName, at now: Timestamp) throws -> Bool {
    guard let endpoint = try endpoint(name), !endpoint.isDisabled, endpoint.breaker.room(of: 1, at: now) > 0 else { return false }
    if try Row.fetchOne(try db.cachedStatement(sql: OutboxStatements.hasNew), arguments: ["place": endpoint.place]) != nil { return true }
    return try Row.fetchOne(
      try db.cachedStatement(sql: OutboxStatements.hasDue), arguments: ["endpoint": name.text, "now": now.milliseconds]) != nil
  }

  func event(at place: Int64) throws -> Event? {
    let statement = try db.cachedStatement(sql: OutboxStatements.event)
    return try Row.fetchOne(statement, arguments: ["place": place]).map { try placed($0).event }
  }

  func endpoints() throws -> [EndpointState] {
    try Row.fetchAll(try db.cachedStatement(sql: OutboxStatements.endpoints)).map { row in
      let row = StoredRow<EndpointColumn>(row, key: "of the list")
      return EndpointState(
        name: try row.value(.name), breaker: Breaker(failures: Int(try row.integer(.failures)), restsUntil: try row.timeIfAny(.restsUntil)),
        disabledAt: try row.timeIfAny(.disabledAt), waiting: Int(try row.integer(.waiting)), dead: Int(try row.integer(.dead)))
    }
  }

  func deliveries(_ query: DeliveryQuery) throws -> DeliveryPage {
    precondition(query.limit > 0, "the edge judges a list's limit")
    let sql = OutboxStatements.list(status: query.status != nil, endpoint: query.endpoint != nil, event: query.event != nil)
    var found: [Delivery] = []
    for merchant in Set(query.merchants) {
      let rows = try Row.fetchAll(try db.cachedStatement(sql: sql), arguments: StatementArguments(Self.arguments(query, merchant)))
      for row in rows {
        if let delivery = try delivery(StoredRow<DeliveryColumn>(row, key: "of the list")) { found.append(delivery) }
      }
    }
    found.sort { ($0.place, $0.endpoint.text) > ($1.place, $1.endpoint.text) }
    return DeliveryPage(deliveries: Array(found.prefix(query.limit)), hasMore: found.count > query.limit)
  }

  private static func arguments(_ query: DeliveryQuery, _ merchant: MerchantName) -> [String: (any DatabaseValueConvertible)?] {
    var arguments: [String: (any DatabaseValueConvertible)?] = [
      "merchant": merchant.text, "limit": query.limit + 1, "place": query.after?.place ?? Int64.max,
      "endpoint": query.after?.endpoint.text ?? "",
    ]
    if let status = query.status { arguments["status"] = status.rawValue }
    if let endpoint = query.endpoint { arguments["only"] = endpoint.text }
    if let event = query.event { arguments["id"] = event.text }
    return arguments
  }

  private func delivery(_ row: StoredRow<DeliveryColumn>) throws -> Delivery? {
    let place = try row.integer(.event)
    let endpoint: EndpointName = try row.value(.endpoint)
    guard let event = try event(at: place) else { return nil }
    return Delivery(
      endpoint: endpoint, place: place, event: event, status: try row.word(.status), tries: Int(try row.integer(.tries)),
      dueAt: try row.timeIfAny(.dueAt), attempts: try attempts(of: endpoint, at: place))
  }

  private func attempts(of endpoint: EndpointName, at place: Int64) throws -> [DeliveryAttempt] {
    let rows = try Row.fetchAll(
      try db.cachedStatement(sql: OutboxStatements.attempts), arguments: ["endpoint": endpoint.text, "place": place])
    return try rows.map { row in
      let row = StoredRow<AttemptColumn>(row, key: "of \(endpoint.text)")
      let end: DeliveryAttempt.End =
        if let status = try row.integerIfAny(.httpStatus) { .answered(status: Int(status)) } else { .failed(try row.word(.failure)) }
      return DeliveryAttempt(at: try row.time(.at), duration: .milliseconds(try row.integer(.milliseconds)), end: end)
    }
  }
}
