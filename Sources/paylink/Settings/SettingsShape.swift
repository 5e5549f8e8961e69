/// What may stand where: the known keys, what kind of thing each takes, and what this version does not have yet.
///
/// The shape refuses unknown keys and finds the key that a variable of the environment means; the rules for a value stand where the value is
/// decoded.
indirect enum SettingsShape {
  /// One text or number.
  case value
  /// One text that never stands in the configuration file or a flag.
  case secret
  /// One text, or a list of them.
  case values
  case section([String: SettingsShape])
  /// A list of sections, each with a `name`.
  case members([String: SettingsShape])
  /// Part of a later version: only its neutral default is taken.
  case later(neutral: String? = nil)

  /// Every key of design §4.2.
  static let settings = SettingsShape.section([
    "listen": .values,
    "tls": .section(["certificate_file": .value, "key_file": .value]),
    "proxy_protocol": .value,
    "trusted_proxies": .values,
    "ops_listen": .values,
    "ops_console": .later(neutral: "false"),
    "public_url": .value,
    "database": .value,
    "database_password": .secret,
    "database_password_file": .value,
    "acquirer_ca_file": .value,
    "acquirer_proxy": .value,
    "log_level": .value,
    "sandbox": .section(["listen": .value]),
    "merchants": .members(merchant),
    "api_keys": .members(apiKey),
    "webhooks": .members(webhook),
    "cors": .section(["origins": .values]),
    "rate": .section(["per_key": .value, "per_address": .value]),
    "limits": .section(LimitSettings.shape),
    "retention": .section(RetentionSettings.shape),
  ])

  private static let merchant: [String: SettingsShape] = [
    "name": .value,
    "merchant_id": .value,
    "secret_key": .secret,
    "secret_key_file": .value,
    "previous_secret_key": .secret,
    "previous_secret_key_file": .value,
    "region": .value,
    "base_url": .value,
    "api": .value,
    "encoding": .value,
    "currency": .value,
    "testing": .value,
    "script_names": .section(["check": .value, "result": .value]),
    "late_money": .value,
    "late_money_dry_run": .value,
  ]

  private static let webhook: [String: SettingsShape] = [
    "name": .value,
    "url": .value,
    "merchants": .values,
    "secret": .secret,
    "secret_file": .value,
    "previous_secret": .secret,
    "previous_secret_file": .value,
    "events": .values,
    "allow_private": .value,
  ]

  private static let apiKey: [String: SettingsShape] = [
    "name": .value,
    "kind": .value,
    "sha256": .value,
    "scopes": .values,
    "merchants": .values,
    "expires_at": .value,
    "order_alg": .value,
    "order_secret": .secret,
    "order_secret_file": .value,
    "order_public_key": .secret,
    "order_public_key_file": .value,
  ]
}

// MARK: - Holding a tree against the shape

extension SettingsShape {
  /// Refuses what does not fit: unknown keys, a list where a text belongs, secrets in the wrong place, parts of later versions.
  /// - Parameter file: how messages name what has no source of its own (maps and lists come from the file).
  func check(_ tree: SettingsTree, path: String = "", file: String) throws(SettingsError) {
    switch self {
    case .value: try checkText(tree, path, file)
    case .secret: try checkSecret(tree, path, file)
    case .values: try checkTexts(tree, path, file)
    case .section(let keys): try Self.checkMap(tree, keys, path, file)
    case .members(let keys):
      guard case .list(let members) = tree else { throw Self.error(tree, path, file, "must be a list") }
      for (index, member) in members.enumerated() { try Self.checkMap(member, keys, "\(path)[\(index)]", file) }
    case .later(let neutral): try Self.checkNeutral(tree, neutral, path, file)
    }
  }

  private func checkText(_ tree: SettingsTree, _ path: String, _ file: String) throws(SettingsError) {
    guard case .text = tree else { throw Self.error(tree, path, file, "must be one value") }
  }

  private func checkTexts(_ tree: SettingsTree, _ path: String, _ file: String) throws(SettingsError) {
    guard case .list(let values) = tree else {
      guard case .text = tree else { throw Self.error(tree, path, file, "must be one value or a list of values") }
      return
    }
    for (index, value) in values.enumerated() { try checkText(value, "\(path)[\(index)]", file) }
  }

  private func checkSecret(_ tree: SettingsTree, _ path: String, _ file: String) throws(SettingsError) {
    try checkText(tree, path, file)
    switch tree.source {
    case .file, .flag, nil:
      throw Self.error(
        tree, path, file, "a secret stands in the environment or in a file of its own: use \(path.split(separator: ".").last ?? "")_file")
    case .environment, .secretFile, .builtIn: break
    }
  }

  private static func checkMap(
    _ tree: SettingsTree, _ keys: [String: SettingsShape], _ path: String, _ file: String
  ) throws(SettingsError) {
    guard case .map(let members) = tree else { throw error(tree, path, file, "must be a map of keys") }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      let inner = path.isEmpty ? key : "\(path).\(key)"
      guard let shape = keys[key] else {
        let hint = Spelling.nearest(to: key, among: keys.keys).map { ", did you mean \($0)?" } ?? ""
        throw error(value, inner, file, "unknown key\(hint)")
      }
      try shape.check(value, path: inner, file: file)
    }
  }

  /// Nothing, an empty list, an empty map and the default are neutral.
  private static func checkNeutral(_ tree: SettingsTree, _ neutral: String?, _ path: String, _ file: String) throws(SettingsError) {
    let isNeutral =
      switch tree {
      case .text(let text, _): text == neutral
      case .list(let members): members.isEmpty
      case .map(let members): members.isEmpty
      }
    guard !isNeutral else { return }
    let what = neutral.map { "\(path) other than \($0)" } ?? path
    throw SettingsError(source: tree.source?.name ?? file, "\(what) \(SettingsError.notBuilt)")
  }

  private static func error(_ tree: SettingsTree, _ path: String, _ file: String, _ rule: String) -> SettingsError {
    guard let source = tree.source, source.namesItsKey else { return SettingsError(source: tree.source?.name ?? file, path: path, rule) }
    return SettingsError(source: source.name, rule)
  }
}
