/// What is wrong with the settings, in one line: where, and which rule is broken. It never says a value that could be a secret.
struct SettingsError: Error, Hashable, CustomStringConvertible {
  /// The file, the environment's variable or the flag; nil where only the path is known yet.
  var source: String?
  /// The path of the key, such as `merchants[0].region`; empty for the whole.
  var path: String
  /// The rule: `must be uz, kz or kg`.
  var rule: String

  init(source: String? = nil, path: String = "", _ rule: String) {
    self.source = source
    self.path = path
    self.rule = rule
  }

  var description: String {
    let parts = [source, path.isEmpty ? nil : path, rule].compactMap { $0 }
    return parts.joined(separator: ": ")
  }

  /// The one wording for what a later version brings.
  static let notBuilt = "is not built yet in this version"
}
