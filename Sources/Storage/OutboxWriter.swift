import GRDB
import Payments

/// Changes endpoints and deliveries, inside a savepoint that somebody else made.
struct OutboxWriter {
  let db: Database
  let reader: BookReader

  /// Events that one `take` looks through: enough that a backlog moves, few enough that others wait for milliseconds.
  static let spreadAtOnce = 256

  func register(_ endpoints: [Endpoint], at now: Timestamp) throws {
    for endpoint in endpoints {
      try run(OutboxStatements.register, ["name": endpoint.name.text, "address": endpoint.address, "at": now.milliseconds])
    }
    let known = Set(endpoints.map(\.name.text))
    for name in try String.fetchAll(db, sql: OutboxStatements.names) where !known.contains(name) {
      try run(OutboxStatements.giveUp, ["endpoint": name])
      try run(OutboxStatements.forget, ["endpoint": name])
    }
  }

  func take(for endpoint: Endpoint, at now: Timestamp, until lease: Timestamp, limit: Int) throws -> [Delivery] {
    guard let state = try reader.endpoint(endpoint.name), !state.isDisabled else { return [] }
    try spread(to: endpoint, from: state.place, at: now)
    let rows = try Row.fetchAll(
      try db.cachedStatement(sql: OutboxStatements.due),
      arguments: ["endpoint": endpoint.name.text, "now": now.milliseconds, "limit": state.breaker.room(of: limit, at: now)])
    return try rows.compactMap { row in
      let (place, tries): (Int64, Int) = (row[0], row[1])
      guard let event = try readable(place), endpoint.wants(event.kind, of: event.merchant) else {
        try run(OutboxStatements.bury, ["endpoint": endpoint.name.text, "place": place])
        return nil
      }
      try postpone(place, of: endpoint.name, to: lease)
      return Delivery(endpoint: endpoint.name, place: place, event: event, status: .waiting, tries: tries, dueAt: lease)
    }
  }

  func postpone(_ place: Int64, of endpoint: EndpointName, to time: Timestamp) throws {
    try run(OutboxStatements.postpone, ["endpoint": endpoint.text, "place": place, "at": time.milliseconds])
  }

  func record(_ record: DeliveryRecord) throws -> Breaker {
    let endpoint = record.endpoint.text
    let (status, due): (Delivery.Status, Timestamp?) =
      switch record.next {
      case .delivered: (.delivered, nil)
      case .again(let time): (.waiting, time)
      case .dead: (.dead, nil)
      }
    try run(
      OutboxStatements.tried, ["endpoint": endpoint, "place": record.place, "status": status.rawValue, "due": due?.milliseconds])
    // What was pruned meanwhile needs no record.
    guard db.changesCount == 1 else { return Breaker() }
    try keep(record.attempt, of: record)
    guard let state = try reader.endpoint(record.endpoint) else { return Breaker() }
    let breaker = state.breaker.after(success: record.attempt.isDelivered, at: record.at)
    try run(
      OutboxStatements.breaker,
      [
        "endpoint": endpoint, "failures": breaker.failures, "until": breaker.restsUntil?.milliseconds,
        "disabled": record.attempt.saysGone ? record.at.milliseconds : nil,
      ])
    return breaker
  }

  func queueAgain(_ event: EventID, for endpoints: [EndpointName], at now: Timestamp) throws {
    for endpoint in endpoints {
      try run(OutboxStatements.queueAgain, ["endpoint": endpoint.text, "id": event.text, "at": now.milliseconds])
    }
  }

  func enable(_ endpoint: EndpointName) throws -> Bool {
    try run(OutboxStatements.enable, ["endpoint": endpoint.text])
    return db.changesCount == 1
  }

  /// Makes the deliveries of what happened behind the endpoint's place, and moves it there, in one transaction.
  private func spread(to endpoint: Endpoint, from place: Int64, at now: Timestamp) throws {
    let rows = try Row.fetchAll(
      try db.cachedStatement(sql: OutboxStatements.since), arguments: ["place": place, "limit": Self.spreadAtOnce])
    guard let last = rows.last else { return }
    for row in rows {
      let (place, kind, merchant): (Int64, String, String) = (row[0], row[1], row[2])
      // A word that this version does not know cannot be read, nor sent.
      guard let kind = Event.Kind(rawValue: kind), let name = try? MerchantName(merchant), endpoint.wants(kind, of: name) else { continue }
      try run(
        OutboxStatements.queue, ["endpoint": endpoint.name.text, "event": place, "merchant": merchant, "at": now.milliseconds])
    }
    let end: Int64 = last[0]
    try run(OutboxStatements.move, ["endpoint": endpoint.name.text, "place": end])
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
    let (status, failure): (Int?, String?) =
      switch attempt.end {
      case .answered(let status): (status, nil)
      case .failed(let failure): (nil, failure.rawValue)
      }
    try run(
      OutboxStatements.attempt,
      [
        "endpoint": record.endpoint.text, "place": record.place, "at": attempt.at.milliseconds,
        "milliseconds": max(0, attempt.duration.wholeMilliseconds), "status": status, "failure": failure,
      ])
  }

  private func run(_ sql: String, _ arguments: StatementArguments) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }
}
