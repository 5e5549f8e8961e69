import ArgumentParser
import Operations
import Payments
import Storage

/// `paylink prune`: applies the retention settings.
struct PruneCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Takes away what the retention settings keep no longer.",
    discussion: "`serve` does the same every hour. Links, payments and operations are never taken away, nor what somebody still waits for.")

  @OptionGroup var source: SettingsOptions

  @ArgumentParser.Flag(help: "Only counts what would be taken away.")
  var dryRun = false

  func execute() async throws(CommandFailure) {
    let settings = try source.settings()
    let store = try Books.open(settings, logger: .silent)
    let pruned: Result<[Pruned], StoreError>
    do throws(StoreError) {
      let now = MachineClock().now()
      pruned = .success(
        dryRun ? try await store.prunable(settings.retention, at: now) : try await store.prune(settings.retention, at: now))
    } catch {
      pruned = .failure(error)
    }
    await store.close()
    switch pruned {
    case .success(let all): for pruned in all { Console.out(pruned.line(isDryRun: dryRun)) }
    case .failure(let error): throw CommandFailure(.unavailable, "\(settings.database): \(error.detail)")
    }
  }
}

extension Pruned {
  /// `messages          120 removed, older than 2025-10-21T08:00:00Z`.
  fileprivate func line(isDryRun: Bool) -> String {
    let name = kind.rawValue + String(repeating: " ", count: max(0, 18 - kind.rawValue.utf8.count))
    guard let before else { return "\(name)kept forever" }
    return "\(name)\(hasMore ? "at least " : "")\(count) \(isDryRun ? "to remove" : "removed"), older than \(before.rfc3339)"
  }
}
