import FoundationEssentials
import Testing

/// Holds `docs/http.md` against the sources: each row of its tables names a test that exists, or says in a sentence why the rule does not concern us.
@Suite("The page of rules") struct RulePageTests {
  struct Row {
    var section: String
    var rule: String
    var holder: String
  }

  static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

  static func rows() throws -> [Row] {
    let page = try String(contentsOfFile: root + "/docs/http.md", encoding: .utf8)
    return page.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
      let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map(Self.trimmed)
      return Row(section: cells[0], rule: cells.count > 1 ? cells[1] : "", holder: cells.count == 3 ? cells[2] : "")
    }.filter { $0.section != "§" }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// `HTTPServerTests/ServerTests/keepAlive`, as often as the cell names one between backquotes.
  static func tests(in holder: String) -> [[String]] {
    holder.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { $0.element.split(separator: "/").map(String.init) }
  }

  /// The texts of a test room's files that declare the suite.
  static func texts(of suite: String, in room: String) throws -> [String] {
    let folder = "\(root)/Tests/\(room)"
    return try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
      .map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
      .filter { $0.contains("struct \(suite) {") }
  }

  /// Whether a function of this name stands behind an attribute `@Test` that is its own.
  static func isTest(_ function: String, in text: String) -> Bool {
    guard let place = text.firstRange(of: "func \(function)("), let attribute = text[..<place.lowerBound].ranges(of: "@Test").last else {
      return false
    }
    return !text[attribute.upperBound..<place.lowerBound].contains("func ")
  }

  @Test("Every row has a section, a rule, and either tests or a sentence") func rowsAreWhole() throws {
    let rows = try Self.rows()
    #expect(rows.count > 90)
    for row in rows {
      #expect(row.section.first?.isNumber == true, "\(row)")
      #expect(!row.rule.isEmpty, "\(row)")
      #expect(!Self.tests(in: row.holder).isEmpty || row.holder.hasSuffix(".") && row.holder.count > 10, "\(row)")
    }
  }

  @Test("Every test that a row names exists") func testsExist() throws {
    var count = 0
    for row in try Self.rows() {
      for name in Self.tests(in: row.holder) {
        count += 1
        try #require(name.count == 3, "\(name) in \(row)")
        let found = try Self.texts(of: name[1], in: name[0]).contains { Self.isTest(name[2], in: $0) }
        #expect(found, "\(name.joined(separator: "/")) of §\(row.section) is not there")
      }
    }
    #expect(count > 80)
  }
}
