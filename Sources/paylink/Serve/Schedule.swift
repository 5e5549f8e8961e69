import Logging
import Operations
import Payments
import ServiceLifecycle
import Synchronization
import Transport

/// Work that is done again and again: each job has a name, its own pace, and one run at a time, on a loop of ours.
///
/// What is due is judged by the clock port, so a moved clock is followed at the next run. A run that fails is logged and tried again at the next turn. When the process
/// drains no run begins; one that is under way may finish within the drain's time.
struct Schedule: Service {
  struct Job: Sendable {
    var name: String
    var every: Duration
    var run: @Sendable () async throws(StoreError) -> Void
  }

  let jobs: [Job]
  let loops: EventLoopGroup
  let draining: Draining
  let time: DrainTime
  let logger: Logger

  func run() async throws {
    let running = jobs.map { job in RunningJob(job, loop: loops.next(), draining: draining, logger: logger) }
    // Ends by the signal to drain, or by cancellation: either way it is time to end.
    try? await gracefulShutdown()
    for job in running { await job.end(within: time.left) }
  }
}

/// A job that goes round.
private final class RunningJob: Sendable {
  private let job: Schedule.Job
  private let loop: EventLoop
  private let draining: Draining
  private let logger: Logger
  private let round = Mutex<Task<Void, Never>?>(nil)
  private let current = Mutex<Task<Void, Never>?>(nil)

  init(_ job: Schedule.Job, loop: EventLoop, draining: Draining, logger: Logger) {
    self.job = job
    self.loop = loop
    self.draining = draining
    self.logger = logger
    round.withLock { $0 = Task(name: "schedule \(job.name)", executorPreference: loop) { await self.goRound() } }
  }

  private func goRound() async {
    while !Task.isCancelled, !draining.hasBegun {
      // A task of its own, so that the end of the round does not cancel a run in the middle of its work.
      let run = Task(name: job.name, executorPreference: loop) { await self.runOnce() }
      current.withLock { $0 = run }
      await run.value
      current.withLock { $0 = nil }
      // The only error is cancellation, which the loop looks at.
      try? await loop.sleep(for: job.every)
    }
  }

  private func runOnce() async {
    do throws(StoreError) {
      try await job.run()
    } catch {
      logger.error(
        "scheduled work failed", metadata: ["job": "\(job.name)", "code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
    }
  }

  /// Lets a run finish for a while, then cancels it.
  func end(within limit: Duration) async {
    let round = round.withLock { $0 }
    round?.cancel()
    let late = Task(name: "schedule \(job.name) end") {
      try await Task.sleep(for: limit)
      self.current.withLock { $0 }?.cancel()
    }
    await round?.value
    late.cancel()
  }
}
