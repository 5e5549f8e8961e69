import ArgumentParser
import FreedomPay
import HTTPClient
import Logging
import Operations
import Payments
import Transport

/// `paylink config`: what is wrong with a configuration, before it serves.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "config", abstract: "Examines the configuration.", subcommands: [Check.self])

  struct Check: Command {
    static let configuration = CommandConfiguration(commandName: "check", abstract: "Reads the configuration and says what is wrong.")

    @OptionGroup var source: SettingsOptions

    @ArgumentParser.Flag(
      help: "Asks the acquirer, for each merchant, the status of an order that cannot exist: \"not found\" proves number and secret.")
    var live = false

    func execute() async throws(CommandFailure) {
      let settings = try source.settings()
      Console.out("configuration: ok (\(settings.merchants.count) merchants, \(settings.apiKeys.count) API keys)")
      guard live else { return }
      let failures = try await LiveCheck(settings: settings).run()
      if let first = failures.first { throw first }
    }
  }
}

/// Asks the acquirer about an order that cannot exist: an answer that is signed with our secret and says "not found" proves that number and secret are right.
struct LiveCheck {
  let settings: Settings

  func run() async throws(CommandFailure) -> [CommandFailure] {
    let loops = try Assembly.loops(count: 1)
    let client = HTTPClient(configuration: Assembly.clientConfiguration(settings), loops: loops)
    var failures: [CommandFailure] = []
    for merchant in settings.merchants {
      let acquirer = Assembly.acquirer(merchant, settings: settings, caller: client, clock: MachineClock(), logger: .silent)
      guard let order = try? OrderID("paylink\(UInt64.random(in: 0...UInt64.max))") else {
        preconditionFailure("digits and letters are an order's number")
      }
      let answer = await acquirer.status(.order(order), within: settings.limits.acquirerTimeout)
      if let failure = Self.judge(answer, merchant: merchant) {
        failures.append(failure)
      } else {
        Console.out("merchant \(merchant.name): ok")
      }
    }
    await client.shutdown()
    for failure in failures.dropFirst() { Console.error("paylink: \(failure.line)") }
    return failures
  }

  static func judge(_ answer: StatusAnswer, merchant: MerchantSettings) -> CommandFailure? {
    let place = "merchant \(merchant.name) (\(merchant.baseURL?.text ?? merchant.region.baseURL))"
    switch answer {
    case .notFound: return nil
    case .unknown(let why): return CommandFailure(.configuration, "\(place): not proven: \(why)")
    case .report, .refundRecord: return CommandFailure(.configuration, "\(place): the acquirer knows an order that cannot exist")
    }
  }
}
