package import Payments

/// Tries a shop's receiver: asks every probe in turn and tells what came of it. All events are samples of a test link; none was ever stored.
package struct Certification: Sendable {
  /// A sample event's body.
  package struct Sample: Sendable {
    package var id: EventID
    package var type: String
    package var at: Timestamp
    package var sequence: Int64
    /// With texts as long as an order may have.
    /// Each probe is of a link of its own, so that none is judged by another's order.
    package var link: LinkID
    package var isLong: Bool

    package init(id: EventID, type: String, at: Timestamp, sequence: Int64, link: LinkID? = nil, isLong: Bool = false) {
      self.id = id
      self.type = type
      self.at = at
      self.sequence = sequence
      self.link = link ?? LinkID(at: at)
      self.isLong = isLong
    }
  }

  /// Standard Webhooks' tolerance of the timestamp, both ways.
  package static let tolerance = Duration.minutes(5)
  /// Slow enough that a body comes in many pieces, quick enough for the whole call's time.
  static let dripRate = 1000

  let post: WebhookPost
  let address: WebhookAddress
  let secret: WebhookSecret
  let allowsPrivate: Bool
  let clock: any WallClock
  let body: @Sendable (Sample) -> [UInt8]

  package init(
    post: WebhookPost, address: WebhookAddress, secret: WebhookSecret, allowsPrivate: Bool, clock: any WallClock,
    body: @escaping @Sendable (Sample) -> [UInt8]
  ) {
    self.post = post
    self.address = address
    self.secret = secret
    self.allowsPrivate = allowsPrivate
    self.clock = clock
    self.body = body
  }

  /// - Parameter tell: called with each result as it comes.
  package func callAsFunction(tell: (ProbeResult) -> Void) async -> [ProbeResult] {
    var results: [ProbeResult] = []
    for make in Self.probes {
      // Made only now, so that its timestamps are of now.
      let probe = make(self)
      let result = probe.result(await ask(probe))
      tell(result)
      results.append(result)
    }
    return results
  }

  private func ask(_ probe: Probe) async -> [Probe.Answer] {
    guard probe.isAtOnce else {
      var answers: [Probe.Answer] = []
      for sending in probe.sendings { answers.append(await send(sending)) }
      return answers
    }
    return await withTaskGroup(of: Probe.Answer.self) { group in
      for sending in probe.sendings { group.addTask(name: "probe") { await send(sending) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  private func send(_ sending: Probe.Sending) async -> Probe.Answer {
    let start = ContinuousClock.now
    let answer = await post.send(sending.message, to: address, allowsPrivate: allowsPrivate, bodyRate: sending.bodyRate)
    return Probe.Answer(end: answer.end, duration: ContinuousClock.now - start)
  }

  // MARK: - What probes are made of

  func sample(
    _ type: String = "payment_link.completed", sequence: Int64 = 3, of link: LinkID? = nil, age: Duration = .zero, isLong: Bool = false
  )
    -> Sample
  {
    let at = clock.now() - age
    return Sample(id: EventID(at: at), type: type, at: at, sequence: sequence, link: link, isLong: isLong)
  }

  /// - Parameter age: of the timestamp that is signed.
  func message(_ sample: Sample, age: Duration = .zero, secrets: [WebhookSecret]? = nil) -> SignedMessage {
    SignedMessage(
      id: sample.id.text, timestamp: (clock.now() - age).milliseconds / 1000, body: body(sample), secrets: secrets ?? [secret])
  }

  func probe(
    _ name: String, _ expectation: Probe.Expectation, _ messages: [SignedMessage], rate: Int? = nil, isAtOnce: Bool = false,
    _ lesson: String
  ) -> Probe {
    Probe(
      name: name, lesson: lesson, expectation: expectation, sendings: messages.map { Probe.Sending(message: $0, bodyRate: rate) },
      isAtOnce: isAtOnce)
  }
}
