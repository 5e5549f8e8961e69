import ArgumentParser
import Storage

/// `paylink migrate`: brings the database to this version.
struct MigrateCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Brings the database to this version. `serve` does the same when it starts.")

  @OptionGroup var source: SettingsOptions

  func execute() async throws(CommandFailure) {
    let settings = try source.settings()
    let migration = try Books.migrate(settings)
    let did = migration.from == migration.to ? "is at version \(migration.to)" : "brought from version \(migration.from) to \(migration.to)"
    Console.out("\(settings.database) \(did)")
  }
}
