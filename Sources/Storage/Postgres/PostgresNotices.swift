import Dispatch
import Glibc
import Logging
import Payments
import Synchronization

/// How programs on one PostgreSQL hear of each other's commits: a connection of its own that listens, and that tells what this program committed.
///
/// Telling is no part of the commits, since NOTIFY holds a lock of the whole database from its transaction's end to that end's being durable. Here the transaction
/// is a notice alone, and waits for no disk. What is committed while one is on its way goes with the next. So a notice can be lost, with this program or the
/// connection: `missed` tells everybody to look again, and whoever waits goes on looking, seldom.
///
/// SAFETY (`@unchecked`): what is not a Mutex, an atomic or a constant is used on `queue` alone.
final class PostgresNotices: @unchecked Sendable {
  private let queue = DispatchQueue(label: "paylink.storage.notices")
  private let line: PostgresLine
  private let limits: StorageLimits
  private let logger: Logger
  private let heard: @Sendable ([LinkID: Int64]) -> Void
  private let missed: @Sendable () -> Void
  private let unsent = Mutex(Unsent())
  private let live = Atomic<Bool>(false)

  private var connection: PostgresConnection?
  private var source: (any DispatchSourceRead)?
  private var isClosed = false
  /// Whether others may have missed what this program committed.
  private var owesNotice = false

  private struct Unsent {
    var sequences: [LinkID: Int64] = [:]
    var isOnItsWay = false
  }

  /// - Parameters:
  ///   - heard: told how far links are that others changed.
  ///   - missed: told when notices may have been lost.
  init(
    line: PostgresLine, limits: StorageLimits, logger: Logger, heard: @escaping @Sendable ([LinkID: Int64]) -> Void,
    missed: @escaping @Sendable () -> Void
  ) {
    (self.line, self.limits, self.logger, self.heard, self.missed) = (line, limits, logger, heard, missed)
  }

  /// Whether others' commits are heard now.
  var isLive: Bool { live.load(ordering: .relaxed) }

  func start() {
    queue.async {
      self.connect()
      self.keepAlive()
    }
  }

  /// Tells others. Never blocks.
  func tell(_ sequences: [LinkID: Int64]) {
    guard !sequences.isEmpty else { return }
    let mustSend = unsent.withLock { unsent in
      unsent.sequences.merge(sequences, uniquingKeysWith: max)
      defer { unsent.isOnItsWay = true }
      return !unsent.isOnItsWay
    }
    if mustSend { queue.async { self.send() } }
  }

  func close() async {
    await withCheckedContinuation { continuation in
      queue.async {
        self.isClosed = true
        self.drop()
        continuation.resume()
      }
    }
  }
}

// MARK: - On the queue

extension PostgresNotices {
  private func connect() {
    guard !isClosed, connection == nil else { return }
    do {
      let made = try line.open()
      try made.run([Bound(PostgresStatements.unwaiting, []), Bound(PostgresStatements.listen, [])])
      try listen(to: made)
    } catch {
      line.drop()
      queue.asyncAfter(deadline: .now() + .milliseconds(250)) { self.connect() }
    }
  }

  private func listen(to made: PostgresConnection) throws {
    // A descriptor of the source's own: libpq closes the connection's as soon as it sees its end, and the number may be another's at once.
    let watched = fcntl(made.descriptor, F_DUPFD_CLOEXEC, 0)
    guard watched >= 0 else { throw StoreError(.unavailable, "no descriptor is left") }
    let source = DispatchSource.makeReadSource(fileDescriptor: watched, queue: queue)
    source.setEventHandler { @Sendable [weak self] in self?.hear() }
    source.setCancelHandler { @Sendable in _ = Glibc.close(watched) }
    (connection, self.source) = (made, source)
    source.resume()
    live.store(true, ordering: .relaxed)
    logger.info("changes of other programs are heard")
    missed()
    hear()
    if owesNotice { notify([Self.lookAgain]) }
  }

  /// Takes what came, also beside the answer to a statement of ours.
  private func hear() {
    guard let connection else { return }
    do {
      for text in try connection.notices() {
        if let sequences = Self.sequences(text) { heard(sequences) } else { missed() }
      }
    } catch { lost(error) }
  }

  private func send() {
    let sequences = unsent.withLock { unsent in
      defer { unsent.sequences = [:] }
      return unsent.sequences
    }
    if connection == nil { owesNotice = true } else { notify(Self.texts(sequences)) }
    // What comes meanwhile is collected, so that a busy program's notices are so many a second at most.
    queue.asyncAfter(deadline: .now() + .milliseconds(Int(limits.noticeEvery.wholeMilliseconds))) {
      let isMore = self.unsent.withLock { unsent in
        unsent.isOnItsWay = !unsent.sequences.isEmpty
        return unsent.isOnItsWay
      }
      if isMore { self.send() }
    }
  }

  private func notify(_ texts: [String]) {
    guard let connection else { return }
    do {
      try connection.run(texts.map { Bound(PostgresStatements.notify, [$0.sql]) })
      owesNotice = false
      hear()
    } catch {
      owesNotice = true
      lost(error)
    }
  }

  /// A connection that was cut without a word is found out.
  private func keepAlive() {
    queue.asyncAfter(deadline: .now() + .milliseconds(Int(limits.noticeProbe.wholeMilliseconds))) { [weak self] in
      guard let self, !self.isClosed else { return }
      self.probe()
      self.keepAlive()
    }
  }

  private func probe() {
    guard let connection else { return }
    do {
      try connection.run(PostgresStatements.probe, [])
      hear()
    } catch { lost(error) }
  }

  private func lost(_ error: any Error) {
    guard connection != nil else { return }
    logger.warning(
      "changes of other programs are not heard, but asked for",
      metadata: ["detail": "\(StoreError(postgres: error, while: "listening").detail)"])
    drop()
    connect()
  }

  private func drop() {
    live.store(false, ordering: .relaxed)
    source?.cancel()
    (source, connection) = (nil, nil)
    line.drop()
  }
}

// MARK: - What a notice says: `pl_…:sequence`, one after the other; or nothing at all, which means "look again"

extension PostgresNotices {
  static let lookAgain = ""
  /// A notice holds 8,000 bytes (pg_notify); one link is at most 50.
  private static let linksAtOnce = 150

  static func texts(_ sequences: [LinkID: Int64]) -> [String] {
    let words = sequences.map { "\($0.key.text):\($0.value)" }
    return stride(from: 0, to: words.count, by: linksAtOnce).map {
      words[$0..<min($0 + linksAtOnce, words.count)].joined(separator: " ")
    }
  }

  /// nil for what says nothing that we understand.
  static func sequences(_ text: String) -> [LinkID: Int64]? {
    var sequences: [LinkID: Int64] = [:]
    for word in text.split(separator: " ") {
      let sides = word.split(separator: ":")
      guard sides.count == 2, let id = try? LinkID(String(sides[0])), let sequence = Int64(sides[1]) else { return nil }
      sequences[id] = sequence
    }
    return sequences.isEmpty ? nil : sequences
  }
}
