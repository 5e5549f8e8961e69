import Foundation
import HTTPTypes
import Testing

/// Budgets of what one request may cost, as files: `Budgets/requests.json` (debug build). Counts, not times, so they hold on any machine.
///
/// A change that costs more than `Tolerance` allows goes red; one that costs less than two thirds too, so that what was gained is kept: `make budgets` writes the
/// file anew.
@Suite("A request costs no more than its budget", .serialized) struct EndToEndBudgetTests {
  private typealias Costs = [String: [String: Double]]

  /// What a count may be over its budget: a share, and a number.
  private struct Tolerance {
    var share, number: Double

    static func of(_ kind: String) -> Tolerance {
      switch kind {
      // The same from run to run but for a few: one allocation more in the smallest request is seen.
      case "allocations": Tolerance(share: 0.03, number: 0.1)
      // Under valgrind everything takes its time, so there may be more of the background in it.
      case "instructions": Tolerance(share: 0.15, number: 0)
      // How events meet in a turn of the loop depends on the machine; one more in every request is seen.
      default: Tolerance(share: 0.1, number: 0.5)
      }
    }
  }

  @Test("in allocations, system calls, executor jobs and tasks: health, read, create, result callback")
  func counts() async throws {
    let stand = try Stand()
    let counted = try await CountedCalls(in: stand.folder)
    try await stand.startSandbox()
    try await stand.startGateway(environment: counted.environment)
    var last = try counted.now()
    let costs = try await measure(stand, warm: 10, health: 200, reads: 200, money: 60) {
      let now = try counted.now()
      defer { last = now }
      return Dictionary(uniqueKeysWithValues: zip(CountedCalls.names, zip(last, now).map { Double($1 - $0) }))
    }
    try judge(costs, kinds: Set(CountedCalls.names))
  }

  // Budgets of instructions hold for one kind of processor.
  #if arch(x86_64)
    @Test("in instructions: health, read, create, result callback")
    func instructions() async throws {
      let stand = try Stand()
      let counted = try await CountedInstructions(in: stand.folder)
      let calls = try await CountedCalls(in: stand.folder)
      try await stand.startSandbox()
      try await stand.startGateway(
        environment: calls.environment, under: counted.wrapper, program: counted.program, within: .seconds(100))
      let gateway = try #require(stand.gateway)
      try await counted.begin(in: gateway)
      let costs = try await measure(stand, warm: 3, health: 100, reads: 40, money: 12) {
        ["instructions": Double(try await counted.sinceLast(in: gateway))]
      }
      try judge(costs, kinds: ["instructions"])
    }
  #endif

  /// Requests are counted in so many batches, and the least counts: what is done in the background meanwhile, every second, is seldom in all of them.
  private static let batches = 4

  /// - Parameters:
  ///   - warm: how many of each come before those that are counted.
  ///   - money: how many creates, and results.
  ///   - sinceLast: what was counted since it was called the last time.
  private func measure(
    _ stand: Stand, warm: Int, health: Int, reads: Int, money: Int, sinceLast: @escaping () async throws -> [String: Double]
  ) async throws -> Costs {
    var costs: Costs = [:]
    let first = try await stand.createFixed(order: "WARM")
    func many(_ name: String, _ count: Int, _ request: @escaping (Int) async throws -> Void) async throws {
      for index in 0..<warm { try await request(index - warm) }
      _ = try await sinceLast()
      let batch = count / Self.batches
      for number in 0..<Self.batches {
        for index in 0..<batch { try await request(number * batch + index) }
        let each = try await sinceLast().mapValues { $0 / Double(batch) }
        costs[name, default: each].merge(each) { min($0, $1) }
      }
    }
    try await many("health", health) { _ in
      guard try await Wire.send(.get, stand.operations + "/livez").status == 200 else { throw Failure("livez") }
    }
    try await many("read", reads) { _ in _ = try await stand.read(first) }
    try await many("create", money) { index in _ = try await stand.createFixed(order: "B\(index + warm)") }
    let payments = try await Wire.send(.get, stand.acquirer + "/control/payments").json["payments"].list
    let numbers = payments.reduce(into: [String: Int64]()) { $0[$1["pg_order_id"].string ?? ""] = $1["pg_payment_id"].int }
    try await many("result", money) { index in
      let order = "B\(index + warm)"
      let number = try #require(numbers[order])
      let answer = try await Callback.result(order: order, payment: number, amount: "150000.00").send(to: stand)
      guard answer.status == 200, Callback.answer(answer.text)["pg_status"] == "ok" else { throw Failure("result: \(answer)") }
    }
    return costs
  }

  /// Holds costs against their budgets, or writes them as the new ones.
  private func judge(_ costs: Costs, kinds: Set<String>) throws {
    let file = CountedCalls.budgets.appendingPathComponent("requests.json")
    let allowed = try JSONDecoder().decode(Costs.self, from: try Data(contentsOf: file))
    if ProcessInfo.processInfo.environment["PAYLINK_BUDGETS"] == "write" {
      return try write(allowed.merging(costs) { $0.merging($1) { $1 } }, to: file)
    }
    #expect(Set(costs.keys) == Set(allowed.keys))
    for (request, cost) in costs {
      #expect(Set(cost.keys) == kinds)
      for (kind, count) in cost {
        let budget = try #require(allowed[request]?[kind], "\(request) \(kind) has a budget")
        let tolerance = Tolerance.of(kind)
        #expect(count <= budget * (1 + tolerance.share) + tolerance.number, "\(request): \(kind) \(count), budget \(budget)")
        #expect(count >= budget * 0.66 - 0.5, "\(request): \(kind) \(count) is far below its budget \(budget): make budgets")
      }
    }
  }

  private func write(_ costs: Costs, to file: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let rounded = costs.mapValues { $0.mapValues { $0 < 100_000 ? ($0 * 10).rounded() / 10 : ($0 / 1000).rounded() * 1000 } }
    try (String(decoding: try encoder.encode(rounded), as: UTF8.self) + "\n").write(to: file, atomically: true, encoding: .utf8)
  }
}
