import ArgumentParser
import Operations
import Payments
import Storage

/// `paylink erase`: takes out of the books what says who pays. Money stays.
struct EraseCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Takes one payer's personal data out of the books; what was paid stays.",
    discussion: """
      Erased: the customer, loyalty, freedom_id and params of the payer's links, masked cards, reasons of refunds, the acquirer's messages. Not erased: order numbers, \
      descriptions and receipts, which are the shop's; digests of requests and answers; what the acquirer, the shop's endpoints, logs and backups hold.
      """)

  @OptionGroup var source: SettingsOptions

  @Option(help: "The shop's own id of the customer.")
  var customer: String?

  @Option(help: "With its plus, as the shop gave it: +998901234567.")
  var phone: String?

  @Option(help: "As the shop gave it.")
  var email: String?

  @Option(help: "One link alone: pl_…")
  var link: String?

  @ArgumentParser.Flag(help: "Also the shop's metadata of these links.")
  var metadata = false

  @ArgumentParser.Flag(help: "Only counts.")
  var dryRun = false

  func validate() throws {
    guard [customer, phone, email, link].compactMap(\.self).filter({ !$0.isEmpty }).count == 1 else {
      throw ValidationError("Name the payer by one of --customer, --phone, --email and --link.")
    }
  }

  func execute() async throws(CommandFailure) {
    let payer = try payer
    let settings = try source.settings()
    let store = try Books.open(settings, logger: .silent)
    let result: Result<Erased, StoreError>
    do throws(StoreError) {
      result = .success(try await store.erase(payer, metadata: metadata, isDryRun: dryRun))
    } catch {
      result = .failure(error)
    }
    await store.close()
    switch result {
    case .success(let erased):
      let counts = [
        ("links", erased.links), ("payments", erased.payments), ("operations", erased.operations), ("events", erased.events),
        ("messages", erased.messages), ("metadata", erased.metadata),
      ]
      for (name, count) in counts {
        Console.out("\(name)\(String(repeating: " ", count: 12 - name.utf8.count))\(count) \(dryRun ? "to erase" : "erased")")
      }
    case .failure(let error): throw CommandFailure(.unavailable, "\(settings.database): \(error.detail)")
    }
  }

  private var payer: Payer {
    get throws(CommandFailure) {
      if let customer { return .customer(customer) }
      if let phone { return .phone(phone) }
      if let email { return .email(email) }
      do { return .link(try LinkID(link ?? "")) } catch { throw CommandFailure(.usage, "--link: \(error.rule)") }
    }
  }
}
