import Foundation
import Synchronization
import Testing

/// The real `paylink`, run as a process of its own.
final class Program: Sendable {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  let identifier: pid_t
  private let process: Mutex<Process>
  private let output: URL
  private let errors: URL

  /// The command beside the test bundle: `swift test` builds both.
  static let path: String = {
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    var folders = [URL(fileURLWithPath: runner).deletingLastPathComponent()]
    folders += CommandLine.arguments.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
    return folders.map { $0.appendingPathComponent("paylink").path }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "paylink"
  }()

  init(_ arguments: [String], in folder: URL, environment: [String: String] = [:], name: String = "paylink") throws {
    output = folder.appendingPathComponent("\(name).out")
    errors = folder.appendingPathComponent("\(name).err")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PAYLINK_") }
    process.environment = inherited.merging(environment) { $1 }
    for file in [output, errors] where !FileManager.default.fileExists(atPath: file.path) {
      _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    }
    process.standardOutput = try Self.appending(output)
    process.standardError = try Self.appending(errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    identifier = process.processIdentifier
    self.process = Mutex(process)
  }

  /// Runs a command to its end.
  static func run(_ arguments: [String], in folder: URL, environment: [String: String] = [:]) async throws -> Outcome {
    try await Program(arguments, in: folder, environment: environment, name: "run-\(UUID().uuidString)").outcome(within: .seconds(30))
  }

  func signal(_ signal: Int32) { kill(identifier, signal) }

  var isRunning: Bool { process.withLock { $0.isRunning } }
  var log: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
  var said: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

  func outcome(within limit: Duration) async throws -> Outcome {
    let ended = await Poll.until(limit) { !self.isRunning }
    if !ended {
      signal(SIGKILL)
      throw Failure("the program did not end within \(limit)")
    }
    return Outcome(status: process.withLock { $0.terminationStatus }, output: said, errors: log)
  }

  /// Ends it whatever it does.
  func stop() {
    guard isRunning else { return }
    signal(SIGKILL)
    process.withLock { $0.waitUntilExit() }
  }

  private static func appending(_ file: URL) throws -> FileHandle {
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    return handle
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Waiting for what another process does: looks again and again until a deadline.
enum Poll {
  static func until(_ limit: Duration, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if try await condition() { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return try await condition()
  }
}
