package import Payments

/// One question to a shop's receiver: what is sent, and what a receiver that is right answers (Standard Webhooks; docs/webhooks.md).
package struct Probe: Sendable {
  package enum Expectation: Sendable, Equatable {
    /// 2xx to all of it.
    case accepted
    /// 4xx: it was read and refused. A 5xx is a receiver that broke, and would be sent the same again.
    case refused
  }

  package var name: String
  /// What is wrong with a receiver that fails it.
  package var lesson: String
  package var expectation: Expectation
  package var sendings: [Sending]
  /// Sent side by side, not one after the other.
  package var isAtOnce: Bool

  package init(name: String, lesson: String, expectation: Expectation, sendings: [Sending], isAtOnce: Bool = false) {
    self.name = name
    self.lesson = lesson
    self.expectation = expectation
    self.sendings = sendings
    self.isAtOnce = isAtOnce
  }

  package struct Sending: Sendable {
    package var message: SignedMessage
    package var bodyRate: Int?
  }

  /// How one sending ended.
  package struct Answer: Sendable, Equatable {
    package var end: DeliveryAttempt.End?
    package var duration: Duration

    package init(end: DeliveryAttempt.End?, duration: Duration) {
      self.end = end
      self.duration = duration
    }
  }

  /// What comes of the answers.
  package func result(_ answers: [Answer]) -> ProbeResult {
    let failing = answers.first { !passes($0.end) }
    let shown = failing ?? answers.last
    return ProbeResult(
      name: name, isPassed: failing == nil && !answers.isEmpty, answer: Self.words(shown),
      lesson: failing == nil ? nil : hint(failing?.end) ?? lesson)
  }

  private func passes(_ end: DeliveryAttempt.End?) -> Bool {
    guard case .answered(let status)? = end else { return false }
    return expectation == .accepted ? (200...299).contains(status) : (400...499).contains(status)
  }

  private static func words(_ answer: Answer?) -> String {
    guard let answer else { return "nothing was sent" }
    let time = "\(answer.duration.wholeMilliseconds) ms"
    switch answer.end {
    case .answered(let status)?: return "answered \(status) in \(time)"
    case .failed(let failure)?: return "no answer (\(failure.rawValue)) in \(time)"
    case nil: return "given up after \(time)"
    }
  }

  /// What is wrong whatever was sent.
  private func hint(_ end: DeliveryAttempt.End?) -> String? {
    switch end {
    case .answered(let status)? where (300...399).contains(status): "redirects are not followed: give the address itself"
    case .answered(let status)? where status >= 500: "it broke, and would be sent the same again and again; \(lesson)"
    case .failed(.timeout)?: "it took too long: answer first, work afterwards"
    case .failed(.addressRefused)?: "its address is not public: --allow-private allows it"
    case .failed(.connect)?: "nobody listens there"
    case .failed(.tls)?: "its certificate is not to be trusted, or TLS failed"
    default: nil
    }
  }
}

/// What a probe found.
package struct ProbeResult: Sendable, Equatable {
  package var name: String
  package var isPassed: Bool
  /// `answered 204 in 12 ms`.
  package var answer: String
  /// What to mend, where it failed.
  package var lesson: String?
}
