import Facade
import FoundationEssentials
import Payments
import Testing

@testable import paylink

/// `kind: publishable`, `cors`, `rate` and `trusted_proxies` (design §4.2).
struct BrowserSettingsTests {
  static let orderSecret = "an-order-secret-of-at-least-32-by"

  static func load(_ yaml: String, environment: [String: String] = [:]) throws -> Settings {
    let directory = try TemporaryDirectory()
    let path = try directory.write(yaml, as: "c.yaml")
    return try Settings.load(SettingsSources(file: path, environment: SettingsErrorTests.secret.merging(environment) { $1 }))
  }

  /// The valid file with a publishable key behind the secret one.
  static func page(_ lines: String...) -> String {
    SettingsErrorTests.valid
      + (["  - name: page", "    kind: publishable", "    sha256: \(String(repeating: "ab", count: 32))", "    merchants: [main]"]
      + lines.map { "    \($0)" }).joined(separator: "\n") + "\n"
  }

  @Test("a publishable key has its algorithm and its secret, from a file or the environment, and nothing prints it")
  func publishable() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Self.orderSecret + "\n", as: "order-secret")
    let settings = [
      try Self.load(Self.page("order_alg: HS256", "order_secret_file: \(file)")),
      try Self.load(Self.page("order_alg: HS256"), environment: ["PAYLINK_API_KEYS_PAGE_ORDER_SECRET": Self.orderSecret]),
    ]
    for settings in settings {
      let key = settings.apiKeys[1].key
      #expect(key.kind == .publishable && key.order?.algorithm == .hs256 && key.scopes.isEmpty)
      var dumped = ""
      dump(settings, to: &dumped)
      dump(key, to: &dumped)
      dump(key.order, to: &dumped)
      for text in ["\(settings)", String(reflecting: key.order), dumped] { #expect(!text.contains(Self.orderSecret)) }
    }
  }

  @Test("a public key is read from its file")
  func publicKey() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Self.ed25519, as: "orders.pem")
    let settings = try Self.load(Self.page("order_alg: EdDSA", "order_public_key_file: \(file)"))
    #expect(settings.apiKeys[1].key.order?.algorithm == .eddsa)
  }

  struct Case: Sendable {
    var yaml: String
    var rule: String
    var environment: [String: String] = [:]
  }

  static let short = ["PAYLINK_API_KEYS_PAGE_ORDER_SECRET": "short"]
  static let good = ["PAYLINK_API_KEYS_PAGE_ORDER_SECRET": orderSecret]

  static let broken = [
    Case(yaml: page(), rule: "api_keys[1].order_alg: is required: HS256, ES256, RS256 or EdDSA"),
    Case(yaml: page("order_alg: none"), rule: "api_keys[1].order_alg: must be HS256, ES256, RS256 or EdDSA"),
    Case(yaml: page("order_alg: HS256"), rule: "api_keys[1].order_secret: is required for HS256: order_secret_file in the file"),
    Case(yaml: page("order_alg: ES256"), rule: "api_keys[1].order_public_key: is required for ES256: order_public_key_file in the file"),
    Case(yaml: page("order_alg: HS256"), rule: "must have at least 32 bytes", environment: short),
    Case(yaml: page("order_alg: ES256"), rule: "is not for ES256", environment: good),
    Case(
      yaml: page("order_alg: HS256", "order_secret: x"),
      rule: "api_keys[1].order_secret: a secret stands in the environment or in a file of its own: use order_secret_file"),
    Case(
      yaml: page("order_alg: HS256", "scopes: [links:write]"),
      rule: "api_keys[1].scopes: must not be given: a publishable key only creates links, from signed orders", environment: good),
    Case(yaml: SettingsErrorTests.file("scopes:", "order_alg: ES256\n    scopes:"), rule: "api_keys[0].order_alg: is for publishable keys"),
    Case(yaml: SettingsErrorTests.file("scopes:", "kind: public\n    scopes:"), rule: "api_keys[0].kind: must be secret or publishable"),
    Case(yaml: SettingsErrorTests.valid + "cors: {origins: ['*']}\n", rule: "cors.origins[0]: must name the pages' origins"),
    Case(yaml: SettingsErrorTests.valid + "cors: {origins: ['null']}\n", rule: "cors.origins[0]: must name the pages' origins"),
    Case(yaml: SettingsErrorTests.valid + "cors: {origins: ['https://a', 'https://b/']}\n", rule: "cors.origins[1]: must be as browsers"),
    Case(yaml: SettingsErrorTests.valid + "cors: {origins: ['https://A']}\n", rule: "must be as browsers write it"),
    Case(yaml: SettingsErrorTests.valid + "cors: {origins: ['https://a:443']}\n", rule: "must be as browsers write it"),
    Case(yaml: SettingsErrorTests.valid + "cors: {origins: ['http://a']}\n", rule: "must be https; http is only for loopback hosts"),
    Case(yaml: SettingsErrorTests.valid + "cors: {origins: ['https://a/b']}\n", rule: "must be scheme, host and port alone"),
    Case(yaml: SettingsErrorTests.valid + "rate: {per_key: many}\n", rule: "rate.per_key: must be requests by second, minute or hour"),
    Case(yaml: SettingsErrorTests.valid + "rate: {per_address: 0}\n", rule: "rate.per_address: must be requests"),
    Case(yaml: SettingsErrorTests.valid + "trusted_proxies: [10.0.0.0/8, 10.0.0.1/8]\n", rule: "trusted_proxies[1]: has bits behind"),
    Case(yaml: SettingsErrorTests.valid + "trusted_proxies: proxy.example\n", rule: "trusted_proxies: must be an address or a range"),
  ]

  @Test("what is wrong about them is told with its place", arguments: broken)
  func wrong(_ test: Case) throws {
    let error = #expect(throws: SettingsError.self) { _ = try Self.load(test.yaml, environment: test.environment) }
    let text = error?.description ?? ""
    #expect(text.contains(test.rule), "\(text)")
    #expect(!text.contains(Self.orderSecret) && !text.contains("\n"))
  }

  @Test("origins, rates and proxies are read, from the environment too")
  func read() throws {
    let settings = try Self.load(
      SettingsErrorTests.valid + "rate: {per_key: 600/m, per_address: null}\n",
      environment: [
        "PAYLINK_CORS_ORIGINS": "https://shop.example,http://localhost:3000", "PAYLINK_RATE_PER_ADDRESS": "5",
        "PAYLINK_TRUSTED_PROXIES": "10.0.0.0/8,unix",
      ])
    #expect(settings.browsers.origins == ["https://shop.example", "http://localhost:3000"])
    #expect(try settings.browsers.perKey == RateQuota("600/m"))
    #expect(try settings.browsers.perAddress == RateQuota("5/s"))
    let bare = try Self.load(SettingsErrorTests.valid)
    #expect(bare.browsers.origins.isEmpty && bare.browsers.perKey == nil && bare.browsers.perAddress == nil)
  }

  @Test("docs/examples/shop.yaml is the sandbox with a publishable key whose secret lies beside it")
  func example() throws {
    let root = SettingsLoadTests.root
    let text = try String(contentsOfFile: "\(root)/docs/examples/shop.yaml", encoding: .utf8)
    let directory = try TemporaryDirectory()
    let path = try directory.write(text.replacing(" docs/examples/", with: " \(root)/docs/examples/"), as: "shop.yaml")
    let settings = try Settings.load(SettingsSources(file: path, environment: [:], isSandbox: true))
    #expect(settings.apiKeys.map(\.key.digest) == [KeyDigest(of: "sk_sandbox_demo"), KeyDigest(of: "pk_sandbox_demo")])
    #expect(settings.apiKeys[0].key.scopes == Set(KeyScope.allCases))
    #expect(settings.apiKeys[1].key.order?.algorithm == .hs256)
    #expect(settings.browsers.origins == ["http://127.0.0.1:8000"])
  }

  /// `openssl genpkey -algorithm ed25519 | openssl pkey -pubout`
  private static let ed25519 = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEAukxzGJf4veprdjM5fj8MUzCbtZxU2BCmm0jN3Yu+ogc=
    -----END PUBLIC KEY-----
    """
}
