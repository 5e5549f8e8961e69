import Glibc
import Testing

@testable import Transport

@Suite("Streams") struct StreamTests {
  /// Runs a test's body on a loop, with a stream and the other end of its socket.
  static func withStream<Result: Sendable>(
    _ body: @escaping @Sendable (Stream, Int32, EventLoop) async throws -> Result
  ) async throws -> Result {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    let (near, far) = try socketPair()
    for descriptor in [near, far] { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
    let peer = try SocketAddress("unix:/peer")
    return try await Task(executorPreference: loop) {
      let stream = Stream(descriptor: near, peer: peer, loop: loop)
      defer { stream.close() }
      return try await body(stream, far, loop)
    }.value
  }

  /// Receives and checks how many bytes came.
  static func expect(_ wanted: Int, from stream: Stream, into buffer: ReceiveBuffer) async throws {
    let count = try await stream.receive(into: buffer, deadline: .max)
    #expect(count == wanted)
  }

  static func text(_ buffer: ReceiveBuffer) -> String {
    buffer.withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) } }
  }

  @Test("What comes is received, before and after waiting, and an end is 0") func receive() async throws {
    try await Self.withStream { stream, far, loop in
      let buffer = ReceiveBuffer(capacity: 4)
      #expect(writeByte(far))
      try await Self.expect(1, from: stream, into: buffer)
      loop.schedule(after: .milliseconds(2)) { _ = writeByte(far) }
      try await Self.expect(1, from: stream, into: buffer)
      #expect(Self.text(buffer) == "xx")
      loop.schedule(after: .milliseconds(2)) { close(far) }
      try await Self.expect(0, from: stream, into: buffer)
      try await Self.expect(0, from: stream, into: buffer)
    }
  }

  @Test("A deadline ends a wait, and the next one holds too") func deadlines() async throws {
    try await Self.withStream { stream, far, loop in
      defer { close(far) }
      let buffer = ReceiveBuffer(capacity: 4)
      let start = EventLoop.clock()
      for step in [UInt64(20), 5, 10] {
        let before = EventLoop.clock()
        let error = await #expect(throws: TransportError.self) {
          try await stream.receive(into: buffer, deadline: before + step * 1_000_000)
        }
        #expect(error?.code == .timedOut)
        #expect(EventLoop.clock() - before >= step * 1_000_000)
      }
      #expect(EventLoop.clock() - start < 5_000_000_000)
      #expect(writeByte(far))
      try await Self.expect(1, from: stream, into: buffer)
    }
  }

  @Test("A large send waits for the reader and arrives whole") func send() async throws {
    try await Self.withStream { stream, far, loop in
      defer { close(far) }
      let buffer = SendBuffer()
      buffer.append([UInt8](repeating: 65, count: 3_000_000))
      let received = Count()
      let registration = try loop.register(far, interest: .read) { _ in
        var bytes = [UInt8](repeating: 0, count: 100_000)
        received.value += max(0, unsafe read(far, &bytes, bytes.count))
      }
      try await stream.send(buffer, deadline: .max)
      while received.value < 3_000_000 { try await loop.sleep(for: .milliseconds(1)) }
      loop.deregister(registration)
      #expect(received.value == 3_000_000)
    }
  }

  @Test("A peer that is gone is an error of the send, not a signal") func peerGone() async throws {
    try await Self.withStream { stream, far, loop in
      close(far)
      let buffer = SendBuffer()
      buffer.append("x")
      let error = await #expect(throws: TransportError.self) { try await stream.send(buffer, deadline: .max) }
      #expect(error?.code == .closed)
    }
  }

  @Test("A cut wakes the reader, and nothing works afterwards") func cut() async throws {
    try await Self.withStream { stream, far, loop in
      defer { close(far) }
      loop.schedule(after: .milliseconds(2)) { stream.cut() }
      for _ in 0..<2 {
        let error = await #expect(throws: TransportError.self) {
          try await stream.receive(into: ReceiveBuffer(capacity: 4), deadline: .max)
        }
        #expect(error?.code == .closed)
      }
    }
  }

  @Test("endWhenEmpty gives what is there first") func endWhenEmpty() async throws {
    try await Self.withStream { stream, far, loop in
      defer { close(far) }
      let buffer = ReceiveBuffer(capacity: 4)
      #expect(writeByte(far))
      stream.endWhenEmpty()
      try await Self.expect(1, from: stream, into: buffer)
      loop.schedule(after: .milliseconds(2)) { stream.endWhenEmpty() }
      let error = await #expect(throws: TransportError.self) { try await stream.receive(into: buffer, deadline: .max) }
      #expect(error?.code == .closed)
    }
  }

  @Test("Data that nobody waits for does not keep the loop busy") func unwanted() async throws {
    try await Self.withStream { stream, far, loop in
      let buffer = ReceiveBuffer(capacity: 4)
      #expect(writeByte(far))
      _ = try await stream.receive(into: buffer, deadline: .max)
      _ = await #expect(throws: TransportError.self) { try await stream.receive(into: buffer, deadline: loop.now + 1_000_000) }
      #expect(writeByte(far))
      close(far)
      var usage = timespec()
      unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &usage)
      let before = usage.tv_nsec + usage.tv_sec * 1_000_000_000
      try await loop.sleep(for: .milliseconds(60))
      unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &usage)
      #expect(usage.tv_nsec + usage.tv_sec * 1_000_000_000 - before < 20_000_000)
      try await Self.expect(1, from: stream, into: buffer)
      try await Self.expect(0, from: stream, into: buffer)
    }
  }
}

