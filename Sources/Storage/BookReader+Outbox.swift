import Payments

/// How an endpoint stands.
struct StoredEndpoint {
  /// Events up to here have their deliveries.
  var place: Int64
  var breaker: Breaker
  var isDisabled: Bool

  init(_ row: SQLRow) throws(StoreError) {
    place = try row.number(0)
    breaker = Breaker(failures: Int(try row.number(1)), restsUntil: try row.numberIfAny(2).map { Timestamp(milliseconds: $0) })
    isDisabled = try row.numberIfAny(3) != nil
  }
}

extension BookReader {
  func hasWork(for name: EndpointName, at now: Timestamp) throws -> Bool {
    let endpoint = try db.first(OutboxStatements.endpoint, [name.text.sql]) { try StoredEndpoint($0) }
    guard let endpoint, !endpoint.isDisabled, endpoint.breaker.room(of: 1, at: now) > 0 else { return false }
    if try db.isAny(OutboxStatements.hasNew, [endpoint.place.sql]) { return true }
    return try db.isAny(OutboxStatements.hasDue, [name.text.sql, now.sql])
  }

  func event(at place: Int64) throws -> Event? {
    try placed(OutboxStatements.event, [place.sql]).first?.event
  }

  func endpoints() throws -> [EndpointState] {
    try db.all(OutboxStatements.endpoints, []) { row in
      let row = StoredRow<EndpointColumn>(row, key: "of the list")
      return EndpointState(
        name: try row.value(.name), breaker: Breaker(failures: Int(try row.integer(.failures)), restsUntil: try row.timeIfAny(.restsUntil)),
        disabledAt: try row.timeIfAny(.disabledAt), waiting: Int(try row.integer(.waiting)), dead: Int(try row.integer(.dead)))
    }
  }

  func deliveries(_ query: DeliveryQuery) throws -> DeliveryPage {
    precondition(query.limit > 0, "the edge judges a list's limit")
    var rows: [DeliveryRow] = []
    for merchant in Set(query.merchants) {
      let (conditions, values) = Self.conditions(query, merchant)
      rows += try db.all(OutboxStatements.list(conditions), values) { try DeliveryRow($0) }
    }
    rows.sort { ($0.place, $0.endpoint.text) > ($1.place, $1.endpoint.text) }
    let deliveries = try rows.prefix(query.limit).compactMap { row in
      try event(at: row.place).map { row.delivery(of: $0, attempts: try attempts(of: row.endpoint, at: row.place)) }
    }
    return DeliveryPage(deliveries: deliveries, hasMore: rows.count > query.limit)
  }

  /// In the order of the statement's text.
  private static func conditions(_ query: DeliveryQuery, _ merchant: MerchantName) -> (OutboxStatements.Conditions, [SQLValue]) {
    var (conditions, values): (OutboxStatements.Conditions, [SQLValue]) = ([], [merchant.text.sql])
    if let status = query.status { (conditions, values) = (conditions.union(.status), values + [status.rawValue.sql]) }
    if let endpoint = query.endpoint { (conditions, values) = (conditions.union(.endpoint), values + [endpoint.text.sql]) }
    if let event = query.event { (conditions, values) = (conditions.union(.event), values + [event.text.sql]) }
    values += [(query.after?.place ?? Int64.max).sql, (query.after?.endpoint.text ?? "").sql, (query.limit + 1).sql]
    return (conditions, values)
  }

  private func attempts(of endpoint: EndpointName, at place: Int64) throws -> [DeliveryAttempt] {
    try db.all(OutboxStatements.attempts, [endpoint.text.sql, place.sql]) { row in
      let row = StoredRow<AttemptColumn>(row, key: "of \(endpoint.text)")
      let end: DeliveryAttempt.End =
        if let status = try row.integerIfAny(.httpStatus) { .answered(status: Int(status)) } else { .failed(try row.word(.failure)) }
      return DeliveryAttempt(at: try row.time(.at), duration: .milliseconds(try row.integer(.milliseconds)), end: end)
    }
  }
}

/// A delivery's own row, without its event and attempts.
private struct DeliveryRow {
  var endpoint: EndpointName
  var place: Int64
  var status: Delivery.Status
  var tries: Int
  var dueAt: Timestamp?

  init(_ row: SQLRow) throws(StoreError) {
    let row = StoredRow<DeliveryColumn>(row, key: "of the list")
    endpoint = try row.value(.endpoint)
    place = try row.integer(.event)
    status = try row.word(.status)
    tries = Int(try row.integer(.tries))
    dueAt = try row.timeIfAny(.dueAt)
  }

  func delivery(of event: Event, attempts: [DeliveryAttempt]) -> Delivery {
    Delivery(endpoint: endpoint, place: place, event: event, status: status, tries: tries, dueAt: dueAt, attempts: attempts)
  }
}
