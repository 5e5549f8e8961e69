import ArgumentParser
import Operations
import Payments
import Webhooks

/// `paylink events test`: one signed sample to a receiver, and what came back. It needs no gateway that runs.
struct EventsTest: Command {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Sends a signed sample event to a URL or the configured endpoints, and says what came back.",
    discussion: """
      With a URL the secret comes from --secret-file or PAYLINK_CERTIFY_SECRET; without one, addresses and secrets are those of webhooks in
      the settings. Exit 0 if all answered 2xx, 1 if not.
      """)

  @Argument(help: "The receiver's address, https://…; the configured endpoints where it is left out.")
  var url: String?

  @OptionGroup var receiver: ReceiverOptions

  @Option(help: ArgumentHelp("The configuration file (YAML).", valueName: "file"))
  var config: String?

  @Option(help: "Only the endpoint of this name.")
  var endpoint: String?

  @Option(help: "The event's type.")
  var type = Event.Kind.linkCompleted.rawValue

  func validate() throws {
    guard url == nil || (config == nil && endpoint == nil) else {
      throw ValidationError("A URL stands for itself: leave out --config and --endpoint.")
    }
    guard url != nil || (receiver.secretFile == nil && !receiver.allowPrivate) else {
      throw ValidationError("--secret-file and --allow-private come with a URL.")
    }
    guard Event.Kind(rawValue: type) != nil else {
      throw ValidationError("--type is one of \(Event.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
  }

  func execute() async throws(CommandFailure) {
    let (targets, limits) = try targets()
    guard !targets.isEmpty else { throw CommandFailure(.configuration, "no endpoint: webhooks in the settings, or a URL") }
    let type = type
    let failed = try await WebhookSender.use(limits: limits) { post async throws(CommandFailure) in
      var failed = 0
      for target in targets where !(await target.isTaken(of: type, by: post)) { failed += 1 }
      return failed
    }
    guard failed == 0 else { throw CommandFailure(.refused, "\(failed) of \(targets.count) did not take the event") }
  }

  private func targets() throws(CommandFailure) -> ([TestTarget], WebhookPost.Limits) {
    if let url {
      let secrets = [try receiver.secret(variable: "PAYLINK_CERTIFY_SECRET")]
      let address = try receiver.address(url)
      return ([TestTarget(name: "\(address)", address: address, secrets: secrets, allowsPrivate: receiver.allowPrivate)], .init())
    }
    let settings: Settings
    do {
      settings = try Settings.load(SettingsSources(file: config, environment: Environment.all))
    } catch {
      throw CommandFailure(error)
    }
    let places = settings.webhooks.map(\.place).filter { place in endpoint.map { $0 == place.endpoint.name.text } ?? true }
    return (places.map { TestTarget($0) }, settings.limits.webhook)
  }
}

/// Where a sample goes.
private struct TestTarget {
  var name: String
  var address: WebhookAddress
  var secrets: [WebhookSecret]
  var allowsPrivate: Bool

  init(name: String, address: WebhookAddress, secrets: [WebhookSecret], allowsPrivate: Bool) {
    self.name = name
    self.address = address
    self.secrets = secrets
    self.allowsPrivate = allowsPrivate
  }

  init(_ place: WebhookPlace) {
    self.init(
      name: place.endpoint.name.text, address: place.address, secrets: place.secrets.all, allowsPrivate: place.allowsPrivate)
  }

  func isTaken(of type: String, by post: WebhookPost) async -> Bool {
    let now = MachineClock().now()
    let sample = Certification.Sample(id: EventID(at: now), type: type, at: now, sequence: 3)
    let message = SignedMessage(
      id: sample.id.text, timestamp: now.milliseconds / 1000, body: SampleEvent.bytes(sample), secrets: secrets)
    let start = ContinuousClock.now
    let answer = await post.send(message, to: address, allowsPrivate: allowsPrivate)
    let result = Probe(name: name, lesson: "2xx means taken", expectation: .accepted, sendings: []).result([
      Probe.Answer(end: answer.end, duration: ContinuousClock.now - start)
    ])
    Console.out("\(name)  \(sample.id)  \(result.answer)\(result.lesson.map { ": \($0)" } ?? "")")
    return result.isPassed
  }
}
