import Yams

extension SettingsTree {
  /// Reads a configuration file's text. Keys without a value count as not there.
  /// - Parameter file: the file's name, for messages.
  init(yaml: String, file: String, source: Source? = nil) throws(SettingsError) {
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml)
    } catch {
      throw SettingsError(source: file, Self.oneLine(error))
    }
    self = try Self.tree(node, depth: 0, file: file, source ?? .file(file)) ?? .map([:])
  }

  /// Deeper than any key of ours.
  private static let deepest = 8

  private static func tree(_ node: Node?, depth: Int, file: String, _ source: Source) throws(SettingsError) -> SettingsTree? {
    guard depth < deepest else { throw SettingsError(source: file, "maps and lists are nested too deep") }
    switch node {
    case nil: return nil
    case .scalar(let scalar):
      if scalar.style == .plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return nil }
      return .text(scalar.string, source)
    case .sequence(let sequence):
      var members: [SettingsTree] = []
      for (index, member) in sequence.enumerated() {
        guard let tree = try tree(member, depth: depth + 1, file: file, source) else {
          throw SettingsError(source: file, "member \(index) of a list is empty")
        }
        members.append(tree)
      }
      return .list(members)
    case .mapping(let mapping):
      var members: [String: SettingsTree] = [:]
      for (key, value) in mapping {
        guard let name = key.string else { throw SettingsError(source: file, "a key must be a text") }
        members[name] = try tree(value, depth: depth + 1, file: file, source)
      }
      return .map(members)
    case .alias: throw SettingsError(source: file, "aliases are not taken")
    }
  }

  /// The tree as Yams takes it for decoding.
  var node: Node {
    switch self {
    case .text(let text, _): Node(text)
    case .list(let members): Node(members.map(\.node))
    case .map(let members): Node(members.sorted { $0.key < $1.key }.map { (Node($0.key), $0.value.node) })
    }
  }

  /// What the parser says, without its picture of the place: line and problem.
  private static func oneLine(_ error: any Error) -> String {
    guard let error = error as? YamlError else { return "is not YAML" }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
      return "line \(mark.line): \(problem)"
    case .duplicatedKeysInMapping(let duplicates, _):
      return "the key \(duplicates.map { "\($0)" }.sorted().joined(separator: ", ")) stands twice in one map"
    default: return "is not YAML"
    }
  }
}
