package import Logging

/// Sends what is due to one endpoint. Run on a schedule, for each endpoint apart, so that a slow or broken one holds up no other.
package struct DeliverDue: Sendable {
  /// Tries at one endpoint at the same time.
  package static let inFlight = 8
  /// Rounds of one run: a backlog is worked off in one go, and a run still ends.
  private static let rounds = 64

  let endpoint: Endpoint
  let outbox: any Outbox
  let courier: any Courier
  let clock: any WallClock
  /// How long what was taken is ours: the longest try and then some.
  let lease: Duration
  /// Whether the process is to end: no further round begins then.
  let isEnding: @Sendable () -> Bool
  let logger: Logger
  /// Told of every try that counts.
  let count: @Sendable (EndpointName, DeliverySchedule.Next) -> Void

  package init(
    endpoint: Endpoint, outbox: any Outbox, courier: any Courier, clock: any WallClock, lease: Duration,
    isEnding: @escaping @Sendable () -> Bool = { false }, logger: Logger,
    count: @escaping @Sendable (EndpointName, DeliverySchedule.Next) -> Void = { _, _ in }
  ) {
    self.endpoint = endpoint
    self.outbox = outbox
    self.courier = courier
    self.clock = clock
    self.lease = lease
    self.isEnding = isEnding
    self.logger = logger
    self.count = count
  }

  /// - Returns: how many tries were made.
  @discardableResult
  package func callAsFunction() async throws(StoreError) -> Int {
    var tries = 0
    for _ in 0..<Self.rounds {
      guard !Task.isCancelled, !isEnding(), try await outbox.hasWork(for: endpoint.name, at: clock.now()) else { break }
      let now = clock.now()
      let taken = try await outbox.take(for: endpoint, at: now, until: now + lease, limit: Self.inFlight)
      guard !taken.isEmpty else { continue }
      try await send(taken)
      tries += taken.count
    }
    return tries
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
    guard let end = answer.end else { return try await outbox.giveBack(delivery, at: now) }
    let attempt = DeliveryAttempt(at: began, duration: duration, end: end)
    let next = DeliverySchedule.next(
      after: attempt, tries: delivery.tries + 1, retryAfter: answer.retryAfter, at: now, chance: .random(in: 0...1))
    let breaker = try await outbox.record(
      DeliveryRecord(endpoint: endpoint.name, place: delivery.place, attempt: attempt, next: next, at: now))
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
