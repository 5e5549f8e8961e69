import CLinux
import Glibc
import Synchronization

/// A thread that waits on epoll and runs what is ready: events of descriptors, timers, and the jobs of tasks that prefer it.
///
/// A connection is one `Task(executorPreference: loop)`: all its awaits come back to this thread, so whatever the task and the loop's callbacks share needs no
/// lock. It is a `TaskExecutor` and on purpose **not** a `SerialExecutor`: a type that is both doubles the jobs (design §2, "The loop").
///
/// Thread rules: `enqueue`, `execute`, `stop` and `EventLoop.current` may be called on any thread; everything else on the loop's own thread, which a
/// precondition checks. State that is not behind `inbox` is touched by the loop's thread alone: that is what makes `@unchecked Sendable` true.
@safe package final class EventLoop: TaskExecutor, @unchecked Sendable {
  package let name: String
  /// Nanoseconds of the monotonic clock, read once a turn of the loop: near enough for deadlines, and free.
  ///
  /// Other modules would check exclusivity of a stored property, whatever its attribute says; of a computed one they do not.
  package var now: UInt64 { turnBegan }
  @safe @exclusivity(unchecked) private var turnBegan: UInt64

  private let epoll: Int32
  private let waker: Int32
  private let inbox = Mutex(Inbox())
  private let thread = Mutex<pthread_t?>(nil)

  @safe @exclusivity(unchecked) private var jobs: [UnownedJob] = []
  @safe @exclusivity(unchecked) private var runningJobs: [UnownedJob] = []
  @safe @exclusivity(unchecked) private var works: [@Sendable () -> Void] = []
  @safe @exclusivity(unchecked) private var stopping = false
  @safe @exclusivity(unchecked) private var slots: [Slot] = []
  private var nextGeneration: UInt32 = 1
  @safe @exclusivity(unchecked) private var timers = TimerQueue()
  private let events: UnsafeMutablePointer<clinux_event>

  /// What other threads leave for the loop. `asleep` says that the loop is (or is about to be) in `epoll_wait` with nothing to do, so the first who
  /// brings work wakes it and those after it do not.
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var works: [@Sendable () -> Void] = []
    var asleep = false
    var stopping = false
  }

  private struct Slot {
    var generation: UInt32 = 0
    var onReady: ((Readiness) -> Void)?
  }

  /// How many times the jobs that jobs make are run before sockets and timers get their turn again.
  private static let roundsPerTurn = 8
  /// How many timers fire before sockets get their turn again: thousands of clients that came together run out of time together, and nobody else is to wait for all
  /// of them.
  static let timersPerTurn = 64
  /// The data of the wake-up descriptor: no registration has it, since generations start at 1.
  private static let wakerData: UInt64 = 0

  /// Makes a loop and starts its thread.
  /// - Parameter name: the thread's name, of which the kernel keeps 15 bytes.
  package init(name: String = "loop") throws(TransportError) {
    self.name = name
    turnBegan = clinux_monotonic()
    epoll = clinux_epoll_create()
    guard epoll >= 0 else { throw TransportError.last("epoll_create") }
    waker = clinux_eventfd()
    guard waker >= 0 else {
      let error = TransportError.last("eventfd")
      close(epoll)
      throw error
    }
    unsafe events = .allocate(capacity: Int(CLINUX_MAX_EVENTS))
    // Edge-triggered: every write to it is reported once, so it need never be read.
    guard clinux_epoll_add(epoll, waker, clinux_epoll_in | clinux_epoll_edge, Self.wakerData) == 0 else {
      throw TransportError.last("epoll_ctl")
    }
    try start()
  }

  deinit {
    unsafe events.deallocate()
    close(epoll)
    close(waker)
  }

  /// The loop whose thread this is, if it is one.
  package static var current: EventLoop? {
    // SAFETY: the slot is set by the loop's own thread, which keeps the loop alive until it ends.
    guard let pointer = unsafe clinux_current_loop() else { return nil }
    return unsafe Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Whether the caller runs on this loop's thread.
  package var isCurrent: Bool {
    // SAFETY: the pointers are compared, never followed.
    unsafe clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque()
  }

  /// Nanoseconds of the monotonic clock, read now.
  package static func clock() -> UInt64 { clinux_monotonic() }

  package func preconditionIsCurrent() { precondition(isCurrent, "only on the loop's own thread") }

  /// Ends the loop after what is queued has run, and waits for its thread. End the tasks first: a job that comes later never runs.
  package func stop() {
    wake { $0.stopping = true }
    guard !isCurrent, let thread = self.thread.withLock({ $0.take() }) else { return }
    pthread_join(thread, nil)
  }

  private func start() throws(TransportError) {
    var thread = pthread_t()
    // SAFETY: the thread takes over the reference made here and gives it up when it ends.
    let reference = unsafe Unmanaged.passRetained(self)
    let code = unsafe pthread_create(&thread, nil, { unsafe EventLoop.threadMain($0) }, reference.toOpaque())
    guard code == 0 else {
      unsafe reference.release()
      throw TransportError.from(errno: code, "pthread_create")
    }
    self.thread.withLock { $0 = thread }
  }

  private static func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: `start` passed a retained reference; it is released when `loop` goes out of scope.
    guard let argument = unsafe argument else { return nil }
    let loop = unsafe Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue()
    unsafe clinux_set_current_loop(argument)
    unsafe clinux_name_thread(loop.name)
    loop.run()
    clinux_set_current_loop(nil)
    return nil
  }
}

