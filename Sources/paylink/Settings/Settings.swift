import Facade
import FreedomPay
import Logging
import Payments
import Storage
import Transport

/// Everything that can be set (design §4.2), judged: file, then environment, then flags, merged and decoded as one tree.
///
/// Secrets in it print `<redacted>`.
struct Settings: Sendable {
  var listen: [SocketAddress]
  var opsListen: [SocketAddress]
  /// nil where a proxy in front ends TLS.
  var tls: TLSSettings?
  var publicURL: WebAddress
  var database: DatabaseLocation
  var databasePassword: String?
  /// A PEM file with certificate authorities to believe beside the system's.
  var acquirerCAFile: String?
  var acquirerProxy: ProxyAddress?
  var logLevel: Logger.Level
  /// Where the sandbox listens in `--sandbox` mode.
  var sandboxListen: SocketAddress
  var merchants: [MerchantSettings]
  var apiKeys: [KeySettings]
  var webhooks: [WebhookSettings]
  var limits: LimitSettings
  var browsers: BrowserSettings
  var retention: Retention

  /// What stands where nothing is set.
  enum Default {
    static let listen = "0.0.0.0:8080"
    static let opsListen = "127.0.0.1:9090"
    static let sandboxListen = "127.0.0.1:8081"
    static let database = "sqlite:var/paylink.db"
  }
}

extension Settings: Decodable {
  enum CodingKeys: String, CodingKey {
    case listen, tls, database, sandbox, merchants, limits, webhooks, cors, rate, retention
    case trustedProxies = "trusted_proxies"
    case proxyProtocol = "proxy_protocol"
    case opsListen = "ops_listen"
    case publicURL = "public_url"
    case databasePassword = "database_password"
    case acquirerCAFile = "acquirer_ca_file"
    case acquirerProxy = "acquirer_proxy"
    case logLevel = "log_level"
    case apiKeys = "api_keys"
  }

  private enum SandboxKeys: String, CodingKey {
    case listen
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    listen = try Self.addresses(.listen, in: values, otherwise: Default.listen)
    opsListen = try Self.addresses(.opsListen, in: values, otherwise: Default.opsListen)
    tls = try TLSSettings(in: values)
    publicURL = try values.need(.publicURL) { text throws(InvalidValue) in
      // The longest that hangs on it is /callbacks/, a merchant's name of 32 and a script name.
      guard text.utf8.count <= 180 else {
        throw InvalidValue("must be at most 180 bytes: with our paths it has to stay within the acquirer's 255")
      }
      return try WebAddress(text)
    }
    database = try values.read(.database) { text throws(InvalidValue) in try DatabaseLocation(text) } ?? DatabaseLocation(Default.database)
    databasePassword = try values.read(.databasePassword, SettingText.any)
    acquirerCAFile = try values.read(.acquirerCAFile, SettingText.any)
    acquirerProxy = try values.read(.acquirerProxy) { text throws(InvalidValue) in try ProxyAddress(text) }
    logLevel = try values.read(.logLevel, SettingText.word(Logger.Level.self)) ?? .info
    let sandbox = values.contains(.sandbox) ? try values.nestedContainer(keyedBy: SandboxKeys.self, forKey: .sandbox) : nil
    sandboxListen = try sandbox?.read(.listen, Self.webAddress) ?? Self.address(Default.sandboxListen)
    merchants = try values.decodeIfPresent([MerchantSettings].self, forKey: .merchants) ?? []
    apiKeys = try values.decodeIfPresent([KeySettings].self, forKey: .apiKeys) ?? []
    webhooks = try values.decodeIfPresent([WebhookSettings].self, forKey: .webhooks) ?? []
    limits = try values.decodeIfPresent(LimitSettings.self, forKey: .limits) ?? LimitSettings()
    browsers = try BrowserSettings(in: values)
    retention = try RetentionSettings.read(in: values)
    guard !merchants.isEmpty else { throw values.broken(.merchants, "is required: at least one merchant") }
  }

  private static func addresses(
    _ key: CodingKeys, in values: KeyedDecodingContainer<CodingKeys>, otherwise text: String
  ) throws -> [SocketAddress] {
    let addresses = try values.readAll(key, address) ?? [address(text)]
    guard !addresses.isEmpty else { throw values.broken(key, "must name at least one address") }
    return addresses
  }

  static func address(_ text: String) throws(InvalidValue) -> SocketAddress {
    do {
      return try SocketAddress(text)
    } catch {
      // "address "…": why": the path stands before it, and the text is the operator's own.
      throw InvalidValue("must be an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/paylink.sock (\(error.operation))")
    }
  }
}

extension Settings {
  /// One that stands in addresses of the web: pages and callbacks carry the sandbox's.
  private static func webAddress(_ text: String) throws(InvalidValue) -> SocketAddress {
    let address = try address(text)
    guard address.port != nil else { throw InvalidValue("must have a port, such as 127.0.0.1:8081") }
    return address
  }
}

// MARK: - Rules between members

extension Settings {
  /// What no single member can see: names, numbers and hashes that stand twice, keys for merchants that are not there, one address for two.
  /// - Returns: the first broken rule with its path.
  func brokenRule() -> SettingsError? {
    var names: Set<MerchantName> = []
    var accounts: Set<String> = []
    for (index, merchant) in merchants.enumerated() {
      let path = "merchants[\(index)]"
      if !names.insert(merchant.name).inserted { return SettingsError(path: "\(path).name", "\(merchant.name) stands twice") }
      let host = merchant.baseURL?.text ?? merchant.region.baseURL
      if !accounts.insert("\(host) \(merchant.number)").inserted {
        return SettingsError(path: "\(path).merchant_id", "\(merchant.number) stands twice for one host")
      }
    }
    return brokenKey(names) ?? brokenWebhook(names) ?? brokenAddress()
  }

  private func brokenKey(_ merchants: Set<MerchantName>) -> SettingsError? {
    var names: Set<String> = []
    var hashes: Set<KeyDigest> = []
    for (index, key) in apiKeys.enumerated() {
      let path = "api_keys[\(index)]"
      if !names.insert(key.key.name).inserted { return SettingsError(path: "\(path).name", "\(key.key.name) stands twice") }
      if !hashes.insert(key.key.digest).inserted { return SettingsError(path: "\(path).sha256", "is the hash of another key here too") }
      for (place, name) in key.merchants.enumerated() where !merchants.contains(name) {
        let hint = Spelling.nearest(to: name.text, among: merchants.map(\.text)).map { ", did you mean \($0)?" } ?? ""
        return SettingsError(path: "\(path).merchants[\(place)]", "no merchant has the name \(name)\(hint)")
      }
    }
    return nil
  }

  private func brokenAddress() -> SettingsError? {
    var taken: Set<SocketAddress> = []
    for (key, addresses) in [("listen", listen), ("ops_listen", opsListen)] {
      for address in addresses where address.port != 0 && !taken.insert(address).inserted {
        return SettingsError(path: key, "\(address) stands twice")
      }
    }
    return nil
  }
}
