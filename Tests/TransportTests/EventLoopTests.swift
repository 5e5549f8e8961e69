import Glibc
import Synchronization
import Testing

@testable import Transport

@Suite("The loop") struct EventLoopTests {
  @Test("Work from another thread runs on the loop's thread, in order") func executes() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let seen = Mutex<[Int]>([])
    await withCheckedContinuation { continuation in
      for number in 0..<1000 { loop.execute { seen.withLock { $0.append(EventLoop.current === loop ? number : -1) } } }
      loop.execute { continuation.resume() }
    }
    #expect(seen.withLock { $0 } == Array(0..<1000))
    #expect(EventLoop.current == nil)
  }

  @Test("A task that prefers the loop runs on it before and after every await") func tasksStay() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let stayed = await Task(executorPreference: loop) {
      var stayed = loop.isCurrent
      for _ in 0..<100 {
        await Task.yield()
        stayed = stayed && loop.isCurrent
      }
      return stayed
    }.value
    #expect(stayed)
  }

  @Test("Jobs of many threads are all run") func manyThreads() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let counter = Shared(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<200 { await Task(executorPreference: loop) { counter.change { $0 += 1 } }.value }
        }
      }
    }
    #expect(counter.value == 1600)
  }

  @Test("A readable descriptor is reported until it is read, and never after deregistering") func readiness() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let pair = try socketPair()
    let reports = try await Task(executorPreference: loop) {
      let count = Count()
      let registration = try loop.register(pair.0, interest: .read) { readiness in
        #expect(readiness.contains(.readable))
        count.value += 1
      }
      #expect(writeByte(pair.1))
      while count.value < 3 { try await loop.sleep(for: .milliseconds(1)) }
      loop.update(registration, interest: [])
      let paused = count.value
      try await loop.sleep(for: .milliseconds(5))
      #expect(count.value == paused)
      loop.update(registration, interest: .read)
      while count.value == paused { try await loop.sleep(for: .milliseconds(1)) }
      loop.deregister(registration)
      let last = count.value
      try await loop.sleep(for: .milliseconds(5))
      return count.value - last
    }.value
    #expect(reports == 0)
    close(pair.0)
    close(pair.1)
  }

  @Test("An event already reported never reaches the next owner of the number") func staleEvents() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let (first, second) = (try socketPair(), try socketPair())
    // Both become readable in one turn; whichever is reported first takes the other's place in the loop before that one's event is handled.
    let stale = try await Task(executorPreference: loop) {
      let (calls, stale) = (Count(), Count())
      var registrations: [Registration] = []
      for descriptor in [first.0, second.0] {
        let other = descriptor == first.0 ? 1 : 0
        registrations.append(
          try loop.register(descriptor, interest: .read) { _ in
            calls.value += 1
            guard calls.value == 1 else { return stale.value += 1 }
            loop.deregister(registrations[other])
            _ = try? loop.register(registrations[other].descriptor, interest: .write) { readiness in
              if readiness.contains(.readable) { stale.value += 1 }
            }
            loop.deregister(registrations[1 - other])
          })
      }
      #expect(writeByte(first.1))
      #expect(writeByte(second.1))
      try await loop.sleep(for: .milliseconds(5))
      return (calls.value, stale.value)
    }.value
    #expect(stale == (1, 0))
    for descriptor in [first.0, first.1, second.0, second.1] { close(descriptor) }
  }

  @Test("Timers run in the order of their deadlines, cancelled ones never") func timers() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let order = try await Task(executorPreference: loop) {
      let log = Log()
      loop.schedule(after: .milliseconds(6)) { log.entries.append(6) }
      let cancelled = loop.schedule(after: .milliseconds(4)) { log.entries.append(4) }
      loop.schedule(after: .milliseconds(2)) { log.entries.append(2) }
      loop.schedule(after: .zero) { log.entries.append(0) }
      loop.cancel(cancelled)
      loop.cancel(cancelled)
      let start = ContinuousClock.now
      try await loop.sleep(for: .milliseconds(10))
      #expect(ContinuousClock.now - start >= .milliseconds(10))
      return log.entries
    }.value
    #expect(order == [0, 2, 6])
  }

  @Test("Many timers that are due together leave the sockets their turns") func timersInTurns() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let pair = try socketPair()
    let (before, all) = try await Task(executorPreference: loop) {
      let (fired, seen) = (Count(), Count())
      let registration = try loop.register(pair.0, interest: .read) { _ in if seen.value == 0 { seen.value = fired.value } }
      let due = EventLoop.clock()
      for _ in 0..<1000 {
        loop.schedule(at: due) {
          // The socket has something to tell as soon as the first has fired.
          if fired.value == 0 { _ = writeByte(pair.1) }
          fired.value += 1
        }
      }
      while fired.value < 1000 { try await loop.sleep(for: .milliseconds(1)) }
      loop.deregister(registration)
      return (seen.value, fired.value)
    }.value
    #expect((1...EventLoop.timersPerTurn).contains(before))
    #expect(all == 1000)
    close(pair.0)
    close(pair.1)
  }

  @Test("A cancelled sleep ends at once") func cancelledSleep() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let (asleep, told) = AsyncStream<Void>.makeStream()
    let task = Task(executorPreference: loop) {
      // It comes to this when the task has let go of the loop's thread: then it sleeps.
      loop.execute { told.finish() }
      try await loop.sleep(for: .seconds(60))
    }
    for await _ in asleep {}
    let start = ContinuousClock.now
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test(
    "A loop's thread has its name, as much of it as the kernel keeps",
    arguments: ["paylink-test-1", "paylink-test-12", "paylink-test-123"])
  func threadName(_ name: String) async throws {
    let loop = try EventLoop(name: name)
    defer { loop.stop() }
    let told = try await Task(executorPreference: loop) {
      let file = unsafe try #require(fopen("/proc/thread-self/comm", "r"))
      defer { unsafe fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 64)
      let count = unsafe fread(&bytes, 1, bytes.count, file)
      return String(decoding: bytes[..<count], as: UTF8.self)
    }.value
    #expect(told == name.prefix(15) + "\n")
  }

  @Test("A group hands out its loops in turn, and on a loop that loop") func group() async throws {
    let group = try EventLoopGroup(count: 2)
    defer { group.shutdown() }
    #expect(group.next() !== group.next())
    let own = await Task(executorPreference: group.loops[1]) { group.next() === group.loops[1] && group.next() === group.loops[1] }.value
    #expect(own)
  }
}

