import Foundation
import Testing

@testable import Facade

/// The one table of problems and its page.
struct ProblemPageTests {
  @Test("docs/problems.md is the table (PAYLINK_WRITE_DOCS=1 writes it)")
  func page() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let file = root.appending(path: "docs/problems.md")
    if ProcessInfo.processInfo.environment["PAYLINK_WRITE_DOCS"] == "1" {
      try Data(ProblemPage.text.utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == ProblemPage.text)
  }

  @Test("Every code stands there once")
  func once() {
    let codes = ProblemCode.all.map(\.text)
    #expect(Set(codes).count == codes.count)
    #expect(codes.contains("database_unavailable") && codes.contains("rate_limited") && codes.contains("overloaded"))
  }
}
