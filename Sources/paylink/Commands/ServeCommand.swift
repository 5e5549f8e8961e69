import ArgumentParser
import Glibc

/// `paylink serve`: runs the gateway until it is told to end.
struct ServeCommand: Command {
  static let configuration = CommandConfiguration(commandName: "serve", abstract: "Runs the gateway.")

  @OptionGroup var source: SettingsOptions

  @Flag(help: "Also runs the sandbox acquirer, with a demo merchant and key: no configuration needed. Loopback only.")
  var sandbox = false

  func execute() async throws(CommandFailure) {
    var serve = Serve(settings: try source.settings(isSandbox: sandbox), isSandbox: sandbox)
    try await serve.run()
  }
}

/// Where a command takes its settings from.
struct SettingsOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The configuration file (YAML).", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Sets one key over file and environment, such as limits.idle_timeout=30s. Never a secret. Repeatable.", valueName: "path=value"))
  var set: [String] = []

  func settings(isSandbox: Bool = false) throws(CommandFailure) -> Settings {
    do {
      return try Settings.load(SettingsSources(file: config, environment: Environment.all, flags: set, isSandbox: isSandbox))
    } catch {
      throw CommandFailure(error)
    }
  }
}

/// The process's environment.
enum Environment {
  static var all: [String: String] {
    var variables: [String: String] = [:]
    // SAFETY: environ is a list of NUL-ended texts that ends with nil; nothing of ours changes it.
    var entry = unsafe environ
    while let text = unsafe entry.pointee {
      let parts = unsafe String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      unsafe entry += 1
    }
    return variables
  }
}
