/// Settings before they are judged: maps, lists and texts, each text with the place it came from.
///
/// File, environment and flags are brought into this one shape, laid over each other, and only then decoded; so every rule stands once.
indirect enum SettingsTree: Hashable {
  case text(String, Source)
  case list([SettingsTree])
  case map([String: SettingsTree])

  /// Where a text came from, for messages and for the rule that secrets never stand in a file or a flag.
  enum Source: Hashable {
    /// The sandbox's own arrangement.
    case builtIn
    case file(String)
    /// A file that holds nothing but one secret.
    case secretFile(String)
    case environment(variable: String)
    case flag(String)

    /// How a message names it.
    var name: String {
      switch self {
      case .builtIn: "the sandbox's arrangement"
      case .file(let path), .secretFile(let path): path
      case .environment(let variable): variable
      case .flag(let flag): flag
      }
    }

    var isEnvironment: Bool {
      if case .environment = self { true } else { false }
    }

    /// Whether a message needs the key's path beside the source: a variable or a flag names its key itself.
    var namesItsKey: Bool {
      switch self {
      case .environment, .flag: true
      case .builtIn, .file, .secretFile: false
      }
    }
  }

  subscript(key: String) -> SettingsTree? {
    if case .map(let members) = self { members[key] } else { nil }
  }

  /// The text of a leaf.
  var text: String? {
    if case .text(let text, _) = self { text } else { nil }
  }

  /// The texts of a leaf that may be one or several.
  var texts: [String] {
    if case .list(let members) = self { members.compactMap(\.text) } else { text.map { [$0] } ?? [] }
  }

  /// Where a leaf came from; of several, the first.
  var source: Source? {
    switch self {
    case .text(_, let source): source
    case .list(let members): members.first?.source
    case .map: nil
    }
  }

  /// Lays `upper` over this: maps member by member, lists and texts whole.
  func overlaid(with upper: SettingsTree) -> SettingsTree {
    guard case .map(let below) = self, case .map(let above) = upper else { return upper }
    return .map(below.merging(above) { $0.overlaid(with: $1) })
  }

  /// The same tree with a text at a path. Members of lists are found by their `name`; a member that is not there is made.
  func setting(_ value: SettingsTree, at path: ArraySlice<SettingsStep>) -> SettingsTree {
    guard let step = path.first else { return value }
    let rest = path.dropFirst()
    switch step {
    case .key(let key):
      var members: [String: SettingsTree] = if case .map(let members) = self { members } else { [:] }
      members[key] = (members[key] ?? .map([:])).setting(value, at: rest)
      return .map(members)
    case .member(let name):
      var members: [SettingsTree] = if case .list(let members) = self { members } else { [] }
      if let index = members.firstIndex(where: { $0["name"]?.text == name }) {
        members[index] = members[index].setting(value, at: rest)
      } else {
        let source = value.source ?? .builtIn
        members.append(SettingsTree.map(["name": .text(name, source)]).setting(value, at: rest))
      }
      return .list(members)
    }
  }

  /// The text that stands at a written path such as `merchants[0].region`, or the nearest one above it that is a leaf.
  func source(at path: [any CodingKey]) -> Source? {
    guard let key = path.first else { return source }
    switch self {
    case .text(_, let source): return source
    case .list(let members):
      guard let index = key.intValue, members.indices.contains(index) else { return nil }
      return members[index].source(at: Array(path.dropFirst()))
    case .map(let members): return members[key.stringValue]?.source(at: Array(path.dropFirst()))
    }
  }
}

/// A step of a path into the settings.
enum SettingsStep: Hashable {
  case key(String)
  /// A member of a list by its name.
  case member(String)
}
