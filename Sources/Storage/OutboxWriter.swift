import Payments

/// Changes endpoints and deliveries, inside a transaction that somebody else made.
struct OutboxWriter {
  let db: any SQLConnection
  let reader: BookReader

  /// Events that one `take` looks through: enough that a backlog moves, few enough that others wait for milliseconds.
  static let spreadAtOnce = 256

  func register(_ endpoints: [Endpoint], at now: Timestamp) throws {
    for endpoint in endpoints { try db.run(OutboxStatements.register, [endpoint.name.text.sql, endpoint.address.sql, now.sql]) }
    let known = Set(endpoints.map(\.name.text))
    for name in try db.all(OutboxStatements.names, [], { try $0.string(0) }) where !known.contains(name) {
      try db.run(OutboxStatements.giveUp, [name.sql])
      try db.run(OutboxStatements.forget, [name.sql])
    }
  }

  func take(for endpoint: Endpoint, under terms: LeaseTerms, at now: Timestamp, limit: Int) throws -> [Delivery] {
    guard let state = try self.endpoint(endpoint.name), !state.isDisabled else { return [] }
    try spread(to: endpoint, from: state.place, at: now)
    let due = try db.all(
      OutboxStatements.due, [endpoint.name.text.sql, now.sql, state.breaker.room(of: limit, at: now).sql]
    ) { row in (place: try row.number(0), tries: Int(try row.number(1)), holder: try row.stringIfAny(2)) }
    let end = now + terms.time
    return try due.compactMap { place, tries, holder in
      guard let event = try readable(place), endpoint.wants(event.kind, of: event.merchant) else {
        try db.run(OutboxStatements.bury, [endpoint.name.text.sql, place.sql])
        return nil
      }
      try db.run(OutboxStatements.lease, [end.sql, terms.holder.sql, endpoint.name.text.sql, place.sql])
      return Delivery(
        endpoint: endpoint.name, place: place, event: event, status: .waiting, tries: tries, dueAt: end, lapsedHolder: holder)
    }
  }

  func renew(_ deliveries: [Delivery], for holder: String, until end: Timestamp) throws -> Int {
    try deliveries.reduce(0) { count, delivery in
      try count + db.run(OutboxStatements.renew, [end.sql, delivery.endpoint.text.sql, delivery.place.sql, holder.sql])
    }
  }

  func giveBack(_ delivery: Delivery, by holder: String, at now: Timestamp) throws {
    try db.run(OutboxStatements.giveBack, [now.sql, delivery.endpoint.text.sql, delivery.place.sql, holder.sql])
  }

  /// The endpoint first, as in `take`: who takes two locks takes them in one order.
  func record(_ record: DeliveryRecord) throws -> Breaker? {
    let state = try endpoint(record.endpoint)
    let (status, due): (Delivery.Status, Timestamp?) =
      switch record.next {
      case .delivered: (.delivered, nil)
      case .again(let time): (.waiting, time)
      case .dead: (.dead, nil)
      }
    let tried = try db.run(
      OutboxStatements.tried,
      [status.rawValue.sql, due?.sql ?? .null, record.endpoint.text.sql, record.place.sql, record.holder.sql])
    // What was pruned meanwhile needs no record, and what is another's by now is the other's to tell.
    guard tried == 1 else { return nil }
    try keep(record.attempt, of: record)
    guard let state else { return Breaker() }
    let breaker = state.breaker.after(success: record.attempt.isDelivered, at: record.at)
    try db.run(
      OutboxStatements.breaker,
      [
        breaker.failures.sql, breaker.restsUntil?.sql ?? .null, record.attempt.saysGone ? record.at.sql : .null, record.endpoint.text.sql,
      ])
    return breaker
  }

  func queueAgain(_ event: EventID, for endpoints: [EndpointName], at now: Timestamp) throws {
    for endpoint in endpoints { try db.run(OutboxStatements.queueAgain, [endpoint.text.sql, now.sql, event.text.sql]) }
  }

  func enable(_ endpoint: EndpointName) throws -> Bool {
    try db.run(OutboxStatements.enable, [endpoint.text.sql]) == 1
  }

  /// Nobody else changes it until the commit.
  private func endpoint(_ name: EndpointName) throws -> StoredEndpoint? {
    try db.first(OutboxStatements.lockedEndpoint, [name.text.sql]) { try StoredEndpoint($0) }
  }

  /// Makes the deliveries of what happened behind the endpoint's place, and moves it there, in one transaction.
  private func spread(to endpoint: Endpoint, from place: Int64, at now: Timestamp) throws {
    let events = try db.all(OutboxStatements.since, [place.sql, Self.spreadAtOnce.sql]) { row in
      (place: try row.number(0), kind: try row.string(1), merchant: try row.string(2))
    }
    guard let last = events.last else { return }
    for event in events {
      // A word that this version does not know cannot be read, nor sent.
      guard let kind = Event.Kind(rawValue: event.kind), let merchant = try? MerchantName(event.merchant),
        endpoint.wants(kind, of: merchant)
      else { continue }
      try db.run(OutboxStatements.queue, [endpoint.name.text.sql, event.place.sql, event.merchant.sql, now.sql])
    }
    try db.run(OutboxStatements.move, [last.place.sql, endpoint.name.text.sql])
  }

  /// A damaged event is told and left to a person, and costs no other its turn.
  private func readable(_ place: Int64) throws -> Event? {
    do {
      return try reader.event(at: place)
    } catch let error as StoreError where error.code == .corrupt {
      reader.unreadable(error)
      return nil
    }
  }

  private func keep(_ attempt: DeliveryAttempt, of record: DeliveryRecord) throws {
    let (status, failure): (SQLValue, SQLValue) =
      switch attempt.end {
      case .answered(let status): (status.sql, .null)
      case .failed(let failure): (.null, failure.rawValue.sql)
      }
    try db.run(
      OutboxStatements.attempt,
      [
        record.endpoint.text.sql, record.place.sql, attempt.at.sql, max(0, attempt.duration.wholeMilliseconds).sql, status, failure,
      ])
  }
}