// MARK: - Work from any thread

extension EventLoop {
  package func enqueue(_ job: consuming ExecutorJob) {
    // SAFETY: each job is run exactly once, in `runJobs`.
    let job = UnownedJob(job)
    if isCurrent { return jobs.append(job) }
    wake { $0.jobs.append(job) }
  }

  /// Runs `work` on the loop's thread, soon, never before this returns. Works run in the order they came in.
  package func execute(_ work: @escaping @Sendable () -> Void) {
    if isCurrent { return works.append(work) }
    wake { $0.works.append(work) }
  }

  private func wake(_ change: (inout Inbox) -> Void) {
    let wasAsleep = inbox.withLock { inbox in
      change(&inbox)
      defer { inbox.asleep = false }
      return inbox.asleep
    }
    if wasAsleep { clinux_eventfd_signal(waker) }
  }
}

// MARK: - The loop itself

extension EventLoop {
  private func run() {
    while true {
      let mayWait = emptyInbox(beforeWaiting: true)
      if stopping && mayWait { return }
      poll(milliseconds: mayWait ? waitingTime() : 0)
      _ = emptyInbox(beforeWaiting: false)
      fireTimers()
      runJobs()
    }
  }

  /// Takes what other threads left. Before waiting it also notes that the loop sleeps, unless there is something to run.
  private func emptyInbox(beforeWaiting: Bool) -> Bool {
    inbox.withLock { inbox in
      if !inbox.jobs.isEmpty {
        jobs.append(contentsOf: inbox.jobs)
        inbox.jobs.removeAll(keepingCapacity: true)
      }
      if !inbox.works.isEmpty {
        works.append(contentsOf: inbox.works)
        inbox.works.removeAll(keepingCapacity: true)
      }
      stopping = inbox.stopping
      let idle = jobs.isEmpty && works.isEmpty
      inbox.asleep = beforeWaiting && idle && !inbox.stopping
      return idle
    }
  }

  /// Until the next timer, rounded up so that it is due when we wake; -1 without timers.
  private func waitingTime() -> Int32 {
    guard let deadline = timers.nextDeadline else { return -1 }
    let now = clinux_monotonic()
    guard deadline > now else { return 0 }
    return Int32(min((deadline - now + 999_999) / 1_000_000, 3_600_000))
  }

