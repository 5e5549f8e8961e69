import ArgumentParser
import Facade
import Operations
import Payments
import Storage

/// `paylink erase`: takes out of the books what says who pays. Money stays.
struct EraseCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Takes one payer's personal data out of the books; what was paid stays.",
    discussion: """
      Erased: the customer, loyalty, freedom_id and params of the payer's links, masked cards, reasons of refunds, the acquirer's messages. Not erased: order numbers, \
      descriptions and receipts, which are the shop's; digests of requests and answers; what the acquirer, the shop's endpoints, logs and backups hold. A link that is \
      still open is left and named, with exit status 1. A run that was cut may be run again. What comes for a link after it was erased, such as a late callback, is \
      found by --link alone: keep the names that are printed.
      """)

  @OptionGroup var source: SettingsOptions

  @Option(help: "The shop's own id of the customer.")
  var customer: String?

  @Option(help: "E.164 with its plus, as the shop gave it: +998901234567.")
  var phone: String?

  @Option(help: "As the shop gave it.")
  var email: String?

  @Option(help: "One link alone: pl_…")
  var link: String?

  @Option(help: "Within this merchant alone; needed with --customer where the settings have several.")
  var merchant: String?

  @ArgumentParser.Flag(help: "Also the shop's metadata of these links.")
  var metadata = false

  @ArgumentParser.Flag(help: "Only counts.")
  var dryRun = false

  func validate() throws {
    guard [customer, phone, email, link].compactMap(\.self).count == 1 else {
      throw ValidationError("Name the payer by one of --customer, --phone, --email and --link.")
    }
    do throws(CommandFailure) {
      _ = try payer
      _ = try merchantName
    } catch {
      throw ValidationError(error.line)
    }
  }

  func execute() async throws(CommandFailure) {
    let payer = try payer
    let settings = try source.settings()
    let merchant = try merchant(in: settings)
    let store = try Books.open(settings, logger: .silent)
    let result: Result<Erased, CommandFailure>
    do throws(CommandFailure) {
      result = .success(try await erase(payer, of: merchant, settings, store))
    } catch {
      result = .failure(error)
    }
    await store.close()
    let erased = try result.get()
    for line in lines(of: erased) { Console.out(line) }
    if let left = Self.left(erased.openLinks) { throw CommandFailure(.refused, left) }
  }

  private func erase(
    _ payer: Payer, of merchant: MerchantName?, _ settings: Settings, _ store: any BookStore
  ) async throws(CommandFailure) -> Erased {
    do {
      // One that left the settings may still have links here.
      if let merchant, !settings.merchants.contains(where: { $0.name == merchant }), try await !store.merchants().contains(merchant) {
        throw CommandFailure(.usage, "--merchant: neither the settings nor the books have a merchant \(merchant)")
      }
      return try await store.erase(payer, of: merchant, metadata: metadata, isDryRun: dryRun)
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.unavailable, "\(settings.database): \((error as? StoreError)?.detail ?? "lost")")
    }
  }

  /// An id of a customer is one shop's: it never goes for all of them.
  private func merchant(in settings: Settings) throws(CommandFailure) -> MerchantName? {
    if let named = try merchantName { return named }
    guard customer != nil else { return nil }
    guard settings.merchants.count == 1 else {
      let names = settings.merchants.map(\.name.text).joined(separator: ", ")
      throw CommandFailure(.usage, "--customer needs --merchant here: an id of a customer is each shop's own (\(names))")
    }
    return settings.merchants[0].name
  }

  private var merchantName: MerchantName? {
    get throws(CommandFailure) {
      guard let merchant else { return nil }
      do { return try MerchantName(merchant) } catch { throw CommandFailure(.usage, "--merchant \(error.rule)") }
    }
  }

  private var payer: Payer {
    get throws(CommandFailure) {
      do throws(InvalidValue) {
        if let customer {
          try CustomerName.id.judge(customer)
          return .customer(customer)
        }
        if let phone {
          try CustomerName.phone.judge(phone)
          return .phone(phone)
        }
        if let email {
          try CustomerName.email.judge(email)
          return .email(email)
        }
        return .link(try LinkID(link ?? ""))
      } catch {
        let option = customer != nil ? "--customer" : phone != nil ? "--phone" : email != nil ? "--email" : "--link"
        throw CommandFailure(.usage, "\(option) \(error.rule)")
      }
    }
  }
}

// MARK: - What it says

extension EraseCommand {
  private func lines(of erased: Erased) -> [String] {
    let did = dryRun ? "to erase" : "erased"
    let counts = [
      ("links", erased.links), ("payments", erased.payments), ("operations", erased.operations), ("events", erased.events),
      ("messages", erased.messages), ("metadata", erased.metadata),
    ]
    return counts.map { name, count in "\(name)\(String(repeating: " ", count: 12 - name.utf8.count))\(count) \(did)" }
      + erased.erasedLinks.map { "\($0) \(did)" }
      + erased.openLinks.map { "\($0.id) left, open until \($0.expiresAt.rfc3339)" }
  }

  /// What is left to do, in one line; nil where nothing is.
  static func left(_ open: [OpenLink]) -> String? {
    guard let last = open.map(\.expiresAt).max() else { return nil }
    let (links, them) = open.count == 1 ? ("1 link is", "it") : ("\(open.count) links are", "them")
    return "\(links) still open and not erased: cancel \(them), or run erase again after \(last.rfc3339)"
  }
}
