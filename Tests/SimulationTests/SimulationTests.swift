import Foundation
import Synchronization
import Testing

/// The whole life of money under links, from a seed: links of both families, shop, payers, faults, kills (issue 3, part 7).
@Suite("Simulation", .serialized)
struct SimulationTests {
  /// How many seeds; `make simulate SEEDS=…` sets it.
  private static var count: UInt64 { ProcessInfo.processInfo.environment["PAYLINK_SEEDS"].flatMap(UInt64.init) ?? 200 }
  /// One seed alone, with all that is logged.
  private static var single: UInt64? { ProcessInfo.processInfo.environment["PAYLINK_SEED"].flatMap(UInt64.init) }

  @Test("money is moved once, the books say what the acquirer did, and every link ends, whatever fails and dies in between")
  func seeds() async throws {
    var reached: [String: Int] = [:]
    var killed = 0
    let started = ContinuousClock.now
    let seeds = Self.single.map { [$0] } ?? Array(1...max(Self.count, 1))
    for seed in seeds {
      let simulation = try Simulation(seed: seed, isVerbose: Self.single != nil)
      let violations = try await simulation.run()
      killed += simulation.killed
      reached.merge(simulation.world.reached) { $0 + $1 }
      guard !violations.isEmpty else { continue }
      Issue.record("seed \(seed): \(violations.joined(separator: "; "))\n\(simulation.world.lines.joined(separator: "\n"))")
    }
    let deadly = KillPoint.all.filter { reached["† \($0)"] != nil }
    print(
      "simulation: \(seeds.count) seeds in \(ContinuousClock.now - started), \(killed) restarts, \(deadly.count) of \(KillPoint.all.count) kill points"
    )
    for point in KillPoint.all { print("  \(point): reached \(reached[point] ?? 0), killed \(reached["† \(point)"] ?? 0)") }
    // With all seeds every point is one where some process died.
    if Self.single == nil, seeds.count >= 200 { #expect(deadly.count == KillPoint.all.count) }
  }
}
