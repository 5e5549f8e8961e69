import Foundation
import Testing

/// What a gateway holds of its code.
@Suite struct CodePagesTests {
  @Test("Code that only the start needed is given back, and what is used again comes again") func givenBack() async throws {
    let stand = try Stand()
    try await stand.start()
    let gateway = try #require(stand.gateway)
    // Two fifths of it at most; nearly three where nothing is given back. It is ready a moment before.
    let isGiven = await Poll.until(.seconds(5)) {
      guard let (resident, mapped) = try? Self.code(of: gateway) else { return false }
      return resident * 100 < mapped * 47
    }
    #expect(isGiven)
    let created = try await stand.createFixed(order: "A1")
    #expect(created["status"].string == "active")
    #expect(gateway.isRunning)
  }

  /// KiB of code, of the program and its libraries: what is resident and what is mapped (proc(5), `smaps`).
  private static func code(of program: Program) throws -> (resident: Int, mapped: Int) {
    let text = try String(contentsOfFile: "/proc/\(program.identifier)/smaps", encoding: .utf8)
    var (resident, mapped, isCode) = (0, 0, false)
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", omittingEmptySubsequences: true)
      if parts.count >= 5, parts[0].contains("-") {
        isCode = parts[1] == "r-xp" && parts.count == 6 && parts[5].hasPrefix("/")
      } else if isCode, parts[0] == "Rss:" {
        resident += try #require(Int(parts[1]))
      } else if isCode, parts[0] == "Size:" {
        mapped += try #require(Int(parts[1]))
      }
    }
    return (resident, mapped)
  }
}
