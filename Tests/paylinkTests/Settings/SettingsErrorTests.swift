import Testing

@testable import paylink

/// Every configuration error is one line, word by word: it is what an operator reads (design §4.1).
@Suite struct SettingsErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var yaml: String
    var environment: [String: String] = [:]
    var flags: [String] = []
    var isSandbox = false
    var line: String

    var testDescription: String { line }
  }

  /// A whole file that is right, in which `replaced` stands instead of a line.
  static func file(_ line: String, _ replaced: String) -> String {
    precondition(valid.contains(line), "the line to replace is there")
    return valid.replacing(line, with: replaced)
  }

  static let valid = """
    public_url: https://pay.example.uz
    merchants:
      - name: main
        merchant_id: 123456
        region: uz
    api_keys:
      - name: shop
        sha256: 1a2ac1341df9c063a0e169f53446988d5374273383dbaa08b678dbb584cea68d
        scopes: [links:read]
        merchants: [main]

    """

  static let secret = ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": "top-secret"]

  static let second = """
        region: uz
      - {name: other, merchant_id: 7, region: uz, secret_key_file: NOWHERE}
    """

  @Test(
    "a broken setting is told in one exact line", arguments: unknown + values + between + webhooks + retention + later + sources + sandbox)
  func line(_ example: Case) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(example.yaml, as: "c.yaml")
    var environment = Self.secret
    environment.merge(example.environment) { $1 }
    let error = #expect(throws: SettingsError.self) {
      try Settings.load(SettingsSources(file: path, environment: environment, flags: example.flags, isSandbox: example.isSandbox))
    }
    #expect(error?.description.replacing(path, with: "FILE") == example.line)
    #expect(error?.description.contains("\n") == false)
    #expect(error?.description.contains("top-secret") == false)
  }

  static let unknown: [Case] = [
    Case(yaml: "\(valid)listne: 1\n", line: "FILE: listne: unknown key, did you mean listen?"),
    Case(yaml: file("region: uz", "regoin: uz"), line: "FILE: merchants[0].regoin: unknown key, did you mean region?"),
    Case(yaml: "\(valid)limits: {speed: 1}\n", line: "FILE: limits.speed: unknown key"),
    Case(yaml: "\(valid)tls: {cert: a}\n", line: "FILE: tls.cert: unknown key"),
    Case(yaml: valid, environment: ["PAYLINK_LISTNE": "x"], line: "PAYLINK_LISTNE: no setting has this name"),
    Case(yaml: valid, environment: ["PAYLINK_MERCHANTS_MAIN_COLOUR": "x"], line: "PAYLINK_MERCHANTS_MAIN_COLOUR: no setting has this name"),
    Case(yaml: valid, flags: ["limits.speed=1"], line: "--set limits.speed: no setting has this name"),
    Case(yaml: valid, flags: ["listen"], line: "--set: must be PATH=VALUE, such as limits.idle_timeout=30s"),
  ]

  static let values: [Case] = [
    Case(
      yaml: "\(valid)proxy_protocol: true\n",
      line: "FILE: proxy_protocol: needs trusted_proxies: the proxies whose word about the client counts"),
    Case(yaml: "\(valid)tls: {certificate_file: a}\n", line: "FILE: tls.key_file: is required beside certificate_file"),
    Case(yaml: "\(valid)tls: {key_file: a}\n", line: "FILE: tls.certificate_file: is required beside key_file"),
    Case(
      yaml: "\(valid)tls: {certificate_file: /nowhere.pem, key_file: /nowhere.key}\n",
      line: "FILE: tls.certificate_file: /nowhere.pem cannot be read: No such file or directory"),
    Case(
      yaml: "\(valid)limits: {handshake_timeout: 0s}\n", line: "FILE: limits.handshake_timeout: must be a time from 1s to 1m, such as 20s"),
    Case(yaml: "\(valid)proxy_protocol: v2\n", line: "FILE: proxy_protocol: must be true or false"),
    Case(yaml: "\(valid)sandbox: {listen: 'unix:/x'}\n", line: "FILE: sandbox.listen: must have a port, such as 127.0.0.1:8081"),
    Case(yaml: file("region: uz", "region: de"), line: "FILE: merchants[0].region: must be uz, kz or kg"),
    Case(yaml: file("    region: uz\n", ""), line: "FILE: merchants[0].region: is required: uz, kz or kg (or a base_url)"),
    Case(
      yaml: file("region: uz", "base_url: http://127.0.0.1:1"),
      line: "FILE: merchants[0].currency: is required where no region is given"),
    Case(
      yaml: file("region: uz", "region: uz\n    currency: XXX"),
      line: "FILE: merchants[0].currency: must be an ISO 4217 code that is taken here, such as UZS, KZT or KGS"),
    Case(yaml: file("name: main", "name: Main Shop"), line: "FILE: merchants[0].name: must be 1 to 32 of a-z, 0-9 and -"),
    Case(yaml: file("123456", "0"), line: "FILE: merchants[0].merchant_id: must be a whole number from 1 to 9223372036854775807"),
    Case(yaml: file("123456", "abc"), line: "FILE: merchants[0].merchant_id: must be a whole number from 1 to 9223372036854775807"),
    Case(yaml: file("public_url: https://pay.example.uz\n", ""), line: "FILE: public_url: is required"),
    Case(yaml: file("https://pay", "http://pay"), line: "FILE: public_url: must be https; http is only for loopback hosts"),
    Case(
      yaml: file("example.uz", "example.uz/x"),
      line: "FILE: public_url: must be scheme, host and port alone, such as https://pay.example.uz"),
    Case(
      yaml: file("example.uz", "example.uz?a=b"),
      line: "FILE: public_url: must be scheme, host and port alone, such as https://pay.example.uz"),
    Case(yaml: file("https://pay.example.uz", "pay"), line: "FILE: public_url: must be an address such as https://pay.example.uz"),
    Case(
      yaml: file("https://", "https://u:p@"), line: "FILE: public_url: must be scheme, host and port alone, such as https://pay.example.uz"),
    Case(
      yaml: file("region: uz", "region: uz\n    base_url: http://api.example"),
      line: "FILE: merchants[0].base_url: must be https; http is only for loopback hosts"),
    Case(yaml: file("region: uz", "region: uz\n    api: v5"), line: "FILE: merchants[0].api: must be gateway or merchant"),
    Case(yaml: file("region: uz", "region: uz\n    encoding: json"), line: "FILE: merchants[0].encoding: must be multipart or urlencoded"),
    Case(yaml: file("region: uz", "region: uz\n    testing: yes"), line: "FILE: merchants[0].testing: must be true or false"),
    Case(
      yaml: file("region: uz", "region: uz\n    script_names: {check: a/b}"),
      line: "FILE: merchants[0].script_names.check: must be the last segment of a path, such as result"),
    Case(
      yaml: file("region: uz", "region: uz\n    script_names: {check: result}"),
      line: "FILE: merchants[0].script_names: check and result must differ"),
    Case(
      yaml: file("region: uz", "region: uz\n    script_names: {result: success}"),
      line: "FILE: merchants[0].script_names: must not be success or failure, the names of the payers' returns"),
    Case(
      yaml: file("https://pay.example.uz", "https://pay.example.uz/\(String(repeating: "p", count: 160))"),
      line: "FILE: public_url: must be at most 180 bytes: with our paths it has to stay within the acquirer's 255"),
    Case(
      yaml: file("region: uz", "region: uz\n    late_money: eat"),
      line: "FILE: merchants[0].late_money: must be accept, reject, refund or hold"),
    Case(yaml: file("1a2a", "1a2"), line: "FILE: api_keys[0].sha256: must be 64 hex digits, the SHA-256 of the whole key"),
    Case(yaml: file("1a2a", "xxxx"), line: "FILE: api_keys[0].sha256: must be 64 hex digits, the SHA-256 of the whole key"),
    Case(
      yaml: file("links:read", "links:delete"),
      line: "FILE: api_keys[0].scopes[0]: must be links:read, links:write, refunds:write, events:read or admin"),
    Case(
      yaml: file("[links:read]", "[]"),
      line: "FILE: api_keys[0].scopes: is required: a list of links:read, links:write, refunds:write, events:read or admin"),
    Case(
      yaml: file("merchants: [main]", "merchants: []"),
      line: "FILE: api_keys[0].merchants: is required: the names of the merchants that the key serves"),
    Case(
      yaml: file("scopes:", "expires_at: tomorrow\n    scopes:"),
      line: "FILE: api_keys[0].expires_at: must be an RFC 3339 time such as 2026-11-23T18:00:00Z"),
    Case(
      yaml: "\(valid)database: mysql:x\n",
      line: "FILE: database: must be sqlite:PATH, such as sqlite:var/paylink.db, or postgres://USER@HOST/NAME"),
    Case(
      yaml: "\(valid)database: 'sqlite:'\n",
      line: "FILE: database: must be sqlite:PATH, such as sqlite:var/paylink.db, or postgres://USER@HOST/NAME"),
    Case(yaml: "\(valid)log_level: loud\n", line: "FILE: log_level: must be trace, debug, info, notice, warning, error or critical"),
    Case(yaml: "\(valid)acquirer_proxy: proxy\n", line: "FILE: acquirer_proxy: must be a proxy such as http://proxy.example:3128"),
    Case(
      yaml: "\(valid)acquirer_proxy: http://u:top-secret@proxy.example:3128\n",
      line: "FILE: acquirer_proxy: a proxy with a password stands in the environment: PAYLINK_ACQUIRER_PROXY"),
    Case(
      yaml: "\(valid)acquirer_ca_file: /nowhere.pem\n",
      line: "FILE: acquirer_ca_file: /nowhere.pem cannot be read: No such file or directory"),
    Case(
      yaml: "\(valid)listen: localhost\n",
      line:
        "FILE: listen: must be an address such as 127.0.0.1:8080, [::1]:8080 or unix:/run/paylink.sock (address \"localhost\": the port is missing, as in 127.0.0.1:8080)"
    ),
    Case(yaml: "\(valid)listen: []\n", line: "FILE: listen: must name at least one address"),
    Case(yaml: "\(valid)limits: {idle_timeout: 0s}\n", line: "FILE: limits.idle_timeout: must be a time from 1s to 1h, such as 20s"),
    Case(yaml: "\(valid)limits: {idle_timeout: 3601s}\n", line: "FILE: limits.idle_timeout: must be a time from 1s to 1h, such as 20s"),
    Case(yaml: "\(valid)limits: {idle_timeout: 75}\n", line: "FILE: limits.idle_timeout: must be a time from 1s to 1h, such as 20s"),
    Case(yaml: "\(valid)limits: {head_size: 0}\n", line: "FILE: limits.head_size: must be a size from 1KiB to 1MiB, such as 64KiB"),
    Case(yaml: "\(valid)limits: {connections: -1}\n", line: "FILE: limits.connections: must be a whole number from 10 to 1000000"),
    Case(yaml: "\(valid)limits: {callback_share: 91}\n", line: "FILE: limits.callback_share: must be a whole number from 1 to 90"),
    Case(
      yaml: "\(valid)limits: {acquirer_timeout: 4s, acquirer_connect_timeout: 5s}\n",
      line: "FILE: limits.acquirer_connect_timeout: must not be longer than acquirer_timeout"),
  ]

  static let between: [Case] = [
    Case(
      yaml: "public_url: https://pay.example.uz\n", environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""],
      line: "FILE: merchants: is required: at least one merchant"),
    Case(
      yaml: file("    region: uz", "    region: uz\n  - {name: main, merchant_id: 7, region: uz}"),
      environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY_FILE": "/dev/null"],
      line: "FILE: merchants[1].secret_key: is required: secret_key_file in the file, or PAYLINK_MERCHANTS_…_SECRET_KEY in the environment"),
    Case(
      yaml: file("    region: uz", "    region: uz\n  - {name: b, merchant_id: 123456, region: uz}"),
      environment: ["PAYLINK_MERCHANTS_B_SECRET_KEY": "x"], line: "FILE: merchants[1].merchant_id: 123456 stands twice for one host"),
    Case(yaml: file("merchants: [main]", "merchants: [mian]"), line: "FILE: api_keys[0].merchants[0]: no merchant has the name mian"),
    Case(
      yaml: file("merchants: [main]", "merchants: [mai]"),
      line: "FILE: api_keys[0].merchants[0]: no merchant has the name mai, did you mean main?"),
    Case(
      yaml: "\(valid)  - {name: shop, sha256: \(String(repeating: "0", count: 64)), scopes: [admin], merchants: [main]}\n",
      line: "FILE: api_keys[1].name: shop stands twice"),
    Case(
      yaml:
        "\(valid)  - {name: b, sha256: 1A2AC1341DF9C063A0E169F53446988D5374273383DBAA08B678DBB584CEA68D, scopes: [admin], merchants: [main]}\n",
      line: "FILE: api_keys[1].sha256: is the hash of another key here too"),
    Case(yaml: "\(valid)ops_listen: 0.0.0.0:8080\n", line: "FILE: ops_listen: 0.0.0.0:8080 stands twice"),
  ]

  /// One endpoint with these members beside its name, its secret in the environment.
  private static func webhook(_ members: String, secret: String = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", _ line: String) -> Case {
    Case(
      yaml: "\(valid)webhooks:\n  - {name: crm, \(members)}\n", environment: secret.isEmpty ? [:] : ["PAYLINK_WEBHOOKS_CRM_SECRET": secret],
      line: line)
  }

  static let webhooks: [Case] = [
    webhook("merchants: [main]", "FILE: webhooks[0].url: is required"),
    webhook(
      "url: 'http://shop.example/', merchants: [main]",
      "FILE: webhooks[0].url: must be https; http is only for loopback hosts, with allow_private"),
    webhook("url: 'https://shop.example/'", "FILE: webhooks[0].merchants: is required: the names of the merchants whose events are sent"),
    webhook(
      "url: 'https://shop.example/', merchants: [mai]", "FILE: webhooks[0].merchants[0]: no merchant has the name mai, did you mean main?"),
    webhook(
      "url: 'https://shop.example/', merchants: [main], events: [paid]",
      "FILE: webhooks[0].events[0]: must be *, a group such as payment.*, or a type such as payment_link.completed"),
    webhook(
      "url: 'https://shop.example/', merchants: [main]", secret: "",
      "FILE: webhooks[0].secret: is required: secret_file in the file, or PAYLINK_WEBHOOKS_…_SECRET in the environment"),
    webhook(
      "url: 'https://shop.example/', merchants: [main]", secret: "whsec_short",
      "PAYLINK_WEBHOOKS_CRM_SECRET: must be whsec_ and 24 to 64 bytes in base64"),
    webhook(
      "url: 'https://shop.example/', merchants: [main], secret: whsec_x", secret: "",
      "FILE: webhooks[0].secret: a secret stands in the environment or in a file of its own: use secret_file"),
    Case(
      yaml: "\(valid)limits: {webhook_timeout: 2s, webhook_connect_timeout: 3s}\n",
      line: "FILE: limits.webhook_connect_timeout: must not be longer than webhook_timeout"),
  ]

  static let retention: [Case] = [
    Case(
      yaml: "\(valid)retention: {idempotency_keys: 7d}\n",
      line: "FILE: retention.idempotency_keys: must be a number of days from 8d to 36500d, or forever"),
    Case(
      yaml: "\(valid)retention: {answers: 0d}\n", line: "FILE: retention.answers: must be a number of days from 1d to 36500d, or forever"),
    Case(
      yaml: "\(valid)retention: {events: -30d}\n", line: "FILE: retention.events: must be a number of days from 30d to 36500d, or forever"),
    Case(
      yaml: "\(valid)retention: {messages: 30h}\n",
      line: "FILE: retention.messages: must be a number of days from 30d to 36500d, or forever"),
    Case(
      yaml: "\(valid)retention: {events: 30d, attempts: 31d}\n",
      line: "FILE: retention.attempts: must not be longer than retention.events"),
    Case(yaml: "\(valid)retention: {event: 30d}\n", line: "FILE: retention.event: unknown key, did you mean events?"),
  ]

  static let later: [Case] = [
    Case(yaml: "\(valid)ops_console: true\n", line: "FILE: ops_console other than false is not built yet in this version"),
    Case(yaml: "\(valid)limits: {json_depth: 9}\n", line: "FILE: limits.json_depth other than 8 is not built yet in this version"),
  ]

  static let sources: [Case] = [
    Case(
      yaml: file("region: uz", "region: uz\n    secret_key: top-secret"), environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""],
      line: "FILE: merchants[0].secret_key: a secret stands in the environment or in a file of its own: use secret_key_file"),
    Case(
      yaml: valid, flags: ["merchants.main.secret_key=top-secret"],
      line: "--set merchants.main.secret_key: a secret stands in the environment or in a file of its own: use secret_key_file"),
    Case(
      yaml: valid, environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""],
      line: "FILE: merchants[0].secret_key: is required: secret_key_file in the file, or PAYLINK_MERCHANTS_…_SECRET_KEY in the environment"),
    Case(
      yaml: file("region: uz", "region: uz\n    secret_key_file: /nowhere"), environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""],
      line: "FILE: merchants[0].secret_key_file: /nowhere cannot be read: No such file or directory"),
    Case(
      yaml: valid, environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": "", "PAYLINK_MERCHANTS_MAIN_SECRET_KEY_FILE": "/nowhere"],
      line: "PAYLINK_MERCHANTS_MAIN_SECRET_KEY_FILE: /nowhere cannot be read: No such file or directory"),
    Case(yaml: valid, environment: ["PAYLINK_MERCHANTS_MAIN_REGION": "de"], line: "PAYLINK_MERCHANTS_MAIN_REGION: must be uz, kz or kg"),
    Case(yaml: valid, flags: ["log_level=loud"], line: "--set log_level: must be trace, debug, info, notice, warning, error or critical"),
    Case(yaml: "listen: [a\n", line: "FILE: line 2: did not find expected ',' or ']'"),
    Case(yaml: "listen: a\nlisten: b\n", line: "FILE: the key listen stands twice in one map"),
    Case(yaml: "- a\n", line: "FILE: must be a map of keys"),
    Case(yaml: "\(valid)listen: {a: b}\n", line: "FILE: listen: must be one value or a list of values"),
    Case(
      yaml: "\(valid)public_url: [a]\n".replacing("public_url: https://pay.example.uz\n", with: ""),
      line: "FILE: public_url: must be one value"),
    Case(yaml: file("merchants:\n  - name: main", "merchants:\n    name: main"), line: "FILE: merchants: must be a list"),
  ]

  static let sandbox: [Case] = [
    Case(
      yaml: "{}", environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": "", "PAYLINK_LISTEN": "0.0.0.0:1"], isSandbox: true,
      line: "PAYLINK_LISTEN: 0.0.0.0:1 is not a loopback address; --sandbox listens nowhere else"),
    Case(
      yaml: "listen: 0.0.0.0:8080\npublic_url: http://127.0.0.1:8080\n", environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""],
      isSandbox: true, line: "FILE: listen: 0.0.0.0:8080 is not a loopback address; --sandbox listens nowhere else"),
    Case(
      yaml: "ops_listen: 0.0.0.0:9090\n", environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""], isSandbox: true,
      line: "FILE: ops_listen: 0.0.0.0:9090 is not a loopback address; --sandbox listens nowhere else"),
    Case(
      yaml: "sandbox: {listen: 0.0.0.0:8081}\n", environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": ""], isSandbox: true,
      line: "FILE: sandbox.listen: 0.0.0.0:8081 is not a loopback address; --sandbox listens nowhere else"),
    Case(
      yaml: valid.replacing("name: main", with: "name: demo").replacing("[main]", with: "[demo]").replacing(
        "region: uz", with: "region: uz\n    base_url: https://api.freedompay.uz"),
      environment: ["PAYLINK_MERCHANTS_MAIN_SECRET_KEY": "", "PAYLINK_MERCHANTS_DEMO_SECRET_KEY": "x"], isSandbox: true,
      line: "FILE: merchants[0].base_url: must be a loopback address with --sandbox"),
    Case(yaml: valid, isSandbox: true, line: "FILE: merchants[0].base_url: must be a loopback address with --sandbox"),
  ]
}
