import ArgumentParser

/// `paylink events`: what happened, and sending it to the shop again.
struct EventsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows what happened, and sends it to the shop again.",
    discussion: "PAYLINK_URL is the gateway's address (http://127.0.0.1:8080 where it is not set), PAYLINK_KEY the API key.",
    subcommands: [EventsList.self, EventsReplay.self, EventsTest.self, EventsDeliveries.self, EventsEndpoints.self, EventsEnable.self])
}

struct EventsList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists events, oldest first.")

  @Option(help: "Only what happened then or later, such as 2026-11-25T08:00:00Z.")
  var since: String?

  @OptionGroup var page: PageOptions

  @OptionGroup var output: OutputOptions

  func execute() async throws(CommandFailure) {
    let query = QueryText([("created_from", since)] + page.members)
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.get("/v1/events\(query.text)") }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(EventListView.self).lines }
  }
}

/// `paylink events replay`: the same event, with the same id, to every endpoint that wants it.
struct EventsReplay: Command {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Sends an event, or all since a time, to the shop again. Needs a key with scope admin.")

  @Argument(help: "The event's id, evt_…")
  var id: String?

  @Option(help: "All that happened then or later, such as 2026-11-25T08:00:00Z.")
  var since: String?

  func validate() throws {
    guard (id == nil) != (since == nil) else { throw ValidationError("Give an event's id, or --since.") }
    if let id { try EventArgument.check(id) }
  }

  func execute() async throws(CommandFailure) {
    _ = try await APIClient.call { client async throws(CommandFailure) in
      if let id { return try await Self.replay(id, client) }
      return try await replayAll(client)
    }
  }

  /// Page after page; each event is queued before the next is asked for.
  private func replayAll(_ client: APIClient) async throws(CommandFailure) -> APIAnswer {
    var cursor: String?
    var count = 0
    while true {
      let query = QueryText([("created_from", since), ("limit", "100"), ("cursor", cursor)])
      let answer = try await client.get("/v1/events\(query.text)")
      let page = try answer.decode(EventListView.self)
      for event in page.data { _ = try await Self.replay(event.id, client) }
      count += page.data.count
      cursor = page.nextCursor
      guard page.hasMore else {
        Console.out("\(count) \(count == 1 ? "event" : "events")")
        return answer
      }
    }
  }

  private static func replay(_ id: String, _ client: APIClient) async throws(CommandFailure) -> APIAnswer {
    let answer = try await client.post("/v1/events/\(id)/replay")
    Console.out(try answer.decode(ReplayView.self).line)
    return answer
  }
}

/// `paylink events deliveries`: what became of the sending.
struct EventsDeliveries: Command {
  static let configuration = CommandConfiguration(
    commandName: "deliveries", abstract: "Lists deliveries with every try, newest event first.")

  @ArgumentParser.Flag(help: "Only dead letters: given up after the last try.")
  var dead = false

  @Option(help: "Only deliveries that are waiting, delivered or dead.")
  var status: String?

  @Option(help: "Only those to this endpoint.")
  var endpoint: String?

  @Option(help: "Only those of this event.")
  var event: String?

  @OptionGroup var page: PageOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard !dead || status == nil else { throw ValidationError("--dead is --status dead.") }
  }

  func execute() async throws(CommandFailure) {
    let query = QueryText([("status", dead ? "dead" : status), ("endpoint", endpoint), ("event", event)] + page.members)
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.get("/v1/deliveries\(query.text)") }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(DeliveryListView.self).lines }
  }
}

struct EventsEndpoints: Command {
  static let configuration = CommandConfiguration(commandName: "endpoints", abstract: "Says how each endpoint of the shop stands.")

  @OptionGroup var output: OutputOptions

  func execute() async throws(CommandFailure) {
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.get("/v1/endpoints") }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(EndpointListView.self).lines }
  }
}

struct EventsEnable: Command {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Sends to an endpoint again that had said it is gone (410). Needs a key with scope admin.")

  @Argument(help: "The endpoint's name in the settings.")
  var name: String

  @OptionGroup var output: OutputOptions

  func validate() throws {
    let isName = (1...32).contains(name.utf8.count) && name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) }
    guard isName else { throw ValidationError("An endpoint's name is 1 to 32 of a-z, 0-9 and -.") }
  }

  func execute() async throws(CommandFailure) {
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.post("/v1/endpoints/\(name)/enable") }
    try output.show(answer) { answer throws(CommandFailure) in [try answer.decode(EndpointView.self).line] }
  }
}

/// The id of an event as an argument: what is none never becomes part of a path.
enum EventArgument {
  static func check(_ id: String) throws {
    guard id.hasPrefix("evt_"), id.utf8.count == 30, id.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789_".utf8.contains($0) })
    else {
      throw ValidationError("The id of an event begins with evt_.")
    }
  }
}
