import Foundation
import Synchronization
import Testing

/// The whole life of money under links, from a seed: links of both families, shop, payers, faults, kills, one process or two on the books.
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
    var takenOver = 0
    let started = ContinuousClock.now
    func collect(_ simulation: Simulation) {
      let world = simulation.world
      killed += simulation.killed
      takenOver += world.takenOver
      reached.merge(world.reached) { $0 + $1 }
      guard !world.violations.isEmpty else { return }
      Issue.record("seed \(world.seed): \(world.violations.joined(separator: "; "))\n\(world.lines.joined(separator: "\n"))")
    }
    let seeds = Self.single.map { [$0] } ?? Array(1...max(Self.count, 1))
    // As many at a time as there are cores: every run is a world of its own.
    let width = Self.single == nil ? ProcessInfo.processInfo.activeProcessorCount : 1
    try await withThrowingTaskGroup(of: Simulation.self) { group in
      for (place, seed) in seeds.enumerated() {
        if place >= width, let simulation = try await group.next() { collect(simulation) }
        group.addTask {
          let simulation = try Simulation(seed: seed, isVerbose: Self.single != nil)
          try await simulation.run()
          return simulation
        }
      }
      for try await simulation in group { collect(simulation) }
    }
    let deadly = KillPoint.all.filter { reached["† \($0)"] != nil }
    print(
      "simulation: \(seeds.count) seeds in \(ContinuousClock.now - started), \(killed) restarts, \(takenOver) pieces of work taken over, \(deadly.count) of \(KillPoint.all.count) kill points"
    )
    for point in KillPoint.all { print("  \(point): reached \(reached[point] ?? 0), killed \(reached["† \(point)"] ?? 0)") }
    // With all seeds every point is one where some process died.
    if Self.single == nil, seeds.count >= 200 {
      #expect(deadly.count == KillPoint.all.count)
      #expect(takenOver > 0)
    }
  }
}
