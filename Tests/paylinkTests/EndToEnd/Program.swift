import Foundation
import Glibc
import Synchronization

/// The real `paylink`, or another command, run as a process of its own.
///
/// Foundation's `Process` is not used: its `waitUntilExit` hung when several tests waited at a time.
final class Program: Sendable {
  struct Outcome {
    /// The exit status; 128 + N where signal N ended it.
    let status: Int32
    let output: String
    let errors: String
  }

  let identifier: pid_t
  private let ended = Mutex<Int32?>(nil)
  private let output: URL
  private let errors: URL

  /// The command beside the test bundle: `swift test` builds both.
  static let path: String = {
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    var folders = [URL(fileURLWithPath: runner).deletingLastPathComponent()]
    folders += CommandLine.arguments.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
    return folders.map { $0.appendingPathComponent("paylink").path }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "paylink"
  }()

  /// - Parameter executable: nil where the first of the words is it.
  init(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:], name: String = "paylink", executable: String? = Program.path
  ) throws {
    output = folder.appendingPathComponent("\(name).out")
    errors = folder.appendingPathComponent("\(name).err")
    let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PAYLINK_") }
    let variables = inherited.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
    identifier = try Self.spawn(
      (executable.map { [$0] } ?? []) + arguments, variables, folder: folder.path, output: output.path, errors: errors.path)
  }

  deinit { stop() }

  /// Runs a command to its end.
  static func run(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:], executable: String = Program.path
  ) async throws -> Outcome {
    let program = try Program(
      arguments, in: folder, environment: environment, name: "run-\(UUID().uuidString)", executable: executable)
    return try await program.outcome(within: .seconds(30))
  }

  func signal(_ signal: Int32) {
    ended.withLock { ended in
      if ended == nil { kill(identifier, signal) }
    }
  }

  var isRunning: Bool { ended.withLock { Self.reap(identifier, &$0, options: WNOHANG) } }
  var log: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
  var said: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

  func outcome(within limit: Duration) async throws -> Outcome {
    guard await Poll.until(limit, { !self.isRunning }) else {
      stop()
      throw Failure("the program did not end within \(limit): \(log.suffix(2000))")
    }
    return Outcome(status: ended.withLock { $0 ?? -1 }, output: said, errors: log)
  }

  /// Ends it whatever it does, and returns when it is gone.
  func stop() {
    signal(SIGKILL)
    ended.withLock { _ = Self.reap(identifier, &$0, options: 0) }
  }

  /// - Returns: whether it still runs.
  private static func reap(_ process: pid_t, _ ended: inout Int32?, options: Int32) -> Bool {
    guard ended == nil else { return false }
    var status: Int32 = 0
    // SAFETY: the pointer lives for the call.
    guard unsafe waitpid(process, &status, options) == process else { return true }
    ended = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return false
  }

  private static func spawn(_ words: [String], _ environment: [String], folder: String, output: String, errors: String) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    var process = pid_t()
    // SAFETY: actions and copies live until after the call; both lists end with a null.
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    // The shell changes the folder, then is the program.
    let words = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + words
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
      unsafe arguments.forEach { unsafe free($0) }
      unsafe variables.forEach { unsafe free($0) }
    }
    let result = unsafe posix_spawn(&process, words[0], &actions, nil, &arguments, &variables)
    guard result == 0 else { throw Failure("posix_spawn \(words[0]): \(result)") }
    return process
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
