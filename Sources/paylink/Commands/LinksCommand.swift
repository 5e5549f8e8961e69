import ArgumentParser
import FoundationEssentials

/// `paylink links`: the API from a shell.
struct LinksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "links", abstract: "Creates, reads and changes payment links through the API.",
    discussion: "PAYLINK_URL is the gateway's address (http://127.0.0.1:8080 where it is not set), PAYLINK_KEY the API key.",
    subcommands: [LinksCreate.self, LinksShow.self, LinksList.self, LinksCancel.self, LinksCapture.self, LinksRefund.self, LinksSync.self])
}

/// How answers are shown.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Prints the API's own JSON, for machines.")
  var json = false

  func show(_ answer: APIAnswer, _ lines: (APIAnswer) throws(CommandFailure) -> [String]) throws(CommandFailure) {
    if json { return Console.out(answer.text) }
    for line in try lines(answer) { Console.out(line) }
  }
}

/// Which part of a list.
struct PageOptions: ParsableArguments {
  @Option(help: "How many, 1 to 100.")
  var limit: Int?

  @Option(help: "Goes on where a list ended.")
  var cursor: String?

  var members: [(name: String, value: String?)] { [("limit", limit.map(String.init)), ("cursor", cursor)] }
}

struct LinksShow: Command {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one payment link.")

  @Argument(help: "The link's id, pl_…")
  var id: String

  @OptionGroup var output: OutputOptions

  func validate() throws { try LinkArgument.check(id) }

  func execute() async throws(CommandFailure) {
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.get("/v1/payment-links/\(id)") }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(LinkView.self).lines }
  }
}

struct LinksList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists payment links, newest first.")

  @Option(help: "Only links of this order.")
  var order: String?

  @Option(help: "Only links with this status: creating, active, completed, review, failed, expired or canceled.")
  var status: String?

  @Option(help: "Only links with a payment that carries this flag, such as late.")
  var flag: String?

  @OptionGroup var page: PageOptions

  @OptionGroup var output: OutputOptions

  func execute() async throws(CommandFailure) {
    let query = [("order_id", order), ("status", status), ("flag", flag)] + page.members
    let path = "/v1/payment-links\(QueryText(query).text)"
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.get(path) }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(LinkListView.self).lines }
  }
}

struct LinksCancel: Command {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Stops offering a payment link, or gives its hold back. Money that comes all the same is late money.")

  @Argument(help: "The link's id, pl_…")
  var id: String

  @Option(help: "Idempotency-Key of the request; a random one otherwise, which is printed.")
  var idempotencyKey: String?

  @OptionGroup var output: OutputOptions

  func validate() throws { try LinkArgument.check(id) }

  func execute() async throws(CommandFailure) {
    let key = IdempotencyArgument(idempotencyKey)
    let answer = try await APIClient.call { client async throws(CommandFailure) in
      try await client.post("/v1/payment-links/\(id)/cancel", body: [], idempotencyKey: key.told())
    }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(LinkView.self).lines }
  }
}

/// The id of a link as an argument: what is none never becomes part of a path.
enum LinkArgument {
  static func check(_ id: String) throws {
    guard id.hasPrefix("pl_"), (4...64).contains(id.utf8.count), id.utf8.allSatisfy({ Self.letters.contains($0) }) else {
      throw ValidationError("The id of a payment link begins with pl_.")
    }
  }

  private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".utf8)
}
