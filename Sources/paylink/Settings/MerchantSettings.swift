import FreedomPay
import Payments
import Sandbox

/// A merchant as the settings give it.
struct MerchantSettings: Sendable {
  var name: MerchantName
  var number: Int64
  /// From the environment or from files, never from the configuration file.
  var secrets: SecretKeys
  /// The same secret for the acquirer's side, where the sandbox plays it.
  var sandboxSecret: SandboxSecret
  var region: Region
  /// Instead of the region's host.
  var baseURL: WebAddress?
  var family: Family
  var encoding: FormEncoding
  var currency: Currency
  var isTesting: Bool
  var scriptNames: CallbackScripts
  var lateMoney: LateMoneyPolicy
}

extension MerchantSettings: Decodable {
  enum CodingKeys: String, CodingKey {
    case name, region, api, encoding, currency, testing
    case merchantID = "merchant_id"
    case secretKey = "secret_key"
    case previousSecretKey = "previous_secret_key"
    case baseURL = "base_url"
    case scriptNames = "script_names"
    case lateMoney = "late_money"
    case lateMoneyDryRun = "late_money_dry_run"
  }

  private enum ScriptKeys: String, CodingKey {
    case check, result
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.need(.name) { text throws(InvalidValue) in try MerchantName(text) }
    number = try values.need(.merchantID, SettingText.number(1...Int64.max))
    secrets = try SecretKeys(current: Self.secret(in: values), previous: values.read(.previousSecretKey, Self.key))
    sandboxSecret = SandboxSecret(try values.need(.secretKey, SettingText.any))
    baseURL = try values.read(.baseURL) { text throws(InvalidValue) in try WebAddress(text) }
    let region = try values.read(.region, SettingText.word(Region.self))
    guard region != nil || baseURL != nil else { throw values.broken(.region, "is required: uz, kz or kg (or a base_url)") }
    self.region = region ?? .uz
    family = try values.read(.api, SettingText.word(Family.self)) ?? .gateway
    encoding = try values.read(.encoding, Self.encoding) ?? .multipart
    isTesting = try values.read(.testing, SettingText.flag) ?? false
    lateMoney = LateMoneyPolicy(
      try values.read(.lateMoney, SettingText.word(LateMoney.self)) ?? .hold,
      isDryRun: try values.read(.lateMoneyDryRun, SettingText.flag) ?? false)
    let currency = try values.read(.currency) { text throws(InvalidValue) in try Currency(text) }
    guard let currency = currency ?? region?.usualCurrency else { throw values.broken(.currency, "is required where no region is given") }
    self.currency = currency
    scriptNames = CallbackScripts()
    guard values.contains(.scriptNames) else { return }
    let names = try values.nestedContainer(keyedBy: ScriptKeys.self, forKey: .scriptNames)
    scriptNames.check = try names.read(.check, Self.script) ?? scriptNames.check
    scriptNames.result = try names.read(.result, Self.script) ?? scriptNames.result
    try Self.verify(scriptNames, in: values)
  }

  /// A signature covers values, not names (protocol §1.1): only the script name tells a check from a result, and both from the redirects that
  /// payers see signed.
  private static func verify(_ names: CallbackScripts, in values: KeyedDecodingContainer<CodingKeys>) throws {
    guard names.check != names.result else { throw values.broken(.scriptNames, "check and result must differ") }
    let redirects = [ScriptName("success"), ScriptName("failure")]
    guard !redirects.contains(names.check), !redirects.contains(names.result) else {
      throw values.broken(.scriptNames, "must not be success or failure, the names of the payers' returns")
    }
  }

  private static func secret(in values: KeyedDecodingContainer<CodingKeys>) throws -> SecretKey {
    guard let key = try values.read(.secretKey, key) else {
      throw values.broken(.secretKey, "is required: secret_key_file in the file, or PAYLINK_MERCHANTS_…_SECRET_KEY in the environment")
    }
    return key
  }

  private static func key(_ text: String) throws(InvalidValue) -> SecretKey {
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }), let key = SecretKey(text) else {
      throw InvalidValue("must be one line of text, not empty")
    }
    return key
  }

  private static func script(_ text: String) throws(InvalidValue) -> ScriptName {
    guard !text.isEmpty, !text.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 <= 0x20 }) else {
      throw InvalidValue("must be the last segment of a path, such as result")
    }
    return ScriptName(text)
  }

  private static func encoding(_ text: String) throws(InvalidValue) -> FormEncoding {
    switch text {
    case "multipart": return .multipart
    case "urlencoded": return .urlencoded
    default: throw InvalidValue("must be multipart or urlencoded")
    }
  }
}

extension Region {
  /// What a shop of the country usually takes.
  var usualCurrency: Currency? {
    switch self {
    case .uz: try? Currency("UZS")  // the three are known; nil would only ask for the setting
    case .kz: try? Currency("KZT")
    case .kg: try? Currency("KGS")
    }
  }
}