@Suite("Buffers") struct BufferTests {
  @Test("Bytes come out as they went in, whatever is consumed in between") func receiveBuffer() {
    let buffer = ReceiveBuffer(capacity: 3)
    var model: [UInt8] = []
    var next: UInt8 = 0
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let count = Int.random(in: 0...5, using: &generator)
      unsafe buffer.withFreeSpace(minimum: 5) { space in
        for index in 0..<count {
          unsafe space[index] = next
          model.append(next)
          next &+= 1
        }
        return (count, ())
      }
      let used = Int.random(in: 0...model.count, using: &generator)
      buffer.consume(used)
      model.removeFirst(used)
      #expect(buffer.count == model.count)
      let same = buffer.withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe $0.elementsEqual(model) } }
      #expect(same)
    }
  }

  @Test("Room that a large request took is given back where nothing is unread, and not before") func releaseExcess() {
    let buffer = ReceiveBuffer(capacity: 16)
    func space() -> Int { unsafe buffer.withFreeSpace(minimum: 1) { space in (0, space.count) } }
    unsafe buffer.withFreeSpace(minimum: 100_000) { space in
      unsafe space[0] = 7
      return (1, ())
    }
    buffer.releaseExcess()
    #expect(buffer.count == 1 && space() == 99_999)
    let kept = buffer.withBytes { $0[0] }
    #expect(kept == 7)
    buffer.consume(1)
    buffer.releaseExcess()
    #expect(space() == 4096)
    // What is no excess is left as it is.
    let small = ReceiveBuffer(capacity: 16)
    small.releaseExcess()
    let left = unsafe small.withFreeSpace(minimum: 1) { space in (0, space.count) }
    #expect(left == 16)
  }

  @Test("Everything appended stands in order, and numbers are decimal") func sendBuffer() {
    let buffer = SendBuffer(capacity: 1)
    buffer.append("ab")
    buffer.append(String(repeating: "c", count: 40))
    buffer.append([1, 2])
    buffer.append(UInt8(3))
    for (number, width) in [(0, 1), (7, 3), (200, 3), (Int.max, 1)] { buffer.append(decimal: number, width: width) }
    let bytes = unsafe buffer.withBytes(from: 0) { unsafe Array($0) }
    #expect(bytes == Array(("ab" + String(repeating: "c", count: 40)).utf8) + [1, 2, 3] + Array("0007200\(Int.max)".utf8))
    buffer.removeAll()
    #expect(buffer.count == 0)
  }
}
