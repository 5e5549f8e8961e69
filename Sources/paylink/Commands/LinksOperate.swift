import ArgumentParser
import FoundationEssentials
import Payments

/// `paylink links capture`: takes held money.
struct LinksCapture: Command {
  static let configuration = CommandConfiguration(commandName: "capture", abstract: "Captures a hold, whole or in part.")

  @Argument(help: "The link's id, pl_…")
  var id: String

  @Option(help: "How much, such as 150000.00, in the link's currency; all that is held where it is left out.")
  var amount: String?

  @Option(help: "Idempotency-Key of the request; a random one otherwise, which is printed.")
  var idempotencyKey: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    try LinkArgument.check(id)
    try AmountArgument.check(amount)
  }

  func execute() async throws(CommandFailure) {
    let key = IdempotencyArgument(idempotencyKey)
    let answer = try await APIClient.call { client async throws(CommandFailure) in
      let units = try await AmountArgument.units(amount, of: id, client)
      return try await client.post(
        "/v1/payment-links/\(id)/capture", body: try OperationRequestBody(amount: units).bytes(), idempotencyKey: key.told())
    }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(LinkView.self).lines }
  }
}

/// `paylink links refund`: gives captured money back, once for each key.
struct LinksRefund: Command {
  static let configuration = CommandConfiguration(commandName: "refund", abstract: "Gives captured money back, whole or in part.")

  @Argument(help: "The link's id, pl_…")
  var id: String

  @Option(help: "How much, such as 150000.00, in the link's currency; all that is left where it is left out.")
  var amount: String?

  @Option(help: ArgumentHelp("The acquirer's number of the payment; the one that counts where it is left out.", valueName: "number"))
  var paymentID: Int64?

  @Option(help: "Why, in your own words.")
  var reason: String?

  @Option(help: "Idempotency-Key of the request; a random one otherwise, which is printed.")
  var idempotencyKey: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    try LinkArgument.check(id)
    try AmountArgument.check(amount)
  }

  func execute() async throws(CommandFailure) {
    let key = IdempotencyArgument(idempotencyKey)
    let answer = try await APIClient.call { client async throws(CommandFailure) in
      let units = try await AmountArgument.units(amount, of: id, client)
      return try await client.post(
        "/v1/payment-links/\(id)/refunds", body: try OperationRequestBody(amount: units, paymentID: paymentID, reason: reason).bytes(),
        idempotencyKey: key.told())
    }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(RefundView.self).lines }
  }
}

/// The body of capture and refunds (design §4.3), as far as the commands fill it. Members that are nil are left out.
struct OperationRequestBody: Encodable, Hashable {
  var amount: Int64?
  var paymentID: Int64?
  var reason: String?

  enum CodingKeys: String, CodingKey {
    case amount, reason
    case paymentID = "payment_id"
  }

  func bytes() throws(CommandFailure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(self))
    } catch {
      throw CommandFailure(.software, "the request cannot be written as JSON")
    }
  }
}

/// An amount in major units whose currency is the link's: the link is read first to know it.
enum AmountArgument {
  /// Judged without the currency, before anything is asked: digits, and a point with digits.
  static func check(_ text: String?) throws {
    guard let text else { return }
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x30...0x39).contains($0) } }) else {
      throw ValidationError("--amount is a decimal number, such as 150000.00.")
    }
  }

  static func units(_ text: String?, of id: String, _ client: APIClient) async throws(CommandFailure) -> Int64? {
    guard let text else { return nil }
    let link = try await client.get("/v1/payment-links/\(id)").decode(LinkView.self)
    do {
      return try Money(decimal: text, currency: try Currency(link.currency)).minorUnits
    } catch {
      throw CommandFailure(.usage, "--amount \(error.rule)")
    }
  }
}
