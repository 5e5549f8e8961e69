import ArgumentParser
import HTTPClient
import HTTPServer
import Logging
import Operations
import Sandbox
import ServiceLifecycle
import Transport

/// `paylink sandbox`: the emulated acquirer alone, control routes included.
struct SandboxCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "sandbox", abstract: "Runs the acquirer emulator alone, control routes included. Loopback only.")

  @Option(help: ArgumentHelp("Where it listens; PAYLINK_SANDBOX_LISTEN or 127.0.0.1:8081 by default.", valueName: "address"))
  var listen: String?

  @Option(help: ArgumentHelp("The merchant's number.", valueName: "number"))
  var merchant: Int64?

  @Option(help: ArgumentHelp("A file with the merchant's secret.", valueName: "file"))
  var secretFile: String?

  @Option(help: "What chance decides follows from it: the same seed gives the same faults.")
  var seed: UInt64 = 1

  func validate() throws {
    guard (merchant == nil) == (secretFile == nil) else { throw ValidationError("--merchant and --secret-file come together.") }
    guard merchant ?? 1 > 0 else { throw ValidationError("--merchant must be a positive number.") }
  }

  func execute() async throws(CommandFailure) {
    let address = try address(Environment.all)
    let secret = try secret()
    LoggingSystem.bootstrap { label in JSONLinesLogHandler(label: label) }
    let logger = Logger(label: "paylink.sandbox")
    let signals = EndSignals(logger: logger)
    var limits = ServerLimits()
    limits.callbackConnections = 0
    limits.connections = try Descriptors(connections: limits.connections, calls: SandboxHost.calls).take(logger: logger)
    let loops = try Assembly.loops()
    let host = try SandboxHost(
      address: address, merchant: merchant ?? SandboxArrangement.merchantNumber, secret: secret, seed: seed, loops: loops, limits: limits,
      logger: logger)
    _ = try ListeningServer.start(host.server)
    logger.notice("ready", metadata: ["sandbox": "\(address)", "version": "\(Version.text)"])
    Console.out("paylink sandbox for merchant \(merchant ?? SandboxArrangement.merchantNumber) on http://\(address)")
    try await Services.run(host.services, until: signals, logger: logger)
    await host.client.shutdown()
  }

  /// Where it listens: flag, environment, default; on loopback alone.
  func address(_ environment: [String: String]) throws(CommandFailure) -> SocketAddress {
    let text = listen ?? environment["PAYLINK_SANDBOX_LISTEN"].flatMap { $0.isEmpty ? nil : $0 } ?? Settings.Default.sandboxListen
    let address: SocketAddress
    do {
      address = try FreePorts.settle([SocketAddress(text)])[0]
    } catch {
      guard error.code == .invalidAddress else {
        throw CommandFailure(error.code == .addressInUse ? .taken : .configuration, "\(error)")
      }
      let rule = "must be an address such as 127.0.0.1:8080 or [::1]:8080 (\(error.operation))"
      throw listen == nil
        ? CommandFailure(.configuration, "PAYLINK_SANDBOX_LISTEN: \(rule)") : CommandFailure(.usage, "--listen: \(rule)")
    }
    guard address.isLoopback, address.port != nil else {
      throw CommandFailure(.configuration, "\(address) is not a loopback address with a port; the sandbox listens nowhere else")
    }
    return address
  }

  private func secret() throws(CommandFailure) -> SandboxSecret {
    guard let secretFile else { return SandboxSecret(SandboxArrangement.secret) }
    do throws(SettingsError) {
      let text = TextFile.withoutLastNewline(try TextFile.read(secretFile, atMost: 4096, source: secretFile))
      guard !text.isEmpty else { throw SettingsError(source: secretFile, "is empty") }
      return SandboxSecret(text)
    } catch {
      throw CommandFailure(error)
    }
  }
}