  private func poll(milliseconds: Int32) {
    let count = unsafe clinux_epoll_wait(epoll, events, milliseconds)
    turnBegan = clinux_monotonic()
    precondition(count >= 0 || errno == EINTR, "epoll_wait fails only with EINTR on a descriptor of our own")
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let event = unsafe events[index]
      guard event.data != Self.wakerData else { continue }
      let descriptor = Int(UInt32(truncatingIfNeeded: event.data))
      guard descriptor < slots.count, slots[descriptor].generation == UInt32(truncatingIfNeeded: event.data >> 32) else { continue }
      slots[descriptor].onReady?(Readiness(events: event.events))
    }
  }

  private func fireTimers() {
    // Those that are left make the next turn poll without waiting.
    for _ in 0..<Self.timersPerTurn {
      guard let action = timers.popDue(at: now) else { return }
      action()
    }
  }

  private func runJobs() {
    for _ in 0..<Self.roundsPerTurn {
      guard !jobs.isEmpty || !works.isEmpty else { return }
      if !jobs.isEmpty {
        swap(&jobs, &runningJobs)
        for job in runningJobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        runningJobs.removeAll(keepingCapacity: true)
      }
      guard !works.isEmpty else { continue }
      let batch = works
      works = []
      for work in batch { work() }
    }
  }
}

// MARK: - Descriptors (loop thread only)

extension EventLoop {
  /// Watches a descriptor, level-triggered: `onReady` is called on the loop's thread in every turn in which one of the interests holds. The descriptor stays the
  /// caller's; deregister it before closing it.
  package func register(
    _ descriptor: Int32, interest: Interest, onReady: @escaping (Readiness) -> Void
  ) throws(TransportError) -> Registration {
    preconditionIsCurrent()
    let index = Int(descriptor)
    if index >= slots.count { slots.append(contentsOf: repeatElement(Slot(), count: index + 1 - slots.count)) }
    precondition(slots[index].onReady == nil, "a descriptor is registered once")
    let registration = Registration(descriptor: descriptor, generation: nextGeneration)
    guard clinux_epoll_add(epoll, descriptor, interest.events, registration.data) == 0 else {
      throw TransportError.last("epoll_ctl add \(descriptor)")
    }
    nextGeneration = nextGeneration == .max ? 1 : nextGeneration + 1
    slots[index] = Slot(generation: registration.generation, onReady: onReady)
    return registration
  }

  /// Changes what a registration wants to hear of. A registration that is gone is left alone.
  package func update(_ registration: Registration, interest: Interest) {
    preconditionIsCurrent()
    guard holds(registration) else { return }
    // It fails only when the descriptor was closed behind our back; then no event comes any more, and deregister tidies up.
    _ = clinux_epoll_modify(epoll, registration.descriptor, interest.events, registration.data)
  }

  /// Stops watching. Events already reported in this turn are dropped. A registration that is gone is left alone.
  package func deregister(_ registration: Registration) {
    preconditionIsCurrent()
    guard holds(registration) else { return }
    slots[Int(registration.descriptor)] = Slot()
    _ = clinux_epoll_delete(epoll, registration.descriptor)
  }

  private func holds(_ registration: Registration) -> Bool {
    let index = Int(registration.descriptor)
    return index < slots.count && slots[index].generation == registration.generation && slots[index].onReady != nil
  }
}

// MARK: - Timers (loop thread only)

extension EventLoop {
  /// Runs `action` once on the loop's thread, not before `delay` has passed; the grain is a millisecond.
  @discardableResult
  package func schedule(after delay: Duration, _ action: @escaping () -> Void) -> TimerID {
    schedule(at: clinux_monotonic() + delay.nanosecondsClamped, action)
  }

  /// The same with an instant of the monotonic clock in nanoseconds, as `now` gives it.
  @discardableResult
  package func schedule(at deadline: UInt64, _ action: @escaping () -> Void) -> TimerID {
    preconditionIsCurrent()
    return timers.add(deadline: deadline, action)
  }

  /// Forgets a timer; one that has run or was cancelled is left alone.
  package func cancel(_ timer: TimerID) {
    preconditionIsCurrent()
    timers.remove(timer)
  }
}

extension Duration {
  /// Whole nanoseconds, 0 for a negative duration, at most about 73 years: never an overflow when added to a clock.
  package var nanosecondsClamped: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt64(min(seconds, 2_300_000_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
