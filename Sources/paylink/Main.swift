import ArgumentParser
import Dispatch
import Glibc

@main
enum Main {
  static func main() { run() }

  /// Reads the arguments, runs the command off the main thread, and ends the process with its status.
  ///
  /// Not on the main actor: a closure made there would belong to it and trap on another thread (house-style, traps).
  nonisolated static func run() {
    // A reader of our output that went away is seen as EPIPE where we write.
    _ = signal(SIGPIPE, SIG_IGN)
    let command: any Command
    do {
      let parsed = try PaylinkCommand.parseAsRoot(Array(CommandLine.arguments.dropFirst()))
      // What is no Command is a group without a subcommand (or the parser's own help): its run shows the help.
      guard let runnable = parsed as? any Command else { return PaylinkCommand.help(parsed) }
      command = runnable
    } catch {
      PaylinkCommand.end(with: error)
    }
    Task.detached(name: "command") { _exit(await command.status()) }
    dispatchMain()
  }
}
