import ArgumentParser
import FoundationEssentials
import Payments

/// `paylink links sync`: asks the acquirer about one link, or about all of them.
struct LinksSync: Command {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Asks the acquirer about a payment link now, and shows it; or about all links, such as after a backup was restored.",
    discussion:
      "With --all every link that the key may see and that has a payment is asked about, settled ones too; those that came to be another are shown."
  )

  @Argument(help: "The link's id, pl_…")
  var id: String?

  @ArgumentParser.Flag(help: "Asks about all links instead of one.")
  var all = false

  @Option(help: ArgumentHelp("With --all: only links created since then, such as 2026-11-25T00:00:00Z.", valueName: "time"))
  var createdFrom: String?

  @Option(help: ArgumentHelp("With --all: milliseconds from one question to the next.", valueName: "ms"))
  var every = 2000

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard all != (id != nil) else { throw ValidationError("Either the id of a link or --all is wanted.") }
    if let id { try LinkArgument.check(id) }
    guard createdFrom == nil || all else { throw ValidationError("--created-from goes with --all.") }
    guard (0...60_000).contains(every) else { throw ValidationError("--every is 0 to 60000 milliseconds.") }
  }

  func execute() async throws(CommandFailure) {
    guard let id else { return try await askAll() }
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.post("/v1/payment-links/\(id)/sync") }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(LinkView.self).lines }
  }

  private func askAll() async throws(CommandFailure) {
    let (from, pace) = (createdFrom, Duration.milliseconds(every))
    let round = try await APIClient.call { client async throws(CommandFailure) in try await SyncRound.run(client, from: from, pace: pace) }
    Console.out("asked about \(round.asked) links: \(round.changed) came to be another, \(round.failed) could not be asked")
    guard round.failed == 0 else { throw CommandFailure(.refused, "\(round.failed) links could not be asked about; run it again") }
  }
}

/// One question for each link, at a pace that the acquirer bears.
private struct SyncRound: Sendable {
  private(set) var (asked, changed, failed) = (0, 0, 0)

  /// A link as far as it matters here.
  private struct Link: Decodable {
    struct Payment: Decodable {
      var id: Int64?
    }

    var id: String
    var orderID: String
    var status: String
    var sequence: Int64
    var payments: [Payment]

    enum CodingKeys: String, CodingKey {
      case id, status, sequence, payments
      case orderID = "order_id"
    }
  }

  private struct Page: Decodable {
    var data: [Link]
    var nextCursor: String?

    enum CodingKeys: String, CodingKey {
      case data
      case nextCursor = "next_cursor"
    }
  }

  static func run(_ client: APIClient, from: String?, pace: Duration) async throws(CommandFailure) -> SyncRound {
    var round = SyncRound()
    var cursor: String?
    repeat {
      let query = QueryText([("limit", "100"), ("created_from", from), ("cursor", cursor)]).text
      let page = try await client.get("/v1/payment-links\(query)").decode(Page.self)
      // Without a number the acquirer cannot be asked; a link in creation has a way of its own.
      for link in page.data where link.payments.contains(where: { $0.id != nil }) {
        await round.ask(client, link)
        // The only error is cancellation, which nobody does here.
        try? await Task.sleep(for: pace)
      }
      cursor = page.nextCursor
    } while cursor != nil
    return round
  }

  private mutating func ask(_ client: APIClient, _ link: Link) async {
    asked += 1
    do throws(CommandFailure) {
      let answer = try await client.post("/v1/payment-links/\(link.id)/sync")
      let now = try answer.decode(Link.self)
      guard now.sequence != link.sequence else { return }
      changed += 1
      Console.out("\(link.id)  order \(link.orderID)  was \(link.status)")
      for line in try answer.decode(LinkView.self).lines { Console.out("  \(line)") }
    } catch {
      failed += 1
      Console.error("paylink: \(link.id): \(error.line)")
    }
  }
}
