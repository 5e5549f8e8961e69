import ArgumentParser
import FoundationEssentials
import Payments

/// `paylink links create`. Amounts are decimal text in major units, 150000.00, and become minor units before they are sent.
struct LinksCreate: Command {
  static let configuration = CommandConfiguration(commandName: "create", abstract: "Creates a payment link.")

  @Option(help: "The shop's own number of the order.")
  var order: String

  @Option(help: "The price, such as 150000.00.")
  var amount: String?

  @Option(help: "The least that the payer may choose; with --max.")
  var min: String?

  @Option(help: "The most that the payer may choose; with --min.")
  var max: String?

  @Option(help: "The amount suggested to a payer who may choose.")
  var suggest: String?

  @Option(help: "Currency of the amounts, such as UZS.")
  var currency: String

  @Option(help: "What the payer reads.")
  var description: String

  @Option(help: "The merchant, where the key serves several.")
  var merchant: String?

  @Option(help: ArgumentHelp("How long the link is offered, in seconds.", valueName: "seconds"))
  var expiresIn: Int64?

  @Option(help: "Language of the page, such as uz.")
  var language: String?

  @Option(help: ArgumentHelp("Where the payer goes after paying.", valueName: "url"))
  var successURL: String?

  @Option(help: ArgumentHelp("Where the payer goes after a decline.", valueName: "url"))
  var failureURL: String?

  @Option(help: ArgumentHelp("Where the page's way back leads.", valueName: "url"))
  var backURL: String?

  @ArgumentParser.Flag(help: "Asks for a QR code of the page.")
  var qr = false

  @ArgumentParser.Flag(help: "A test link: never counts as money.")
  var test = false

  @Option(help: "Idempotency-Key of the request; a random one otherwise, which is printed.")
  var idempotencyKey: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    do {
      _ = try request()
    } catch {
      throw ValidationError(error.rule)
    }
  }

  func execute() async throws(CommandFailure) {
    let body: [UInt8]
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      body = Array(try encoder.encode(try request()))
    } catch {
      throw CommandFailure(.software, "the request cannot be written as JSON")
    }
    let key = IdempotencyArgument(idempotencyKey)
    let answer = try await APIClient.call { client async throws(CommandFailure) in
      try await client.post("/v1/payment-links", body: body, idempotencyKey: key.told())
    }
    try output.show(answer) { answer throws(CommandFailure) in try answer.decode(LinkView.self).lines }
  }

  /// The body, or the rule that the arguments break.
  func request() throws(InvalidValue) -> CreateRequest {
    let currency: Currency
    do { currency = try Currency(self.currency) } catch { throw InvalidValue("--currency \(error.rule)") }
    func units(_ text: String?, _ option: String) throws(InvalidValue) -> Int64? {
      guard let text else { return nil }
      do { return try Money(decimal: text, currency: currency).minorUnits } catch { throw InvalidValue("\(option) \(error.rule)") }
    }
    let (price, least, most, suggested) = (
      try units(amount, "--amount"), try units(min, "--min"), try units(max, "--max"), try units(suggest, "--suggest")
    )
    guard (least == nil) == (most == nil) else { throw InvalidValue("--min and --max come together") }
    guard (price == nil) != (least == nil) else { throw InvalidValue("give either --amount, or --min and --max") }
    guard suggested == nil || least != nil else { throw InvalidValue("--suggest comes with --min and --max") }
    var range: CreateRequest.Range?
    if let least, let most { range = CreateRequest.Range(min: least, max: most) }
    return CreateRequest(
      orderID: order, amount: price ?? suggested, amountRange: range, currency: currency.code, description: description, merchant: merchant,
      expiresIn: expiresIn, language: language, successURL: successURL, failureURL: failureURL, backURL: backURL, qr: qr ? true : nil,
      test: test ? true : nil)
  }
}

/// The body of `POST /v1/payment-links` (design §4.4), as far as the command fills it. Members that are nil are left out.
struct CreateRequest: Encodable, Hashable {
  struct Range: Encodable, Hashable {
    var min: Int64
    var max: Int64
  }

  var orderID: String
  var amount: Int64?
  var amountRange: Range?
  var currency: String
  var description: String
  var merchant: String?
  var expiresIn: Int64?
  var language: String?
  var successURL: String?
  var failureURL: String?
  var backURL: String?
  var qr: Bool?
  var test: Bool?

  enum CodingKeys: String, CodingKey {
    case amount, currency, description, merchant, language, qr, test
    case orderID = "order_id"
    case amountRange = "amount_range"
    case expiresIn = "expires_in"
    case successURL = "success_url"
    case failureURL = "failure_url"
    case backURL = "back_url"
  }
}

/// The Idempotency-Key of a command: given, or random and told, so that the same command can be repeated.
struct IdempotencyArgument {
  private let given: String?
  let key: String

  init(_ given: String?) {
    self.given = given
    key = given ?? Token().text
  }

  /// The key; one that we made up is told first, so that it is known whatever comes.
  func told() -> String {
    if given == nil { Console.error("idempotency key: \(key)") }
    return key
  }
}
