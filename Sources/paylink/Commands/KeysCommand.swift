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

    func execute() async throws(CommandFailure) {
      let key = NewKey()
      Console.out("key:    \(key.text)")
      Console.out("sha256: \(key.hash)")
      Console.error("The key is shown this once. Give it to the shop; put the hash under api_keys in the configuration.")
    }
  }
}

/// A fresh secret key: `sk_` and 256 random bits.
struct NewKey {
  let text: String
  /// SHA-256 of the whole text, in hex: all that the settings know of it.
  let hash: String

  init() {
    text = "sk_\(Token().text)\(Token().text)"
    hash = KeyDigest(of: text).hex
  }
}
