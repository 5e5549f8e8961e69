import Facade
import Payments
import Transport

/// What `paylink serve --sandbox` runs with where nothing is set (design §4.6). config/sandbox.yaml is the same, written out; a test compares them.
enum SandboxArrangement {
  static let merchant = "demo"
  static let merchantNumber: Int64 = 100_000
  /// Known to everybody: it guards nothing, since the sandbox stands on loopback.
  static let secret = "sandbox-secret"
  static let apiKey = "sk_sandbox_demo"
  /// SHA-256 of the demo key.
  static let apiKeyHash = "1a2ac1341df9c063a0e169f53446988d5374273383dbaa08b678dbb584cea68d"

  static var tree: SettingsTree {
    let text: (String) -> SettingsTree = { .text($0, .builtIn) }
    return .map([
      "listen": text("127.0.0.1:8080"),
      "ops_listen": text("127.0.0.1:9090"),
      "database": text("sqlite:var/sandbox.db"),
      "sandbox": .map(["listen": text("127.0.0.1:8081")]),
      "merchants": .list([
        .map([
          "name": text(merchant), "merchant_id": text(String(merchantNumber)), "secret_key": text(secret), "region": text("uz"),
        ])
      ]),
      "api_keys": .list([
        .map([
          "name": text(merchant), "sha256": text(apiKeyHash), "scopes": .list(KeyScope.allCases.map { text($0.rawValue) }),
          "merchants": .list([text(merchant)]),
        ])
      ]),
    ])
  }

  /// Fills in what follows from where things listen: our own address, and the sandbox's for a merchant without one.
  ///
  /// Port 0 is settled here, since callbacks and pages carry the numbers before anything listens.
  static func completed(_ tree: SettingsTree, file: String) throws(SettingsError) -> SettingsTree {
    try checkListeners(tree, file: file)
    let tree = try withPorts(tree)
    guard case .map(var members) = tree else { return tree }
    // A unix socket is no address for a browser.
    let listen = members["listen"]?.texts.first { !$0.hasPrefix("unix:") }
    if let listen, members["public_url"] == nil { members["public_url"] = .text("http://\(listen)", .builtIn) }
    if case .list(let merchants)? = members["merchants"], let sandbox = members["sandbox"]?["listen"]?.text {
      members["merchants"] = .list(
        merchants.map { merchant in
          guard case .map(var keys) = merchant, keys["base_url"] == nil, keys["name"]?.text == Self.merchant else { return merchant }
          keys["base_url"] = .text("http://\(sandbox)", .builtIn)
          return .map(keys)
        })
    }
    return .map(members)
  }

  /// Gives a port that is free now to the addresses that ask for any.
  private static func withPorts(_ tree: SettingsTree) throws(SettingsError) -> SettingsTree {
    let places: [(path: [SettingsStep], value: SettingsTree?)] = [
      ([.key("listen")], tree["listen"]), ([.key("ops_listen")], tree["ops_listen"]),
      ([.key("sandbox"), .key("listen")], tree["sandbox"]?["listen"]),
    ]
    let listeners: [(path: [SettingsStep], text: String)] = places.compactMap { path, value in
      guard let texts = value?.texts, texts.count == 1, texts[0].hasSuffix(":0") else { return nil }
      return (path, texts[0])
    }
    var settled = tree
    do {
      // What is no address is left for the decoding, which says so.
      let asking = listeners.compactMap { listener in (try? SocketAddress(listener.text)).map { (listener.path, $0) } }
      for ((path, _), address) in zip(asking, try FreePorts.settle(asking.map(\.1))) {
        settled = settled.setting(.text("\(address)", .builtIn), at: path[...])
      }
    } catch {
      throw SettingsError("no free port: \(error)")
    }
    return settled
  }

  /// The sandbox never stands where others can reach it.
  private static func checkListeners(_ tree: SettingsTree, file: String) throws(SettingsError) {
    let listeners = [("listen", tree["listen"]), ("ops_listen", tree["ops_listen"]), ("sandbox.listen", tree["sandbox"]?["listen"])]
    for (key, value) in listeners {
      for text in value?.texts ?? [] {
        // What is no address is left for the decoding, which says so.
        guard let address = try? SocketAddress(text), !address.isLoopback else { continue }
        let source = value?.source ?? .file(file)
        throw SettingsError(
          source: source.name, path: source.namesItsKey ? "" : key, "\(address) is not a loopback address; --sandbox listens nowhere else")
      }
    }
  }

  /// The sandbox never speaks for a merchant with real money.
  static func check(_ settings: Settings, file: String) throws(SettingsError) {
    for (index, merchant) in settings.merchants.enumerated() where merchant.baseURL?.isLoopback != true {
      throw SettingsError(source: file, path: "merchants[\(index)].base_url", "must be a loopback address with --sandbox")
    }
  }
}
