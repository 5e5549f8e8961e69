import Facade
import Foundation
import FreedomPay
import Logging
import Payments
import Storage
import Testing
import Transport
import Webhooks

@testable import paylink

@Suite struct SettingsLoadTests {
  /// The repository's root, seen from this file.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static func load(
    _ yaml: String = SettingsErrorTests.valid, environment: [String: String] = [:], flags: [String] = [], isSandbox: Bool = false
  ) throws -> Settings {
    let directory = try TemporaryDirectory()
    let path = try directory.write(yaml, as: "c.yaml")
    var all = isSandbox ? [:] : SettingsErrorTests.secret
    all.merge(environment) { $1 }
    return try Settings.load(SettingsSources(file: path, environment: all, flags: flags, isSandbox: isSandbox))
  }

  @Test("a configuration file that is not there, and none where one is needed, are one line each")
  func missing() throws {
    let none = #expect(throws: SettingsError.self) { try Settings.load(SettingsSources(file: "/nowhere.yaml", environment: [:])) }
    #expect(none?.description == "/nowhere.yaml: cannot be read: No such file or directory")
    let bare = #expect(throws: SettingsError.self) { try Settings.load(SettingsSources(environment: [:])) }
    #expect(bare?.description == "the environment: public_url: is required")
  }

  @Test("what is not set has its default")
  func defaults() throws {
    let settings = try Self.load()
    #expect(settings.listen.map(\.description) == ["0.0.0.0:8080"])
    #expect(settings.opsListen.map(\.description) == ["127.0.0.1:9090"])
    #expect(settings.database == .sqlite(path: "var/paylink.db"))
    #expect(settings.logLevel == .info)
    #expect(settings.limits == LimitSettings())
    let merchant = try #require(settings.merchants.first)
    #expect(merchant.currency.code == "UZS")
    #expect(
      merchant.family == .gateway && merchant.encoding == .multipart && merchant.lateMoney == LateMoneyPolicy(.hold) && !merchant.isTesting)
  }

  @Test("the environment goes before the file, and a flag before both")
  func order() throws {
    let yaml = SettingsErrorTests.valid + "log_level: debug\nlimits: {idle_timeout: 10s}\n"
    #expect(try Self.load(yaml).logLevel == .debug)
    #expect(try Self.load(yaml, environment: ["PAYLINK_LOG_LEVEL": "error"]).logLevel == .error)
    #expect(try Self.load(yaml, environment: ["PAYLINK_LOG_LEVEL": "error"], flags: ["log_level=trace"]).logLevel == .trace)
    #expect(try Self.load(yaml, flags: ["limits.idle_timeout=500s"]).limits.idleTimeout == .seconds(500))
    #expect(try Self.load(yaml, environment: ["PAYLINK_LIMITS_IDLE_TIMEOUT": "5s"]).limits.idleTimeout == .seconds(5))
    #expect(try Self.load(yaml, environment: ["PAYLINK_LOG_LEVEL": ""]).logLevel == .debug)
  }

  @Test("variables reach members of lists by name, lists with commas, and make members that the file has not")
  func environment() throws {
    let settings = try Self.load(environment: [
      "PAYLINK_LISTEN": "127.0.0.1:1, [::1]:2", "PAYLINK_MERCHANTS_MAIN_SCRIPT_NAMES_CHECK": "ask",
      "PAYLINK_MERCHANTS_MAIN_PREVIOUS_SECRET_KEY": "old", "PAYLINK_MERCHANTS_SECOND_SHOP_MERCHANT_ID": "7",
      "PAYLINK_MERCHANTS_SECOND_SHOP_REGION": "kz", "PAYLINK_MERCHANTS_SECOND_SHOP_SECRET_KEY": "two",
      "PAYLINK_API_KEYS_SHOP_SCOPES": "links:read,links:write",
    ])
    #expect(settings.listen.map(\.description) == ["127.0.0.1:1", "[::1]:2"])
    #expect(settings.merchants.map(\.name.text) == ["main", "second-shop"])
    #expect(settings.merchants[0].scriptNames.check == ScriptName("ask"))
    #expect(settings.merchants[0].secrets.previous != nil)
    #expect(settings.merchants[1].currency.code == "KZT")
    #expect(settings.apiKeys[0].key.scopes == [.linksRead, .linksWrite])
  }

  @Test("variables that only look like ours are left alone")
  func foreign() throws {
    _ = try Self.load(environment: [
      "PAYLINK_URL": "x", "PAYLINK_KEY": "x", "PAYLINK_SERVICE_HOST": "10.0.0.1", "PAYLINK_PORT": "tcp://10.0.0.1:8080",
      "PAYLINK_PORT_8080_TCP_ADDR": "10.0.0.1", "HOME": "/root",
    ])
  }

  struct Secret: Sendable {
    var text: String
    var isTaken: Bool
  }

  @Test(
    "a secret's file is read without one newline at its end",
    arguments: [
      Secret(text: "s3cret", isTaken: true), Secret(text: "s3cret\n", isTaken: true), Secret(text: "s3cret\r\n", isTaken: true),
      Secret(text: "s3cret\n\n", isTaken: false), Secret(text: "\n", isTaken: false), Secret(text: "", isTaken: false),
    ])
  func secretFile(_ secret: Secret) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(secret.text, as: "secret")
    let load = {
      try Self.load(environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": "", "PAYLINK_MERCHANTS_MAIN_SECRET_KEY_FILE": path])
    }
    guard secret.isTaken else {
      let error = #expect(throws: SettingsError.self) { try load() }
      #expect(error?.rule.contains("must") == true)
      return
    }
    // The key itself is nobody's to read: it signs as the same key given by the environment does.
    let fields = Fields([.init("pg_a", .text("1"))])
    let given = try Self.load(environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": "s3cret"])
    #expect(TestSignature.of(fields, try load()) == TestSignature.of(fields, given))
  }

  @Test("a secret of the environment goes before a file that is not there")
  func environmentSecret() throws {
    _ = try Self.load(SettingsErrorTests.file("region: uz", "region: uz\n    secret_key_file: /nowhere"))
  }

  @Test("the database's waits and connections can be set, and reach the store")
  func database() throws {
    let yaml = """
      \(SettingsErrorTests.valid)limits: {database_readers: 2, database_connect_timeout: 1s, database_statement_timeout: 3s, database_reconnect_wait: 4s,
        database_busy_timeout: 500ms, writer_queue: 100}
      """
    let limits = Books.limits(try Self.load(yaml).limits)
    #expect(limits.readers == 2)
    #expect(limits.connectTimeout == .seconds(1))
    #expect(limits.statementTimeout == .seconds(3))
    #expect(limits.reconnectWait == .seconds(4))
    #expect(limits.busyTimeout == .milliseconds(500))
    #expect(limits.waitingUnits == 100)
    #expect(Books.limits(LimitSettings()) == StorageLimits())
    let error = #expect(throws: SettingsError.self) { try Self.load(yaml.replacing("database_readers: 2", with: "database_readers: 65")) }
    #expect(error?.description.contains("limits.database_readers") == true)
  }

  @Test("endpoints come with their secrets from files and the environment, and are never printed with them")
  func webhooks() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", as: "crm")
    let yaml = """
      \(SettingsErrorTests.valid)webhooks:
        - {name: crm, url: "https://shop.example/hook?key=1", merchants: [main], secret_file: \(path), events: [payment.*, refund.failed]}
        - {name: local, url: "http://127.0.0.1:9/", merchants: [main], allow_private: true}
      """
    let settings = try Self.load(
      yaml, environment: ["PAYLINK_WEBHOOKS_LOCAL_SECRET": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])
    let places = settings.webhooks.map(\.place)
    #expect(places.map(\.endpoint.name.text) == ["crm", "local"])
    #expect(places[0].endpoint.patterns.map(\.text) == ["payment.*", "refund.failed"])
    #expect(places[1].endpoint.patterns.map(\.text) == ["*"])
    #expect(places.map(\.allowsPrivate) == [false, true])
    #expect(places[0].secrets.current == (try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
    #expect(places[1].secrets.current == (try WebhookSecret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")))
    #expect(settings.limits.webhook == WebhookPost.Limits(connect: .seconds(5), whole: .seconds(15)))
    var dumped = ""
    dump(settings, to: &dumped)
    for text in ["\(settings)", dumped] { #expect(!text.contains("MfKQ9r8G") && !text.contains("C2FVsBQI")) }
  }

  @Test("no print of the settings shows a secret")
  func redacted() throws {
    let settings = try Self.load(environment: [
      "PAYLINK_MERCHANTS_MAIN_PREVIOUS_SECRET_KEY": "older-secret", "PAYLINK_ACQUIRER_PROXY": "http://u:proxy-secret@127.0.0.1:3128",
    ])
    var dumped = ""
    dump(settings, to: &dumped)
    for text in ["\(settings)", String(reflecting: settings), dumped] {
      for secret in ["top-secret", "older-secret", "proxy-secret"] { #expect(!text.contains(secret)) }
    }
    #expect("\(settings)".contains("<redacted>"))
    #expect(settings.acquirerProxy?.text == "http://u:proxy-secret@127.0.0.1:3128")
  }

  @Test("config/paylink.yaml shows every key with its default, and loads")
  func example() throws {
    let path = "\(Self.root)/config/paylink.yaml"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let settings = try Settings.load(SettingsSources(file: path, environment: SettingsErrorTests.secret))
    let bare = try Self.load()
    #expect(settings.limits == bare.limits)
    #expect(settings.retention == bare.retention)
    #expect(settings.listen == bare.listen && settings.opsListen == bare.opsListen && settings.sandboxListen == bare.sandboxListen)
    #expect(settings.database == bare.database && settings.logLevel == bare.logLevel)
    #expect(settings.merchants[0].scriptNames == bare.merchants[0].scriptNames)
    #expect(settings.merchants[0].family == bare.merchants[0].family && settings.merchants[0].encoding == bare.merchants[0].encoding)
    let secrets = [
      "database_password", "secret_key", "previous_secret_key", "order_secret", "order_public_key", "secret", "previous_secret",
    ]
    for key in SettingsShape.settings.everyKey where !secrets.contains(key) {
      #expect(text.contains("\(key):"), "\(key) is not shown")
    }
  }

  @Test("config/sandbox.yaml is the sandbox's arrangement, with --sandbox and without")
  func sandboxFile() throws {
    let text = try String(contentsOfFile: "\(Self.root)/config/sandbox.yaml", encoding: .utf8)
      .replacing("config/sandbox-secret.txt", with: "\(Self.root)/config/sandbox-secret.txt")
    let built = try Settings.load(SettingsSources(file: nil, environment: [:], isSandbox: true))
    for isSandbox in [true, false] {
      let settings = try Self.load(text, environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""], isSandbox: isSandbox)
      #expect("\(settings)" == "\(built)")
      let fields = Fields([.init("pg_a", .text("1"))])
      #expect(TestSignature.of(fields, settings) == TestSignature.of(fields, built))
    }
    #expect(built.merchants[0].number == 100_000)
    #expect(built.apiKeys[0].key.digest == KeyDigest(of: "sk_sandbox_demo"))
    #expect(built.apiKeys[0].key.scopes == Set(KeyScope.allCases))
  }

  @Test("the sandbox's addresses follow from where things listen, port 0 included")
  func sandboxPorts() throws {
    let settings = try Settings.load(
      SettingsSources(
        environment: ["PAYLINK_LISTEN": "127.0.0.1:0", "PAYLINK_OPS_LISTEN": "127.0.0.1:0", "PAYLINK_SANDBOX_LISTEN": "127.0.0.1:0"],
        isSandbox: true))
    let ports = [settings.listen[0].port, settings.opsListen[0].port, settings.sandboxListen.port].compactMap(\.self)
    #expect(Set(ports).count == 3 && !ports.contains(0))
    #expect(settings.publicURL.text == "http://127.0.0.1:\(ports[0])")
    #expect(settings.merchants[0].baseURL?.text == "http://127.0.0.1:\(ports[2])")
  }
}

/// What a merchant's secret signs: two settings with the same signature have the same secret.
enum TestSignature {
  static func of(_ fields: Fields, _ settings: Settings) -> String {
    Signature.hex(of: fields, script: ScriptName("test"), secret: settings.merchants[0].secrets.current)
  }
}

extension SettingsShape {
  /// The names of all keys, wherever they stand.
  var everyKey: Set<String> {
    switch self {
    case .value, .secret, .values, .later: []
    case .section(let keys), .members(let keys): keys.reduce(into: Set(keys.keys)) { $0.formUnion($1.value.everyKey) }
    }
  }
}
