package import Payments

extension BookStore {
  /// Takes away what is past its time, in batches that others' units run between. What fails costs the other kinds nothing: it is thrown when they are done.
  /// - Parameters:
  ///   - batches: how many of a kind at most: a run on a schedule ends, and the next goes on.
  ///   - goesOn: asked before each batch.
  package func prune(
    _ retention: Retention, at now: Timestamp, batches: Int = .max, while goesOn: @Sendable () -> Bool = { true }
  ) async throws(StoreError) -> [Pruned] {
    let size = limits.pruneBatch
    var failure: StoreError?
    do throws(StoreError) { try await makePartitions() } catch { failure = error }
    let pruned = try await prune(retention, at: now, isDryRun: false, batches: batches, while: goesOn) {
      kind, before, place throws(StoreError) in
      try await write { db in try Pruner(db: db).step(kind, before: before, behind: place, limit: size) }
    }
    if let failure { throw failure }
    return pruned
  }

  /// What `prune` would take away. It stops counting at a bound.
  package func prunable(_ retention: Retention, at now: Timestamp) async throws(StoreError) -> [Pruned] {
    let (limit, window) = (limits.pruneCount, limits.pruneBatch * 10)
    let counted = try await prune(retention, at: now, isDryRun: true, batches: .max, while: { true }) {
      kind, before, place throws(StoreError) in
      try await read("counting what is old") {
        try Pruner(db: $0.db).count(kind, before: before, behind: place, limit: kind == .events ? window : limit)
      }
    }
    return counted.map { pruned in
      var pruned = pruned
      pruned.hasMore = pruned.hasMore || (pruned.kind != .events && pruned.count >= limit)
      return pruned
    }
  }

  private func prune(
    _ retention: Retention, at now: Timestamp, isDryRun: Bool, batches: Int, while goesOn: @Sendable () -> Bool,
    _ step: (Retention.Kind, Timestamp, Int64) async throws(StoreError) -> Pruner.Step
  ) async throws(StoreError) -> [Pruned] {
    var (all, failure): ([Pruned], StoreError?) = ([], nil)
    for kind in Retention.Kind.allCases {
      var pruned = Pruned(kind: kind, before: retention.limit(kind, at: now), count: 0, hasMore: false)
      if let before = pruned.before {
        do throws(StoreError) {
          let whole = try await dropPartitions(of: kind, before: before, isDryRun: isDryRun)
          (pruned.count, pruned.hasMore) = (whole.count, whole.hasMore)
        } catch {
          failure = failure ?? error
        }
        var (place, left): (Int64?, Int) = (0, batches)
        do throws(StoreError) {
          while let from = place, left > 0, goesOn() {
            let done = try await step(kind, before, from)
            pruned.count += done.removed
            (place, left) = (done.next, left - 1)
          }
        } catch {
          failure = failure ?? error
        }
        pruned.hasMore = pruned.hasMore || place != nil
      }
      all.append(pruned)
    }
    if let failure { throw failure }
    return all
  }
}
