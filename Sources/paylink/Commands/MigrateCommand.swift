import ArgumentParser
import Payments
import Storage

/// `paylink migrate`: brings the database to this version, or copies a shop to another.
struct MigrateCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Brings the database to this version. `serve` does the same when it starts.",
    discussion: """
      --copy takes no part of the settings but database_password, from --config or PAYLINK_DATABASE_PASSWORD (_FILE). No gateway may run on either database. The \
      target is made, or must be empty; it stays empty unless counts and sums come out equal.
      """)

  @OptionGroup var source: SettingsOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Copies all books, such as sqlite:var/paylink.db postgres://paylink@db.internal/paylink.", valueName: "from to"))
  var copy: [String] = []

  func validate() throws {
    guard copy.isEmpty || copy.count == 2 else { throw ValidationError("--copy takes two databases: FROM TO.") }
  }

  func execute() async throws(CommandFailure) {
    if !copy.isEmpty { return try copyBooks() }
    let settings = try source.settings()
    let migration = try Books.migrate(settings)
    let did = migration.from == migration.to ? "is at version \(migration.to)" : "brought from version \(migration.from) to \(migration.to)"
    Console.out("\(settings.database) \(did)")
  }

  private func copyBooks() throws(CommandFailure) {
    let (from, to) = (try location(copy[0]), try location(copy[1]))
    guard from != to else { throw CommandFailure(.usage, "--copy takes two databases, not one twice") }
    let report = try Books.copy(from: from, to: to, password: try password())
    Console.out("copied \(from) to \(to), version \(report.version)")
    for count in report.sums.counts { Console.out("  \(count.table): \(count.rows)") }
    for sum in report.sums.sums { Console.out("  \(sum)") }
    Console.out("counts and sums are equal; set database: \(to) and start the gateway")
  }

  private func location(_ text: String) throws(CommandFailure) -> DatabaseLocation {
    do throws(InvalidValue) { return try DatabaseLocation(text) } catch { throw CommandFailure(.usage, "--copy \(text): \(error.rule)") }
  }

  /// A copy needs no merchants, and so no whole configuration.
  private func password() throws(CommandFailure) -> String? {
    let environment = Environment.all
    if let password = environment["PAYLINK_DATABASE_PASSWORD"] { return password }
    if let file = environment["PAYLINK_DATABASE_PASSWORD_FILE"] {
      do {
        return TextFile.withoutLastNewline(try TextFile.read(file, atMost: 4096, source: "PAYLINK_DATABASE_PASSWORD_FILE"))
      } catch {
        throw CommandFailure(error)
      }
    }
    return source.config == nil ? nil : try source.settings().databasePassword
  }
}
