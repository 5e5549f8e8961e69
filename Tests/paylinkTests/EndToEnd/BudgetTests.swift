import Foundation
import HTTPTypes
import Testing

/// Budgets of what one request may cost, as files: `Budgets/requests.json` (debug build). Counts, not times, so they hold on any machine.
///
/// A change that costs more than its budget and a tenth goes red; one that costs less than two thirds too, so that what was gained is kept: `make budgets`
/// writes the file anew.
@Suite("A request costs no more than its budget", .serialized) struct EndToEndBudgetTests {
  private typealias Costs = [String: [String: Double]]

  @Test("in allocations and system calls: health, read, create, result callback")
  func budgets() async throws {
    let stand = try Stand()
    let counted = try await CountedCalls(in: stand.folder)
    try await stand.startSandbox()
    try await stand.startGateway(environment: counted.environment)
    let costs = try await measure(stand, counted)
    let file = CountedCalls.budgets.appendingPathComponent("requests.json")
    if ProcessInfo.processInfo.environment["PAYLINK_BUDGETS"] == "write" { return try write(costs, to: file) }
    let allowed = try JSONDecoder().decode(Costs.self, from: try Data(contentsOf: file))
    #expect(Set(costs.keys) == Set(allowed.keys))
    for (request, cost) in costs {
      for (kind, count) in cost {
        let budget = try #require(allowed[request]?[kind], "\(request) \(kind) has a budget")
        #expect(count <= budget * 1.1 + 0.5, "\(request): \(kind) \(count), budget \(budget)")
        #expect(count >= budget * 0.66 - 0.5, "\(request): \(kind) \(count) is far below its budget \(budget): make budgets")
      }
    }
  }

  private func measure(_ stand: Stand, _ counted: CountedCalls) async throws -> Costs {
    var costs: Costs = [:]
    let first = try await stand.createFixed(order: "WARM")
    func many(_ name: String, _ count: Int, _ request: (Int) async throws -> Void) async throws {
      for index in 0..<10 { try await request(index - 10) }
      costs[name] = try await counted.each(of: count) { for index in 0..<count { try await request(index) } }
    }
    try await many("health", 200) { _ in
      guard try await Wire.send(.get, stand.operations + "/livez").status == 200 else { throw Failure("livez") }
    }
    try await many("read", 200) { _ in _ = try await stand.read(first) }
    try await many("create", 60) { index in _ = try await stand.createFixed(order: "B\(index + 10)") }
    let payments = try await Wire.send(.get, stand.acquirer + "/control/payments").json["payments"].list
    let numbers = payments.reduce(into: [String: Int64]()) { $0[$1["pg_order_id"].string ?? ""] = $1["pg_payment_id"].int }
    try await many("result", 60) { index in
      let order = "B\(index + 10)"
      let number = try #require(numbers[order])
      let answer = try await Callback.result(order: order, payment: number, amount: "150000.00").send(to: stand)
      guard answer.status == 200, Callback.answer(answer.text)["pg_status"] == "ok" else { throw Failure("result: \(answer)") }
    }
    return costs
  }

  private func write(_ costs: Costs, to file: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let rounded = costs.mapValues { $0.mapValues { ($0 * 10).rounded() / 10 } }
    try (String(decoding: try encoder.encode(rounded), as: UTF8.self) + "\n").write(to: file, atomically: true, encoding: .utf8)
  }
}
