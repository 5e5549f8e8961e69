import ArgumentParser
import FoundationEssentials

/// `paylink orphans`: callbacks of payments that no link has, for an operator (a key with scope admin).
struct OrphansCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orphans", abstract: "Shows payments that no link has, and adopts or refunds them.",
    discussion: "PAYLINK_URL is the gateway's address, PAYLINK_KEY an API key with the scope admin (and refunds:write to refund).",
    subcommands: [OrphansList.self, OrphansAdopt.self, OrphansRefund.self])
}

struct OrphansList: Command {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists orphans, the acquirer's newest number first.")

  @OptionGroup var page: PageOptions

  @OptionGroup var output: OutputOptions

  func execute() async throws(CommandFailure) {
    let path = "/v1/orphans\(QueryText(page.members).text)"
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await client.get(path) }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(OrphanListView.self).lines }
  }
}

/// Which payment, and of which merchant.
struct OrphanArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("The acquirer's number of the payment.", valueName: "number"))
  var payment: Int64

  @Option(help: "The merchant, where the key serves several.")
  var merchant: String?

  func validate() throws {
    guard payment > 0 else { throw ValidationError("The number of a payment is positive.") }
  }

  /// A mistyped number must not give back money that a link has.
  func mustBeOne(_ client: APIClient) async throws(CommandFailure) {
    let query = QueryText([("limit", "1"), ("cursor", payment == .max ? nil : String(payment + 1))]).text
    let found = try await client.get("/v1/orphans\(query)").decode(OrphanListView.self).data.first
    guard found?.paymentID == payment else {
      throw CommandFailure(.refused, "\(payment) is no orphan; money of a link goes back with paylink links refund")
    }
  }

  func adopt(_ client: APIClient) async throws(CommandFailure) -> APIAnswer {
    let path = "/v1/orphans/\(payment)/adopt"
    guard let merchant else { return try await client.post(path) }
    do {
      return try await client.post(path, json: Array(try JSONEncoder().encode(["merchant": merchant])))
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.software, "the request cannot be written as JSON")
    }
  }
}

struct OrphansAdopt: Command {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Asks the acquirer about a payment and takes it into the books, under its order's link or one of its own.")

  @OptionGroup var orphan: OrphanArgument

  @OptionGroup var output: OutputOptions

  func execute() async throws(CommandFailure) {
    let answer = try await APIClient.call { client async throws(CommandFailure) in try await orphan.adopt(client) }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(LinkView.self).lines }
  }
}

/// Adopts first: money is only ever given back under a link, through the one way of refunds.
struct OrphansRefund: Command {
  static let configuration = CommandConfiguration(
    commandName: "refund", abstract: "Adopts a payment and gives all of its money back; a hold is released with `paylink links cancel`.")

  @OptionGroup var orphan: OrphanArgument

  @Option(help: "Why, in your own words.")
  var reason: String?

  @Option(help: "Idempotency-Key of the refund; a random one otherwise, which is printed.")
  var idempotencyKey: String?

  @OptionGroup var output: OutputOptions

  func execute() async throws(CommandFailure) {
    let key = IdempotencyArgument(idempotencyKey)
    let answer = try await APIClient.call { client async throws(CommandFailure) in
      try await orphan.mustBeOne(client)
      let link = try await orphan.adopt(client).decode(LinkView.self)
      return try await client.post(
        "/v1/payment-links/\(link.id)/refunds", body: try OperationRequestBody(paymentID: orphan.payment, reason: reason).bytes(),
        idempotencyKey: key.told())
    }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(RefundView.self).lines }
  }
}

/// A page of orphans as the command shows it to a person.
struct OrphanListView: Decodable {
  struct OrphanView: Decodable {
    var paymentID: Int64
    var merchant: String
    var orderID: String?
    var status: String
    var amount: Int64?
    var currency: String?
    var messages: Int
    var lastAt: String

    enum CodingKeys: String, CodingKey {
      case merchant, status, amount, currency, messages
      case paymentID = "payment_id"
      case orderID = "order_id"
      case lastAt = "last_at"
    }

    var line: String {
      let money = amount.flatMap { amount in currency.map { "  \(LinkView.money(amount, $0))" } } ?? ""
      return "\(paymentID)  \(status)\(money)  order \(orderID ?? "-") of \(merchant)  \(messages) messages, last \(lastAt)"
    }
  }

  var data: [OrphanView]
  var nextCursor: String?

  enum CodingKeys: String, CodingKey {
    case data
    case nextCursor = "next_cursor"
  }

  var lines: [String] {
    let lines = data.isEmpty ? ["no orphans"] : data.map(\.line)
    return lines + (nextCursor.map { ["more: --cursor \($0)"] } ?? [])
  }
}
