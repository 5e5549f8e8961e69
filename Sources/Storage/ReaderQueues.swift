import Dispatch
import Synchronization

/// A few seats from which the books are read, each on a queue of its own. Who comes when all are taken waits in the order of coming, without a thread.
///
/// A seat that is done takes the next reader at once: a queue that ran empty between two readers would cost a wake-up, and Dispatch answers many of those with new threads.
final class ReaderQueues<Seat: Sendable>: Sendable {
  typealias Job = @Sendable (Seat) -> Void

  private struct State {
    var idle: [Int]
    var jobs: [Job] = []
  }

  private let seats: [Seat]
  private let queues: [DispatchQueue]
  private let state: Mutex<State>

  init(_ seats: [Seat]) {
    self.seats = seats
    queues = seats.indices.map { DispatchQueue(label: "paylink.storage.reader.\($0)") }
    state = Mutex(State(idle: Array(seats.indices)))
  }

  /// Runs the job on the queue of a free seat. Never blocks.
  func run(_ job: @escaping Job) {
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
      now(seats[place])
      job = state.withLock { state in
        if !state.jobs.isEmpty { return state.jobs.removeFirst() }
        state.idle.append(place)
        return nil
      }
    }
  }

  /// Ends every seat, each behind what it is doing.
  func close(_ end: @escaping @Sendable (Seat) -> Void) async {
    for (seat, queue) in zip(seats, queues) {
      await withCheckedContinuation { continuation in
        queue.async {
          end(seat)
          continuation.resume()
        }
      }
    }
  }
}
