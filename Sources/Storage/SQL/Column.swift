/// The columns of a table, in the order in which statements name them and rows give them.
protocol Column: CaseIterable, Hashable, Sendable, RawRepresentable<Int> {
  static var table: String { get }
  var name: String { get }
}

extension Column {
  /// `a, b, c` for SELECT and INSERT.
  static var list: String { allCases.map(\.name).joined(separator: ", ") }
  /// `:a, :b, :c`, bound by `arguments`.
  static var parameters: String { allCases.map { ":\($0.name)" }.joined(separator: ", ") }
  /// `a = :a, b = :b` of some columns.
  static func assignments(_ columns: [Self]) -> String { columns.map { "\($0.name) = :\($0.name)" }.joined(separator: ", ") }

  /// A case's own name in the schema's spelling: `createdAt` is `created_at`.
  static func spelled(_ name: String) -> String {
    String(name.flatMap { $0.isUppercase ? "_\($0.lowercased())" : String($0) })
  }
}
