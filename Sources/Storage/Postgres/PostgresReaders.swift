import Dispatch
import Synchronization

/// A few connections that read, each on a queue of its own. Who comes when all are at work waits in the order of coming.
final class PostgresReaders: Sendable {
  private typealias Job = @Sendable (PostgresLine) -> Void

  private struct State {
    var idle: [Int]
    var jobs: [Job] = []
  }

  private let lines: [PostgresLine]
  private let queues: [DispatchQueue]
  private let state: Mutex<State>

  init(_ lines: [PostgresLine]) {
    self.lines = lines
    queues = lines.indices.map { DispatchQueue(label: "paylink.storage.reader.\($0)") }
    state = Mutex(State(idle: Array(lines.indices)))
  }

  func run(_ job: @escaping @Sendable (PostgresLine) -> Void) {
    let free: Int? = state.withLock { state in
      if let free = state.idle.popLast() { return free }
      state.jobs.append(job)
      return nil
    }
    guard let free else { return }
    queues[free].async { [self] in work(free, job) }
  }

  private func work(_ place: Int, _ first: @escaping Job) {
    var job: Job? = first
    while let now = job {
      now(lines[place])
      job = state.withLock { state in
        if !state.jobs.isEmpty { return state.jobs.removeFirst() }
        state.idle.append(place)
        return nil
      }
    }
  }

  /// Closes the connections, each behind what it is doing.
  func close() async {
    for (line, queue) in zip(lines, queues) {
      await withCheckedContinuation { continuation in
        queue.async {
          line.drop()
          continuation.resume()
        }
      }
    }
  }
}
