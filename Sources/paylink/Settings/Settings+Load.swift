import Yams

/// Where settings come from.
struct SettingsSources: Sendable {
  /// Path of the configuration file, or nil for none.
  var file: String?
  var environment: [String: String]
  /// `path=value`, such as `limits.idle_timeout=30s`.
  var flags: [String] = []
  /// Whether the sandbox's own arrangement lies below all (design §4.6).
  var isSandbox = false
}

extension Settings {
  /// Reads, merges and judges.
  static func load(_ sources: SettingsSources) throws(SettingsError) -> Settings {
    let file = sources.file ?? (sources.isSandbox ? "the sandbox's arrangement" : "the environment")
    var tree = sources.isSandbox ? SandboxArrangement.tree : .map([:])
    if let path = sources.file {
      let text = try TextFile.read(path, atMost: 1 << 20, source: path)
      let written = try SettingsTree(yaml: text, file: path)
      // Judged before anything is laid over it, so that a message names what stands in the file.
      try SettingsShape.settings.check(written, file: file)
      tree = tree.overlaid(with: written)
    }
    tree = try tree.overlaid(withEnvironment: sources.environment, shape: .settings)
    tree = try tree.overlaid(withFlags: sources.flags, shape: .settings)
    try SettingsShape.settings.check(tree, file: file)
    if sources.isSandbox { tree = try SandboxArrangement.completed(tree, file: file) }
    tree = try tree.withSecretsOfFiles(file: file)
    let settings = try decode(tree, file: file)
    if let broken = settings.brokenRule() { throw SettingsError(source: file, path: broken.path, broken.rule) }
    try settings.checkFiles(tree, file: file)
    if sources.isSandbox { try SandboxArrangement.check(settings, file: file) }
    return settings
  }

  private static func decode(_ tree: SettingsTree, file: String) throws(SettingsError) -> Settings {
    do {
      return try YAMLDecoder().decode(Settings.self, from: tree.node)
    } catch let DecodingError.dataCorrupted(context) {
      let source = tree.source(at: context.codingPath)
      if let source, source.namesItsKey { throw SettingsError(source: source.name, context.debugDescription) }
      throw SettingsError(source: source?.name ?? file, path: written(context.codingPath), context.debugDescription)
    } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context), let DecodingError.keyNotFound(
      _, context)
    {
      throw SettingsError(source: file, path: written(context.codingPath), "is not of the right kind")
    } catch {
      throw SettingsError(source: file, "cannot be read")
    }
  }

  /// `merchants[0].region`.
  private static func written(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }

  /// What must be readable now and not when the first call is made.
  private func checkFiles(_ tree: SettingsTree, file: String) throws(SettingsError) {
    if let tls {
      let place = { key in tree["tls"]?[key]?.place(path: "tls.\(key)", file: file) ?? file }
      _ = try tls.context(certificatePlace: place("certificate_file"), keyPlace: place("key_file"))
    }
    if let path = acquirerCAFile {
      let text = try TextFile.read(
        path, atMost: 16 << 20, source: tree["acquirer_ca_file"]?.place(path: "acquirer_ca_file", file: file) ?? file)
      guard text.contains("-----BEGIN CERTIFICATE-----") else {
        throw SettingsError(source: file, path: "acquirer_ca_file", "\(path) holds no PEM certificate")
      }
    }
    if acquirerProxy?.hasPassword == true, tree["acquirer_proxy"]?.source?.isEnvironment != true {
      throw SettingsError(source: file, path: "acquirer_proxy", "a proxy with a password stands in the environment: PAYLINK_ACQUIRER_PROXY")
    }
  }
}

extension SettingsTree {
  /// How a message names where this stands: the variable or flag, or the file and the key's path in it.
  fileprivate func place(path: String, file: String) -> String {
    if let source, source.namesItsKey { source.name } else { "\(source?.name ?? file): \(path)" }
  }

  /// Lays flags over this tree; a secret is never one.
  func overlaid(withFlags flags: [String], shape: SettingsShape) throws(SettingsError) -> SettingsTree {
    var tree = self
    for flag in flags {
      guard let equals = flag.firstIndex(of: "="), equals != flag.startIndex else {
        throw SettingsError(source: "--set", "must be PATH=VALUE, such as limits.idle_timeout=30s")
      }
      let path = String(flag[..<equals])
      let words = String(path.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
      guard let found = shape.find(words, in: tree) else { throw SettingsError(source: "--set \(path)", "no setting has this name") }
      tree = tree.setting(found.shape.read(String(flag[flag.index(after: equals)...]), from: .flag("--set \(path)")), at: found.path[...])
    }
    return tree
  }

  /// What stands in files of its own, by list.
  private static let filed = [
    "merchants": ["secret_key", "previous_secret_key"], "api_keys": ["order_secret", "order_public_key"],
    "webhooks": ["secret", "previous_secret"],
  ]

  /// Puts what those files hold in the place of the secrets. A secret of the environment goes before a file.
  func withSecretsOfFiles(file: String) throws(SettingsError) -> SettingsTree {
    guard case .map(var members) = try withFiles(of: ["database_password"], at: "") else { return self }
    for (list, keys) in Self.filed.sorted(by: { $0.key < $1.key }) {
      guard case .list(let entries)? = members[list] else { continue }
      var read: [SettingsTree] = []
      for (index, entry) in entries.enumerated() {
        read.append(try entry.withFiles(of: keys, at: "\(list)[\(index)]"))
      }
      members[list] = .list(read)
    }
    return .map(members)
  }

  private func withFiles(of names: [String], at place: String) throws(SettingsError) -> SettingsTree {
    guard case .map(var keys) = self else { return self }
    for key in names {
      guard keys[key] == nil || keys[key]?.source == .builtIn, case .text(let path, let source)? = keys["\(key)_file"] else { continue }
      let setting = source.namesItsKey ? source.name : "\(source.name): \(place.isEmpty ? "" : "\(place).")\(key)_file"
      let secret = try TextFile.read(path, atMost: 4096, source: setting)
      keys[key] = .text(TextFile.withoutLastNewline(secret), .secretFile(path))
    }
    return .map(keys)
  }
}
