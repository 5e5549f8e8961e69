extension SettingsTree {
  /// Lays the environment over this tree: `PAYLINK_` and the path in capitals, members of lists by name
  /// (`PAYLINK_MERCHANTS_MAIN_SECRET_KEY`), lists of texts with commas.
  ///
  /// A variable that begins so and means no key is an error, like an unknown key in the file.
  func overlaid(withEnvironment environment: [String: String], shape: SettingsShape) throws(SettingsError) -> SettingsTree {
    var tree = self
    for (variable, value) in environment.sorted(by: { $0.key < $1.key }) {
      // An empty variable counts as not there: compose files pass on what is not set in this way.
      guard variable.hasPrefix(Self.prefix), !Self.isForeign(variable), !value.isEmpty else { continue }
      let words = String(variable.dropFirst(Self.prefix.count))
      guard let found = shape.find(words, in: tree) else {
        throw SettingsError(source: variable, "no setting has this name")
      }
      tree = tree.setting(found.shape.read(value, from: .environment(variable: variable)), at: found.path[...])
    }
    return tree
  }

  private static let prefix = "PAYLINK_"

  /// Variables that begin like ours and are not settings: those of the `links` commands and of the build, and what Kubernetes and container links put
  /// into the environment of everything that runs beside a service called "paylink".
  private static func isForeign(_ variable: String) -> Bool {
    ["PAYLINK_URL", "PAYLINK_KEY", "PAYLINK_PORT", "PAYLINK_CERTIFY_SECRET"].contains(variable) || variable.hasPrefix("PAYLINK_SERVICE_")
      || variable.hasPrefix("PAYLINK_PORT_")
  }
}

extension SettingsShape {
  /// The key that a variable's words mean, such as `MERCHANTS_MAIN_SECRET_KEY`: keys hold underscores themselves, so the longest key wins.
  func find(_ words: String, in tree: SettingsTree) -> (path: [SettingsStep], shape: SettingsShape)? {
    switch self {
    case .value, .secret, .values, .later: return words.isEmpty ? ([], self) : nil
    case .section(let keys):
      for (key, shape) in keys.sorted(by: { ($0.key.count, $0.key) > ($1.key.count, $1.key) }) {
        guard let rest = Self.rest(of: words, after: key.uppercased()) else { continue }
        if let found = shape.find(rest, in: tree[key] ?? .map([:])) { return ([.key(key)] + found.path, found.shape) }
      }
      return nil
    case .members(let keys):
      // The member's name is what stands before the key; it may be new. The longest key wins: PREVIOUS_SECRET_KEY before SECRET_KEY.
      for (key, shape) in Self.leaves(of: keys).sorted(by: { ($0.key.count, $0.key) > ($1.key.count, $1.key) }) {
        guard words.hasSuffix("_\(key)"), words.utf8.count > key.utf8.count + 1 else { continue }
        let name = Self.name(String(words.dropLast(key.count + 1)), in: tree)
        return ([.member(name)] + shape.path, shape.shape)
      }
      return nil
    }
  }

  /// A member's name as it stands in the tree, or as it would be written: `MAIN_SHOP` is `main-shop`.
  private static func name(_ words: String, in tree: SettingsTree) -> String {
    if case .list(let members) = tree {
      for case let name? in members.map({ $0["name"]?.text }) where environmentName(name) == words { return name }
    }
    return String(words.lowercased().map { $0 == "_" ? "-" : $0 })
  }

  private static func environmentName(_ name: String) -> String {
    String(name.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
  }

  /// All keys below a member, in a variable's spelling: `SCRIPT_NAMES_CHECK`.
  private static func leaves(of keys: [String: SettingsShape]) -> [(key: String, shape: (path: [SettingsStep], shape: SettingsShape))] {
    keys.filter { $0.key != "name" }.flatMap { key, shape in
      if case .section(let inner) = shape {
        leaves(of: inner).map { ("\(key.uppercased())_\($0.key)", ([.key(key)] + $0.shape.path, $0.shape.shape)) }
      } else {
        [(key.uppercased(), ([SettingsStep.key(key)], shape))]
      }
    }
  }

  private static func rest(of words: String, after key: String) -> String? {
    if words == key { return "" }
    return words.hasPrefix("\(key)_") ? String(words.dropFirst(key.count + 1)) : nil
  }

  /// A variable's or a flag's text as the tree takes it: with commas where several values may stand.
  func read(_ text: String, from source: SettingsTree.Source) -> SettingsTree {
    guard case .values = self else { return .text(text, source) }
    let parts = text.split(separator: ",").map { $0.trimmingWhitespace }
    return .list(parts.map { .text($0, source) })
  }
}

extension Substring {
  /// The text without blanks and tabs at its ends.
  var trimmingWhitespace: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
