/// Every bound of the store, once, with its reason (design §4.7).
package struct StorageLimits: Hashable, Sendable {
  /// Units that may wait for the writer: at 5,000 units a second on a slow disk the last of them waits under a second.
  package var waitingUnits = 4096
  /// Of these, the hundredth parts that only the acquirer's calls may fill, so that a rush of creates never costs a payment's result.
  package var keptForCallbacks = 10
  /// Units in one transaction: beyond this the commit's share of a unit is small, and the first would wait for the last for nothing.
  package var groupSize = 256
  /// How often a unit is run in all when a live link of its order keeps turning up.
  package var conflictRuns = 3
  /// Connections that read at the same time; each holds some 2 MB of pages.
  package var readers = 4
  /// Reads that may wait for one of them.
  package var waitingReads = 4096
  /// Bytes of pages that the writer keeps in memory: tokens are random, so every new link touches pages all over their indexes.
  package var writerCache = 32 << 20
  /// How long another process may keep the file locked before a statement gives up, such as a backup tool.
  package var busyTimeout: Duration = .seconds(5)
  /// How long the trial write of `health()` may take.
  package var healthTimeout: Duration = .seconds(2)
  /// Pages in the write-ahead log before they are copied into the file: 8 MiB of log. Everybody waits for the copying, which is what the slowest hundredth of
  /// callbacks takes: 24 ms, 32 ms with twice as many pages, 22 ms with half as many, at the same CPU time (decision 17).
  package var checkpointPages = 2048
  /// Bytes that the log keeps on the disk once it is copied.
  package var walBytes = 64 << 20
  /// Links of one order that a unit reads, the live ones first, then the newest: what ended before a thousand others decides nothing any more,
  /// and a report finds its own link by the payment's number.
  package var linksOfOrder = 1000
  /// Links that cannot be read and are passed over in one list of what is due: with more, the file is damaged as a whole.
  package var unreadableLinks = 64
  /// Events of one link that are read at once.
  package var eventsOfLink = 10_000
  /// Rows that one transaction of `prune` takes away: some 20 ms of the writer's time.
  package var pruneBatch = 1000
  /// Links or messages that `erase` looks at in one statement: some 20 ms.
  package var eraseWindow = 5000
  /// Bytes of pages that each of the two files keeps in memory while SQLite's is written anew: that goes from front to back, and needs few at a time.
  package var rewriteCache = 4 << 20
  /// Where `prune --dry-run` stops counting: a second or two of reading.
  package var pruneCount = 1_000_000

  // PostgreSQL.

  /// How long a connection may take to stand.
  package var connectTimeout: Duration = .seconds(5)
  /// How long one statement may take, waiting for others' locks included: longer than any of ours, shorter than a caller waits.
  package var statementTimeout: Duration = .seconds(10)
  /// How long the server keeps a transaction of ours in which nothing happens: what a lost process had locked is free again then.
  package var idleInTransaction: Duration = .seconds(10)
  /// Units in one transaction there. Each holds a few entries of the server's lock table (64 for each of its connections by default).
  package var postgresGroup = 100
  /// How often a unit is run in all when another transaction stands in its way (40001, 40P01).
  package var orderRuns = 5
  /// How often a process looks for events whose writer did not live to have them placed in the feed.
  package var placeEvery: Duration = .seconds(1)
  /// Events that one transaction places: some 10 ms in which no other process places any.
  package var placesAtOnce = 1000
  /// The longest wait between two attempts to connect.
  package var reconnectWait: Duration = .seconds(2)
  /// The least time between two notices of what was committed: a busy program tells 200 times a second, and nobody waits a noticeable time for it.
  package var noticeEvery: Duration = .milliseconds(5)
  /// How often an idle listening connection is tried: one that was cut without a word is found out so, and others' commits are asked for meanwhile.
  package var noticeProbe: Duration = .seconds(10)

  package init() {}

  /// Units of ordinary callers that may wait.
  var waitingOrdinary: Int { waitingUnits - waitingUnits * keptForCallbacks / 100 }
}
