import Payments

/// How far links are, told to every process that listens, with the commit: `pl_…:7,pl_…:3`.
enum PostgresNotice {
  static let channel = "paylink_links"
  static let send = SQLStatement("SELECT pg_notify('\(channel)', :text)")
  static let listen = SQLStatement("LISTEN \(channel)")

  /// A notice holds fewer than 8,000 bytes; a link takes 29, a colon, a comma and at most 19 digits.
  private static let linksOfNotice = 150

  static func texts(_ changed: [LinkID: Int64]) -> [String] {
    var texts: [String] = []
    var rest = changed.map { "\($0.key.text):\($0.value)" }[...]
    while !rest.isEmpty {
      texts.append(rest.prefix(linksOfNotice).joined(separator: ","))
      rest = rest.dropFirst(linksOfNotice)
    }
    return texts
  }

  /// What is not ours to read is passed over.
  static func sequences(_ text: String) -> [LinkID: Int64] {
    var sequences: [LinkID: Int64] = [:]
    for part in text.split(separator: ",") {
      let sides = part.split(separator: ":")
      guard sides.count == 2, let id = try? LinkID(String(sides[0])), let sequence = Int64(sides[1]) else { continue }
      sequences[id] = sequence
    }
    return sequences
  }
}
