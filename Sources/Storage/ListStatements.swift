import Payments

/// The statements of the list of links: one for each choice of conditions.
enum ListStatements {
  /// What a list is narrowed by.
  struct Conditions: OptionSet {
    let rawValue: Int

    static let order = Conditions(rawValue: 1)
    static let status = Conditions(rawValue: 2)
    static let flag = Conditions(rawValue: 4)
    static let metadata = Conditions(rawValue: 8)
    static let every = 0..<16
  }

  /// Only the places in the list: a page that spans merchants is merged from them before a link is read.
  static func positions(_ conditions: Conditions) -> SQLStatement { all[conditions.rawValue] }

  private static let all = Conditions.every.map { bits in SQLStatement { text(Conditions(rawValue: bits), $0) } }

  /// A pair of metadata has the most to choose from, so it leads.
  private static func text(_ chosen: Conditions, _ dialect: Dialect) -> String {
    var conditions: [String] = []
    if chosen.contains(.order) { conditions.append("link.order_id = :order") }
    if chosen.contains(.status) { conditions.append("link.status = :status") }
    if chosen.contains(.flag) { conditions.append("link.flags > 0 AND link.flags & :flag <> 0") }
    let isJoined = chosen.contains(.metadata) && !conditions.isEmpty
    let place = chosen.contains(.metadata) ? "link_metadata" : "link"
    let tables = isJoined ? "link_metadata \(dialect.leading) link ON link.id = link_metadata.id" : place
    if chosen.contains(.metadata) { conditions.append("link_metadata.key = :key AND link_metadata.value = :value") }
    conditions.append("\(place).merchant = :merchant AND \(place).created_at >= :from")
    conditions.append("(\(place).created_at, \(place).id) < (:until, :before)")
    return """
      SELECT \(place).created_at, \(place).id FROM \(tables) WHERE \(conditions.joined(separator: " AND "))
      ORDER BY \(place).created_at DESC, \(place).id DESC LIMIT :limit
      """
  }
}
