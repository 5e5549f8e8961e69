import ArgumentParser

/// A subcommand that does something.
protocol Command: ParsableCommand, Sendable {
  func execute() async throws(CommandFailure)
}

extension Command {
  /// Runs it and says what went wrong, if anything, in one line.
  /// - Returns: the exit status of the process.
  func status() async -> Int32 {
    do {
      try await execute()
      return 0
    } catch {
      Console.error("paylink: \(error.line)")
      return error.status.rawValue
    }
  }
}

/// Why a command did not do its work: one line and the exit status (design §4.1; the numbers are those of sysexits.h).
struct CommandFailure: Error, Hashable {
  enum Status: Int32 {
    /// The API said no, a health check failed, or not all could be done yet.
    case refused = 1
    /// Bad usage.
    case usage = 64
    /// What was given to read is not what it should be.
    case data = 65
    /// Nobody answers there.
    case unavailable = 69
    /// Something that cannot be went wrong inside.
    case software = 70
    /// An address or a file is taken.
    case taken = 75
    /// A bad configuration.
    case configuration = 78
  }

  var status: Status
  var line: String

  init(_ status: Status, _ line: String) {
    self.status = status
    self.line = line
  }

  init(_ error: SettingsError) { self.init(.configuration, error.description) }
}
