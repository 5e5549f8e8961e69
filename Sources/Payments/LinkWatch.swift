package import Logging
import Synchronization

/// Tells those who wait for a link that it has changed, whoever changed it. What is told of commits is noted at once (`note`): this process's own, and where the
/// books carry them (`isTold`) those of other processes. One poller for all who wait asks the books beside that: often where others' commits are not told, and
/// seldom where they are, since what is told can be lost. While nobody waits there is none.
///
/// Who waits is a suspended task somewhere else; here it is a closure, called once, from any thread.
package final class LinkWatch: Sendable {
  /// One wait for a sequence above `after`.
  package struct Watcher: Hashable, Sendable {
    let number: UInt64
    let link: LinkID
    let after: Int64
  }

  private struct State {
    var links: [LinkID: [Watcher: @Sendable () -> Void]] = [:]
    var isPolled = false
    /// Links that somebody began to wait for since the poller's last look.
    var fresh: Set<LinkID> = []
  }

  private let store: any Store
  /// How long a change of another process may go unseen.
  private let every: Duration
  /// Whether others' changes are told.
  private let isTold: @Sendable () -> Bool
  /// How long one may go unseen all the same.
  private let whenTold: Duration
  private let logger: Logger
  private let state = Mutex(State())
  private let numbers = Atomic<UInt64>(0)
  /// Waits under way: a look at it spares the lock where nobody waits.
  private let count = Atomic<Int>(0)

  package init(
    store: any Store, every: Duration = .milliseconds(200), whenTold: Duration = .seconds(2), logger: Logger,
    isTold: @escaping @Sendable () -> Bool = { false }
  ) {
    self.store = store
    self.every = every
    self.whenTold = whenTold
    self.isTold = isTold
    self.logger = logger
  }

  package var watchers: Int { count.load(ordering: .relaxed) }

  package func watcher(of link: LinkID, after sequence: Int64) -> Watcher {
    Watcher(number: numbers.wrappingAdd(1, ordering: .relaxed).newValue, link: link, after: sequence)
  }

  /// - Parameter wake: called once the link's sequence is above the watcher's.
  package func add(_ watcher: Watcher, _ wake: @escaping @Sendable () -> Void) {
    let mustPoll = state.withLock { state in
      state.links[watcher.link, default: [:]][watcher] = wake
      state.fresh.insert(watcher.link)
      count.add(1, ordering: .relaxed)
      defer { state.isPolled = true }
      return !state.isPolled
    }
    if mustPoll { Task(name: "link watch") { await self.poll() } }
  }

  /// Ends a wait; one that was woken, or never began, is left alone.
  package func remove(_ watcher: Watcher) {
    state.withLock { state in _ = take([watcher], of: watcher.link, &state) }
  }

  /// Wakes whoever waited for this.
  /// - Parameter sequences: of links as they are committed; an older one than known does no harm.
  package func note(_ sequences: [LinkID: Int64]) {
    guard watchers > 0 else { return }
    let wakes = state.withLock { state in
      sequences.flatMap { link, sequence in
        take((state.links[link] ?? [:]).keys.filter { $0.after < sequence }, of: link, &state)
      }
    }
    for wake in wakes { wake() }
  }

  private func take(_ watchers: [Watcher], of link: LinkID, _ state: inout State) -> [@Sendable () -> Void] {
    let wakes = watchers.compactMap { state.links[link]?.removeValue(forKey: $0) }
    if state.links[link]?.isEmpty ?? false { state.links[link] = nil }
    count.subtract(wakes.count, ordering: .relaxed)
    return wakes
  }

  /// Changes may have gone untold: looks at everything that is waited for, now.
  package func lookAgain() {
    guard watchers > 0 else { return }
    Task(name: "link watch again") { await self.look(at: self.state.withLock { Array($0.links.keys) }) }
  }

  /// Goes round until nobody waits. A new link's first look finds what was committed between its reader's last look and its wait.
  private func poll() async {
    var next = ContinuousClock.now
    while let (fresh, all) = watched() {
      if !isTold() || ContinuousClock.now >= next {
        await look(at: all)
        next = ContinuousClock.now + whenTold
      } else if !fresh.isEmpty {
        await look(at: fresh)
      }
      // Nobody cancels this task.
      try? await Task.sleep(for: every)
    }
  }

  private func look(at links: [LinkID]) async {
    do throws(StoreError) {
      note(try await store.sequences(of: links))
    } catch {
      // Whoever waits gets the link as it is when its time is over.
      logger.warning("waiting links cannot be looked at", metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
    }
  }

  /// nil where nobody waits: the poller ends then, and the next who waits begins another.
  private func watched() -> (fresh: [LinkID], all: [LinkID])? {
    state.withLock { state in
      defer { state.fresh = [] }
      state.isPolled = !state.links.isEmpty
      return state.isPolled ? (state.fresh.filter { state.links[$0] != nil }, Array(state.links.keys)) : nil
    }
  }
}
