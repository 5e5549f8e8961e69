import ArgumentParser
import Facade
import Payments

/// `paylink keys`: API keys.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "keys", abstract: "Makes API keys.", subcommands: [New.self])

  /// `paylink keys new`: a fresh key, once, and its hash.
  struct New: Command {
    static let configuration = CommandConfiguration(
      commandName: "new", abstract: "Prints a new API key once, and the hash to configure.")

    @ArgumentParser.Flag(help: "A publishable key, pk_…, for a shop's page: it creates links from signed orders.")
    var publishable = false

    func execute() async throws(CommandFailure) {
      let key = NewKey(isPublishable: publishable)
      Console.out("key:    \(key.text)")
      Console.out("sha256: \(key.hash)")
      Console.error("The key is shown this once. Give it to the shop; put the hash under api_keys in the configuration.")
    }
  }
}

/// A fresh key: `sk_`, or `pk_` for a page, and 256 random bits.
struct NewKey {
  let text: String
  /// SHA-256 of the whole text, in hex: all that the settings know of it.
  let hash: String

  init(isPublishable: Bool = false) {
    text = "\(isPublishable ? "pk" : "sk")_\(Token().text)\(Token().text)"
    hash = KeyDigest(of: text).hex
  }
}
