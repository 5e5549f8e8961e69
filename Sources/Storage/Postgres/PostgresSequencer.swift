import Dispatch
import Logging
import Payments
import Synchronization

/// Gives events their places in the feed, after their commit (design §2): numbers that transactions take are committed out of order, so a place taken inside one
/// could come to be seen after a later place, and a reader would miss its event.
///
/// One row, `feed_end`, holds the last place. Whoever has locked it sees every place that was given before, places what is committed and has none, in the order of
/// writing, and commits: all in one message to the server, so that the row is ours for a moment, and a process that dies or stops keeps it from nobody. It runs
/// after each commit of ours with events, and now and then for those whose writer did not live to ask.
final class PostgresSequencer: Sendable {
  private let line: PostgresLine
  private let limits: StorageLimits
  private let logger: Logger
  private let queue = DispatchQueue(label: "paylink.storage.sequencer")
  private let isAsked = Atomic<Bool>(false)
  private let isClosed = Atomic<Bool>(false)
  /// Whether the last pass failed: one line for one outage.
  private let isFailing = Atomic<Bool>(false)

  init(line: PostgresLine, limits: StorageLimits, logger: Logger) {
    self.line = line
    self.limits = limits
    self.logger = logger
    goRound()
  }

  /// Events were committed. Many calls while a pass runs make one more pass. Never blocks.
  func ask() {
    guard !isAsked.exchange(true, ordering: .acquiringAndReleasing) else { return }
    queue.async {
      self.isAsked.store(false, ordering: .releasing)
      self.place()
    }
  }

  /// Returns when all that is committed now has its place, or the database is not there.
  func settle() async {
    await withCheckedContinuation { continuation in
      queue.async {
        self.place()
        continuation.resume()
      }
    }
  }

  func close() async {
    isClosed.store(true, ordering: .relaxed)
    await withCheckedContinuation { continuation in
      queue.async {
        self.line.drop()
        continuation.resume()
      }
    }
  }

  private func goRound() {
    let next = DispatchTime.now() + .milliseconds(Int(limits.placeEvery.wholeMilliseconds))
    queue.asyncAfter(deadline: next) { [weak self] in
      guard let self, !isClosed.load(ordering: .relaxed) else { return }
      place()
      goRound()
    }
  }

  /// Gives every event that is committed its place.
  static func place(_ db: PostgresConnection, atOnce limit: Int) throws {
    while try db.isAny(SequencerStatements.isAnyWaiting, []) {
      try db.run([
        Bound(PostgresStatements.begin, []), Bound(SequencerStatements.lock, []), Bound(SequencerStatements.place, [limit.sql]),
        Bound(PostgresStatements.commit, []),
      ])
    }
  }

  private func place() {
    do {
      try line.again { db in try Self.place(db, atOnce: limits.placesAtOnce) }
      isFailing.store(false, ordering: .relaxed)
    } catch {
      // Nothing is lost: what has no place waits for the next pass. A connection on which a transaction broke off is not used again.
      line.drop()
      guard !isFailing.exchange(true, ordering: .relaxed) else { return }
      logger.error("events wait for their places", metadata: ["detail": "\(StoreError(postgres: error, while: "placing events").detail)"])
    }
  }
}

enum SequencerStatements {
  static let isAnyWaiting = SQLStatement("SELECT 1 FROM event WHERE feed IS NULL ORDER BY number LIMIT 1")
  static let lock = SQLStatement("SELECT last FROM feed_end WHERE one = 1 FOR UPDATE")
  /// A statement of its own behind the lock: it sees all that was committed before the lock was given.
  static let place = SQLStatement(
    """
    WITH waiting AS (SELECT number FROM event WHERE feed IS NULL ORDER BY number LIMIT :limit),
      placed AS (SELECT number, (SELECT last FROM feed_end WHERE one = 1) + row_number() OVER (ORDER BY number) AS place FROM waiting),
      given AS (UPDATE event SET feed = placed.place FROM placed WHERE event.number = placed.number RETURNING 1)
    UPDATE feed_end SET last = last + (SELECT count(*) FROM given) WHERE one = 1
    """)
}