@Suite("The timer queue") struct TimerQueueTests {
  @Test("Whatever is added and removed, what is left comes out in order") func order() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      var queue = TimerQueue()
      let log = Log()
      var left: [UInt64] = []
      for _ in 0..<100 {
        let deadline = UInt64.random(in: 0..<50, using: &generator)
        let id = queue.add(deadline: deadline) { log.entries.append(Int(deadline)) }
        if Bool.random(using: &generator) {
          let (first, second) = (queue.remove(id), queue.remove(id))
          #expect(first && !second)
        } else {
          left.append(deadline)
        }
      }
      #expect(queue.nextDeadline == left.min())
      while let action = queue.popDue(at: 49) { action() }
      #expect(log.entries == left.sorted().map(Int.init))
      #expect(queue.count == 0)
    }
  }

  @Test("Nothing is due a nanosecond early") func border() {
    var queue = TimerQueue()
    _ = queue.add(deadline: 10) {}
    let (early, due) = (queue.popDue(at: 9), queue.popDue(at: 10))
    #expect(early == nil && due != nil)
  }

  @Test(
    "A duration becomes nanoseconds without overflow",
    arguments: [
      (Duration.seconds(1), UInt64(1_000_000_000)), (.zero, 0), (.seconds(-1), 0), (.nanoseconds(1), 1),
      (.seconds(Int64.max), 2_300_000_000_000_000_000),
    ]) func clamped(duration: Duration, nanoseconds: UInt64)
  {
    #expect(duration.nanosecondsClamped == nanoseconds)
  }
}

/// A value that several threads change.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>
  init(_ value: Value) { mutex = Mutex(value) }
  var value: Value { mutex.withLock { $0 } }
  func change(_ body: @Sendable (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}

/// A number that callbacks of one loop count up; touched on that loop's thread only.
final class Count: @unchecked Sendable { var value = 0 }
/// A list that callbacks of one loop write; touched on that loop's thread only.
final class Log: @unchecked Sendable { var entries: [Int] = [] }

func socketPair() throws -> (Int32, Int32) {
  var descriptors: [Int32] = [-1, -1]
  // SAFETY: the array has room for the two numbers.
  let code = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors)
  try #require(code == 0)
  return (descriptors[0], descriptors[1])
}

func writeByte(_ descriptor: Int32) -> Bool {
  var byte: UInt8 = 120
  // SAFETY: one byte of our own.
  return unsafe write(descriptor, &byte, 1) == 1
}
