import HTTPTypes
import Foundation
import Synchronization
import Testing

/// A gateway and a sandbox acquirer as two processes on free ports, with an SQLite file in a folder of their own, or in a database that is given; or one more gateway
/// beside those of another stand.
final class Stand: @unchecked Sendable {
  let folder: URL
  let gatewayPort: Int
  let operationsPort: Int
  let sandboxPort: Int
  /// As the settings say it.
  let database: String
  static let key = "sk_test_end_to_end_0123456789abcdef"
  static let readOnlyKey = "sk_test_read_only_0123456789abcdef0"
  static let operatorKey = "sk_test_operator_0123456789abcdef01"
  static let secret = "end-to-end-secret"
  static let merchantNumber = 555_123

  private(set) var gateway: Program?
  private(set) var sandbox: Program?

  var url: String { "http://127.0.0.1:\(gatewayPort)" }
  var operations: String { "http://127.0.0.1:\(operationsPort)" }
  var acquirer: String { "http://127.0.0.1:\(sandboxPort)" }

  /// - Parameters:
  ///   - api: the merchant's family, `gateway` or `merchant`.
  ///   - merchantSettings: further lines of the merchant, without indentation.
  ///   - limits: `name: value` lines.
  ///   - keys: further lines of the list of API keys, without indentation.
  ///   - settings: further lines of the top level.
  ///   - database: instead of a file of its own.
  ///   - publicPort: where the gateway is seen, if not where it listens.
  ///   - other: whose sandbox and database it shares.
  init(
    api: String = "gateway", merchantSettings: [String] = [], limits: [String] = [], keys: [String] = [], settings: [String] = [],
    database: String? = nil, publicPort: Int? = nil, beside other: Stand? = nil
  ) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("paylink-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let ports = try FreePorts.take(3)
    (gatewayPort, operationsPort, sandboxPort) = (ports[0], ports[1], other?.sandboxPort ?? ports[2])
    self.database = database ?? other?.database ?? "sqlite:\(folder.path)/paylink.db"
    try Self.secret.write(to: folder.appendingPathComponent("secret"), atomically: true, encoding: .utf8)
    var lines = [
      "listen: 127.0.0.1:\(gatewayPort)", "ops_listen: 127.0.0.1:\(operationsPort)",
      "public_url: http://127.0.0.1:\(publicPort ?? gatewayPort)", "database: \(self.database)", "merchants:", "  - name: main",
      "    merchant_id: \(Self.merchantNumber)",
      "    secret_key_file: \(folder.path)/secret", "    base_url: \(acquirer)", "    api: \(api)", "    currency: UZS",
    ]
    lines += merchantSettings.map { "    \($0)" }
    lines += [
      "api_keys:", "  - name: shop", "    kind: secret", "    sha256: \(SHA.hex(Self.key))",
      "    scopes: [links:read, links:write, refunds:write, events:read, admin]", "    merchants: [main]", "  - name: reader",
      "    kind: secret", "    sha256: \(SHA.hex(Self.readOnlyKey))", "    scopes: [links:read]", "    merchants: [main]",
      "  - name: operator", "    kind: secret", "    sha256: \(SHA.hex(Self.operatorKey))", "    scopes: [events:read, admin]",
      "    merchants: [main]",
    ]
    lines += keys.map { "  \($0)" } + settings
    if !limits.isEmpty { lines += ["limits:"] + limits.map { "  \($0)" } }
    try lines.joined(separator: "\n").appending("\n")
      .write(to: folder.appendingPathComponent("paylink.yaml"), atomically: true, encoding: .utf8)
  }

  deinit {
    gateway?.stop()
    sandbox?.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  func start() async throws {
    try await startSandbox()
    try await startGateway()
  }

  func startSandbox(under wrapper: [String] = []) async throws {
    let words = [
      "sandbox", "--listen", "127.0.0.1:\(sandboxPort)", "--merchant", "\(Self.merchantNumber)", "--secret-file",
      folder.appendingPathComponent("secret").path, "--seed", "7",
    ]
    let program = try Program(wrapper + [Program.path] + words, in: folder, name: "sandbox", executable: nil)
    sandbox = program
    try await ready(program, "\(acquirer)/control/payments")
  }

  /// - Parameters:
  ///   - wrapper: the words of a command that runs the words behind them.
  ///   - path: a copy of the program that is run instead of it.
  func startGateway(
    environment: [String: String] = [:], under wrapper: [String] = [], program path: String = Program.path,
    within limit: Duration = .seconds(20)
  ) async throws {
    let words = ["serve", "--config", folder.appendingPathComponent("paylink.yaml").path]
    let program = try Program(wrapper + [path] + words, in: folder, environment: environment, name: "gateway", executable: nil)
    gateway = program
    try await ready(program, "\(operations)/readyz", within: limit)
  }

  /// `serve --sandbox`: gateway and acquirer in one process, with one virtual clock.
  func startAllInOne(environment: [String: String] = [:]) async throws -> Program {
    let addresses = [
      "PAYLINK_LISTEN": "127.0.0.1:\(gatewayPort)", "PAYLINK_OPS_LISTEN": "127.0.0.1:\(operationsPort)",
      "PAYLINK_SANDBOX_LISTEN": "127.0.0.1:\(sandboxPort)", "PAYLINK_PUBLIC_URL": url,
    ]
    let program = try Program(
      ["serve", "--sandbox"], in: folder, environment: addresses.merging(environment) { $1 }, name: "all-in-one")
    try await ready(program, "\(operations)/readyz")
    return program
  }

  func killGateway() {
    gateway?.stop()
    gateway = nil
  }

  private func ready(_ program: Program, _ url: String, within limit: Duration = .seconds(20)) async throws {
    let isReady = await Poll.until(limit) {
      guard program.isRunning else { return true }
      return (try? await Wire.send(.get, url, timeout: .seconds(1)))?.status == 200
    }
    guard isReady, program.isRunning else { throw Failure("not ready: \(program.log) \(program.said)") }
  }
}

/// Ports that were free a moment ago, below those that the system gives to outgoing connections. Each is handed out once in this run.
enum FreePorts {
  private static let taken = Mutex<Set<Int>>([])

  static func take(_ count: Int) throws -> [Int] {
    var ports: [Int] = []
    for _ in 0..<1000 where ports.count < count {
      let port = Int.random(in: 11_000..<32_000)
      if taken.withLock({ $0.insert(port).inserted }), canBind(port) { ports.append(port) }
    }
    guard ports.count == count else { throw Failure("no free port") }
    return ports
  }

  private static func canBind(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // SAFETY: the address lives for the call, and its length is its own.
    return unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
