import ArgumentParser
import Payments
import Testing
import Transport

@testable import paylink

@Suite struct SettingsCommandTests {
  private func parse<Wanted>(_ arguments: String..., as type: Wanted.Type) throws -> Wanted {
    try #require(try PaylinkCommand.parseAsRoot(arguments) as? Wanted)
  }

  @Test("serve and config check take file, sandbox and single keys")
  func serve() throws {
    let plain = try parse("serve", as: ServeCommand.self)
    #expect(plain.source.config == nil && plain.source.set.isEmpty && !plain.sandbox)
    let full = try parse("serve", "--config", "a.yaml", "--sandbox", "--set", "a=b", "--set", "c=d", as: ServeCommand.self)
    #expect(full.source.config == "a.yaml" && full.sandbox && full.source.set == ["a=b", "c=d"])
    #expect(try parse("config", "check", "--live", "--config", "a.yaml", as: ConfigCommand.Check.self).live)
    #expect(try parse("migrate", "--config", "a.yaml", as: MigrateCommand.self).source.config == "a.yaml")
  }

  @Test("sandbox takes address, merchant with secret file, seed")
  func sandbox() throws {
    let plain = try parse("sandbox", as: SandboxCommand.self)
    #expect(plain.seed == 1 && plain.merchant == nil)
    #expect(try plain.address([:]).description == "127.0.0.1:8081")
    #expect(try plain.address(["PAYLINK_SANDBOX_LISTEN": "127.0.0.1:9"]).description == "127.0.0.1:9")
    let full = try parse("sandbox", "--listen", "[::1]:7", "--merchant", "5", "--secret-file", "f", "--seed", "9", as: SandboxCommand.self)
    #expect(try full.address(["PAYLINK_SANDBOX_LISTEN": "127.0.0.1:9"]).description == "[::1]:7")
    #expect(full.merchant == 5 && full.secretFile == "f" && full.seed == 9)
    let open = try parse("sandbox", "--listen", "0.0.0.0:7", as: SandboxCommand.self)
    #expect(throws: CommandFailure(.configuration, "0.0.0.0:7 is not a loopback address with a port; the sandbox listens nowhere else")) {
      try open.address([:])
    }
    let rule = "must be an address such as 127.0.0.1:8080 or [::1]:8080 (address \"x\": the port is missing, as in 127.0.0.1:8080)"
    let broken = try parse("sandbox", "--listen", "x", as: SandboxCommand.self)
    #expect(throws: CommandFailure(.usage, "--listen: \(rule)")) { try broken.address([:]) }
    #expect(throws: CommandFailure(.configuration, "PAYLINK_SANDBOX_LISTEN: \(rule)")) {
      try plain.address(["PAYLINK_SANDBOX_LISTEN": "x"])
    }
  }

  @Test("links create turns decimal text into minor units")
  func create() throws {
    let fixed = try parse(
      "links", "create", "--order", "A1", "--amount", "150000.5", "--currency", "UZS", "--description", "x", as: LinksCreate.self)
    #expect(try fixed.request() == CreateRequest(orderID: "A1", amount: 15_000_050, currency: "UZS", description: "x"))
    let ranged = try parse(
      "links", "create", "--order", "A1", "--min", "10", "--max", "500", "--suggest", "50", "--currency", "KZT", "--description", "x",
      "--qr",
      "--test", "--merchant", "m", "--expires-in", "600", "--language", "kk", "--success-url", "https://a", "--json", as: LinksCreate.self)
    let request = try ranged.request()
    #expect(request.amountRange == CreateRequest.Range(min: 1000, max: 50_000) && request.amount == 5000)
    #expect(request.qr == true && request.test == true && request.merchant == "m" && request.expiresIn == 600)
    #expect(request.successURL == "https://a" && ranged.output.json)
  }

  @Test("the other commands are there")
  func others() throws {
    #expect(try parse("links", "show", "pl_1", "--json", as: LinksShow.self).output.json)
    let list = try parse(
      "links", "list", "--order", "A", "--status", "active", "--flag", "late", "--limit", "5", "--cursor", "c", as: LinksList.self)
    #expect(list.order == "A" && list.status == "active" && list.flag == "late" && list.page.limit == 5 && list.page.cursor == "c")
    #expect(try parse("links", "cancel", "pl_1", "--idempotency-key", "k", as: LinksCancel.self).idempotencyKey == "k")
    _ = try parse("keys", "new", as: KeysCommand.New.self)
    let health = try parse("health", "--ready", "--address", "127.0.0.1:1", as: HealthCommand.self)
    #expect(health.ready && health.address == "127.0.0.1:1")
  }

  struct Bad: Sendable {
    var arguments: [String]
    var line: String
  }

  @Test(
    "bad usage is one line, and 64",
    arguments: [
      Bad(arguments: ["serv"], line: "Unexpected argument 'serv'"),
      Bad(arguments: ["serve", "--confg", "x"], line: "Unknown option '--confg'. Did you mean '--config'?"),
      Bad(arguments: ["sandbox", "--merchant", "5"], line: "--merchant and --secret-file come together."),
      Bad(arguments: ["sandbox", "--merchant", "0", "--secret-file", "f"], line: "--merchant must be a positive number."),
      Bad(arguments: ["links", "show", "../admin"], line: "The id of a payment link begins with pl_."),
      Bad(arguments: ["links", "show", "pl_a/b"], line: "The id of a payment link begins with pl_."),
      Bad(arguments: createLine("--amount", "1.001"), line: "--amount must be a decimal number such as 150000.00, in whole minor units"),
      Bad(arguments: createLine("--amount", "1", "--min", "1", "--max", "2"), line: "give either --amount, or --min and --max"),
      Bad(arguments: createLine(), line: "give either --amount, or --min and --max"),
      Bad(arguments: createLine("--min", "1"), line: "--min and --max come together"),
      Bad(arguments: createLine("--amount", "1", "--suggest", "1"), line: "--suggest comes with --min and --max"),
      Bad(arguments: ["links", "release", "pl_1"], line: "2 unexpected arguments: 'release', 'pl_1'"),
      Bad(arguments: ["refund"], line: "Unexpected argument 'refund'"),
    ])
  func usage(_ bad: Bad) throws {
    let error = try #require(throws: (any Error).self) { _ = try PaylinkCommand.parseAsRoot(bad.arguments) }
    #expect(PaylinkCommand.exitCode(for: error).rawValue == 64)
    #expect(PaylinkCommand.usageLine(for: error) == "\(bad.line) (see paylink --help)")
  }

  @Test("version and help end well")
  func version() throws {
    for arguments in [["--version"], ["--help"], ["serve", "--help"]] {
      // Some help is thrown by the parser, some is a command of its own that throws it.
      let error = try #require(throws: (any Error).self) {
        var command = try PaylinkCommand.parseAsRoot(arguments)
        try command.run()
      }
      #expect(PaylinkCommand.exitCode(for: error) == .success)
    }
  }

  @Test("a new key is 256 random bits, and its hash is of the whole text")
  func keys() throws {
    let (one, two) = (NewKey(), NewKey())
    #expect(one.text.hasPrefix("sk_") && one.text.utf8.count == 55 && one.text != two.text)
    #expect(one.hash.utf8.count == 64 && one.hash != two.hash)
  }

  struct Address: Sendable {
    var text: String
    var base: String
  }

  @Test(
    "health asks where a wildcard listens on loopback",
    arguments: [
      Address(text: "0.0.0.0:9090", base: "http://127.0.0.1:9090"), Address(text: "[::]:9090", base: "http://[::1]:9090"),
      Address(text: "10.0.0.5:1", base: "http://10.0.0.5:1"), Address(text: "127.0.0.1:1,127.0.0.1:2", base: "http://127.0.0.1:1"),
    ])
  func health(_ address: Address) throws {
    #expect(try HealthCommand.base(address.text) == address.base)
  }

  @Test("a query is percent-encoded, and members that are nil are left out")
  func query() {
    #expect(QueryText([("a", "x y&z=ü"), ("b", nil), ("c", "1-._~")]).text == "?a=x%20y%26z%3D%C3%BC&c=1-._~")
    #expect(QueryText([("b", nil)]).text == "")
  }

  @Test("what status says of an order that cannot exist", arguments: [true, false])
  func live(_ isFound: Bool) throws {
    let merchant = try #require(try SettingsLoadTests.load().merchants.first)
    #expect(LiveCheck.judge(.notFound, merchant: merchant) == nil)
    let failure = LiveCheck.judge(isFound ? .refundRecord : .unknown("error 1100: bad signature"), merchant: merchant)
    let why = isFound ? "the acquirer knows an order that cannot exist" : "not proven: error 1100: bad signature"
    #expect(failure == CommandFailure(.configuration, "merchant main (https://api.freedompay.uz): \(why)"))
  }
}

/// The arguments of a create with more behind them.
private func createLine(_ more: String...) -> [String] {
  ["links", "create", "--order", "A", "--currency", "UZS", "--description", "x"] + more
}
