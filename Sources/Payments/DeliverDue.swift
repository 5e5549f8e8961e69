package import Logging

/// Sends what is due to one endpoint. Run on a schedule, for each endpoint apart, so that a slow or broken one holds up no other; programs on one database share the
/// deliveries.
package struct DeliverDue: Sendable {
  /// Tries of one program at one endpoint at the same time.
  package static let inFlight = 8
  /// Rounds of one run: a backlog is worked off in one go, and a run still ends.
  private static let rounds = 64

  let endpoint: Endpoint
  let outbox: any Outbox
  let courier: any Courier
  let clock: any WallClock
  let terms: LeaseTerms
  /// Whether the process is to end: no further round begins then.
  let isEnding: @Sendable () -> Bool
  let logger: Logger
  /// Told of every try that counts.
  let count: @Sendable (EndpointName, DeliverySchedule.Next) -> Void
  /// Told of every delivery that was taken over from a program whose lease lapsed, before the log is: who reads of it there finds it counted.
  let takenOver: @Sendable () -> Void

  package init(
    endpoint: Endpoint, outbox: any Outbox, courier: any Courier, clock: any WallClock, terms: LeaseTerms = LeaseTerms(),
    isEnding: @escaping @Sendable () -> Bool = { false }, logger: Logger,
    count: @escaping @Sendable (EndpointName, DeliverySchedule.Next) -> Void = { _, _ in }, takenOver: @escaping @Sendable () -> Void = {}
  ) {
    self.endpoint = endpoint
    self.outbox = outbox
    self.courier = courier
    self.clock = clock
    self.terms = terms
    self.isEnding = isEnding
    self.logger = logger
    self.count = count
    self.takenOver = takenOver
  }

  /// - Returns: how many tries were made.
  @discardableResult
  package func callAsFunction() async throws(StoreError) -> Int {
    var tries = 0
    for _ in 0..<Self.rounds {
      guard !Task.isCancelled, !isEnding(), try await outbox.hasWork(for: endpoint.name, at: clock.now()) else { break }
      let taken = try await outbox.take(for: endpoint, under: terms, at: clock.now(), limit: Self.inFlight)
      guard !taken.isEmpty else { continue }
      for delivery in taken { note(delivery) }
      let keeper = LeaseKeeper(terms: terms, logger: logger) { () throws(StoreError) in
        try await outbox.renew(taken, under: terms, at: clock.now()) > 0
      }
      try await keeper.during { () throws(StoreError) in try await send(taken) }
      tries += taken.count
    }
    return tries
  }

  private func note(_ delivery: Delivery) {
    guard let before = delivery.lapsedHolder else { return }
    takenOver()
    logger.notice(
      "delivery taken over",
      metadata: [
        "endpoint": "\(endpoint.name)", "event": "\(delivery.event.id)", "holder": "\(terms.holder)", "from": "\(before)",
      ])
  }

  private func send(_ deliveries: [Delivery]) async throws(StoreError) {
    let failures = await withTaskGroup(of: StoreError?.self) { group in
      for delivery in deliveries { group.addTask(name: "deliver \(endpoint.name)") { await self.failure(of: delivery) } }
      return await group.reduce(into: [StoreError]()) { if let error = $1 { $0.append(error) } }
    }
    if let first = failures.first { throw first }
  }

  private func failure(of delivery: Delivery) async -> StoreError? {
    do throws(StoreError) {
      try await send(delivery)
      return nil
    } catch {
      return error
    }
  }

  private func send(_ delivery: Delivery) async throws(StoreError) {
    let began = clock.now()
    let start = ContinuousClock.now
    let answer = await courier.deliver(delivery.event, to: endpoint.name)
    let duration = ContinuousClock.now - start
    let now = clock.now()
    guard let end = answer.end else { return try await outbox.giveBack(delivery, under: terms, at: now) }
    let attempt = DeliveryAttempt(at: began, duration: duration, end: end)
    let next = DeliverySchedule.next(
      after: attempt, tries: delivery.tries + 1, retryAfter: answer.retryAfter, at: now, chance: .random(in: 0...1))
    let recorded = try await outbox.record(
      DeliveryRecord(endpoint: endpoint.name, place: delivery.place, attempt: attempt, next: next, at: now, holder: terms.holder))
    guard let breaker = recorded else { return }
    count(endpoint.name, next)
    tell(delivery, attempt, next, breaker)
  }

  private func tell(_ delivery: Delivery, _ attempt: DeliveryAttempt, _ next: DeliverySchedule.Next, _ breaker: Breaker) {
    var metadata: Logger.Metadata = ["endpoint": "\(endpoint.name)", "event": "\(delivery.event.id)", "try": "\(delivery.tries + 1)"]
    switch attempt.end {
    case .answered(let status): metadata["status"] = "\(status)"
    case .failed(let failure): metadata["failure"] = "\(failure.rawValue)"
    }
    switch next {
    case .delivered: logger.info("event delivered", metadata: metadata)
    case .again(let at):
      metadata["next"] = "\(at.rfc3339)"
      logger.notice("event not delivered", metadata: metadata)
    case .dead: logger.error("event given up", metadata: metadata)
    }
    if attempt.saysGone { logger.error("endpoint is gone and disabled: paylink events enable", metadata: ["endpoint": "\(endpoint.name)"]) }
    if breaker.failures == Breaker.patience { logger.error("endpoint fails and rests", metadata: ["endpoint": "\(endpoint.name)"]) }
  }
}
