import Foundation
import PostgresTesting

/// Two gateways on one PostgreSQL, a balancer in front of them for the acquirer's calls, one sandbox and one shop, all processes of their own.
final class Pair {
  let one: Stand
  let other: Stand
  let receiver: Receiver
  private let balancer: Program
  private let cluster: PostgresCluster
  private let database: String
  /// What happened, in the order of time.
  private(set) var story: [String] = []
  private let begin = ContinuousClock.now

  init(limits: [String] = [], receiverOptions: [String] = []) async throws {
    cluster = try PostgresCluster.shared.get()
    database = try await cluster.newDatabase()
    let ports = try FreePorts.take(2)
    let secrets = FileManager.default.temporaryDirectory.appendingPathComponent("paylink-pair-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: secrets, withIntermediateDirectories: true)
    let settings = ["webhooks:"] + (try Receiver.settings("crm", port: ports[0], folder: secrets))
    one = try Stand(limits: limits, settings: settings, database: cluster.address(database), publicPort: ports[1])
    other = try Stand(limits: limits, settings: settings, publicPort: ports[1], beside: one)
    receiver = try await Receiver(in: one.folder, port: ports[0], options: receiverOptions)
    balancer = try Self.balance([one.gatewayPort, other.gatewayPort], from: ports[1], in: one.folder)
    try await one.start()
    try await other.startGateway()
    let (balancer, stands) = (balancer, [one, other])
    let isReady = await Poll.until(.seconds(20)) { balancer.said.contains("ready") && stands.allSatisfy { $0.instance != nil } }
    guard isReady else { throw Failure("not ready: \(balancer.log)") }
  }

  private static func balance(_ targets: [Int], from port: Int, in folder: URL) throws -> Program {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try Program(
      [tests.appendingPathComponent("Receivers/balancer.py").path, "--port", "\(port)"] + targets.map { "\($0)" }, in: folder,
      name: "balancer", executable: "/usr/bin/python3")
  }

  /// Both hear each other's commits.
  func areHearing() async throws {
    let (one, other) = (one, other)
    let isSo = await Poll.until(.seconds(20)) {
      [one, other].allSatisfy { $0.gateway?.log.contains("changes of other programs are heard") == true }
    }
    guard isSo else { throw Failure("they do not listen: \(one.gateway?.log.suffix(2000) ?? "")") }
  }

  func tell(_ text: String) {
    let time = (ContinuousClock.now - begin).components
    story.append("\(time.seconds).\(time.attoseconds / 100_000_000_000_000_000) s  \(text)")
  }

  /// What the database says to a question, a line a row.
  func ask(_ sql: String) async throws -> [String] {
    let outcome = try await Program.run(
      ["-X", "-A", "-t", "-h", cluster.folder, "-U", "paylink", "-d", database, "-c", sql], in: one.folder, executable: "/usr/bin/psql")
    guard outcome.status == 0 else { throw Failure("psql: \(outcome.errors)") }
    return outcome.output.split(separator: "\n").map(String.init)
  }
}

extension Stand {
  /// The lines of the gateway's log, of all its runs.
  var lines: [JSON] { (gateway?.log ?? "").split(separator: "\n").map { JSON(bytes: Array($0.utf8)) } }

  /// The running gateway's own name among those that hold leases.
  var instance: String? { lines.last { $0["message"].string == "ready" }?["instance"].string }
}
