import ArgumentParser
import Glibc

/// `paylink`: the root of the command line (design §4.1).
struct PaylinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paylink", abstract: "A payment-link gateway for Freedom Pay.", version: Version.text,
    subcommands: [
      ServeCommand.self, SandboxCommand.self, LinksCommand.self, OrphansCommand.self, EventsCommand.self, CertifyCommand.self,
      KeysCommand.self, ConfigCommand.self, MigrateCommand.self, PruneCommand.self, EraseCommand.self, HealthCommand.self,
      SignatureCommand.self,
      OpenAPICommand.self,
    ])

  /// Ends the process for arguments that ask for no command: help and version on standard output, bad usage in one line and 64.
  static func end(with error: any Error) -> Never {
    if exitCode(for: error) == .success {
      Console.out(fullMessage(for: error))
      _exit(0)
    }
    Console.error("paylink: \(usageLine(for: error))")
    _exit(CommandFailure.Status.usage.rawValue)
  }

  /// A group without a subcommand shows its help; that is still bad usage.
  static func help(_ command: any ParsableCommand) {
    var command = command
    do {
      try command.run()
    } catch {
      let isRequested = command is Self == false && CommandLine.arguments.contains { ["help", "-h", "--help"].contains($0) }
      if isRequested {
        Console.out(fullMessage(for: error))
        _exit(0)
      }
      Console.error(fullMessage(for: error))
    }
    _exit(CommandFailure.Status.usage.rawValue)
  }

  /// What the parser says, on one line.
  static func usageLine(for error: any Error) -> String {
    let lines = message(for: error).split(separator: "\n").map { $0.trimmingWhitespace }
    return "\(lines.joined(separator: " ")) (see paylink --help)"
  }
}
