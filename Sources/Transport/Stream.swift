import CLinux
import Glibc

/// A duplex stream of bytes over a connected socket, bound to one loop; with TLS in between after `secure`, of which those above see nothing.
///
/// Every call is made on the loop's thread, by one task at a time (a connection's own), which preconditions check; that is what makes `@unchecked Sendable`
/// true. The system call is tried first and epoll is asked on EAGAIN; after a read that did not fill the space the socket is known to be empty, so the next read
/// waits at once and saves a call.
///
/// Deadlines are instants of the loop's clock in nanoseconds. One timer a stream serves them all: it is moved forward only when it fires too early, so that a
/// busy connection never touches the timer queue. Exclusivity of the properties is not checked at run time: one thread touches them, and no access calls out.
package final class Stream: @unchecked Sendable {
  package let loop: EventLoop
  package let peer: SocketAddress
  @safe @exclusivity(unchecked) private var descriptor: Int32

  @safe @exclusivity(unchecked) private var registration: Registration?
  @safe @exclusivity(unchecked) private var interest: Interest = []
  @safe @exclusivity(unchecked) private var reading = Waiter()
  @safe @exclusivity(unchecked) private var writing = Waiter()
  @safe @exclusivity(unchecked) private var timer: TimerID?
  @safe @exclusivity(unchecked) private var timerDue: UInt64 = 0
  /// The last read emptied the socket, and with TLS the session too.
  @safe @exclusivity(unchecked) private var drained = false
  /// The kernel reported an error or a hang-up while nobody waited: the next system call tells.
  @safe @exclusivity(unchecked) private var broken = false
  @safe @exclusivity(unchecked) private var isCut = false
  @safe @exclusivity(unchecked) private var endsWhenEmpty = false
  @safe @exclusivity(unchecked) private var peerEnd: (() -> Void)?
  @safe @exclusivity(unchecked) private var session: TLSSession?

  @safe private struct Waiter {
    var continuation: UnsafeContinuation<Bool, Never>?
    var deadline: UInt64 = .max

    var isWaiting: Bool { unsafe continuation != nil }
  }

  /// Takes over a connected, non-blocking descriptor; `close` gives it up.
  package init(descriptor: Int32, peer: SocketAddress, loop: EventLoop) {
    self.descriptor = descriptor
    self.peer = peer
    self.loop = loop
  }

  deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

  /// Whether what is sent and received is encrypted.
  package var isSecure: Bool { session != nil }

  /// Does the server's side of a TLS handshake; where it fails nothing can be sent or received any more. Whoever ends the reader's wait (`endWhenEmpty`) ends it:
  /// the peer has asked for nothing yet.
  package func secure(with context: TLSContext, deadline: UInt64) async -> TLSHandshakeOutcome {
    loop.preconditionIsCurrent()
    guard descriptor >= 0, session == nil, let session = TLSSession(context, descriptor: descriptor) else { return .cutOff }
    self.session = session
    drained = false
    while true {
      let step = session.handshake()
      switch step {
      case .done, .failed: return session.outcome
      case .ended, .cutOff: return .cutOff
      case .wantsRead, .wantsWrite:
        guard !endsWhenEmpty else { return .cutOff }
        do throws(TransportError) {
          try await wait(for: step == .wantsRead ? .read : .write, deadline, "handshake")
        } catch {
          return error.code == .timedOut ? .timedOut : .cutOff
        }
      }
    }
  }

  /// Receives what is there into the buffer's free space, at least one byte.
  /// - Parameter atMost: what lies behind so many bytes is left where it is: it may not be for the same reader.
  /// - Returns: how many bytes came; 0 when the peer will send no more.
  package func receive(
    into buffer: ReceiveBuffer, minimumSpace: Int = 1024, atMost: Int = .max, deadline: UInt64
  ) async throws(TransportError) -> Int {
    loop.preconditionIsCurrent()
    while true {
      if !drained || broken || endsWhenEmpty, let count = try tryReceive(buffer, minimumSpace, atMost) {
        endsWhenEmpty = false
        return count
      }
      guard !endsWhenEmpty else { throw TransportError(.closed, "receive") }
      // `wait` in its parts: behind every call of an async function the task asks anew which executor it runs on, and this is the wait of every request.
      try beginWait(for: .read, deadline, "receive")
      let inTime = unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
        unsafe suspend(continuation, for: .read, deadline)
      }
      try endWait(inTime, "receive")
      drained = false
    }
  }

  /// Sends what the kernel takes at once, which for most answers is all.
  /// - Returns: how many bytes it took; `send` with that offset sends the rest.
  package func sendNow(_ buffer: SendBuffer) throws(TransportError) -> Int {
    loop.preconditionIsCurrent()
    return try trySend(buffer, from: 0)
  }

  /// Sends the bytes of the buffer from an offset on; returns when the kernel has taken them.
  package func send(_ buffer: SendBuffer, from offset: Int = 0, deadline: UInt64) async throws(TransportError) {
    loop.preconditionIsCurrent()
    var sent = offset
    while sent < buffer.count {
      let count = try trySend(buffer, from: sent)
      sent += count
      if sent < buffer.count { try await wait(for: .write, deadline, "send") }
    }
  }

  /// The same with an array, of which no copy is made.
  package func send(_ bytes: [UInt8], from offset: Int, deadline: UInt64) async throws(TransportError) {
    loop.preconditionIsCurrent()
    var sent = offset
    while sent < bytes.count {
      sent += try trySend(bytes, from: sent)
      if sent < bytes.count { try await wait(for: .write, deadline, "send") }
    }
  }

  /// Tells the peer that no more comes; reading goes on.
  package func shutdownWriting() {
    loop.preconditionIsCurrent()
    sayEnd()
    if descriptor >= 0 { _ = shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// With TLS, tells the peer by close_notify that all was sent. `close` does not: without it a peer knows that something is missing (RFC 8446 §6.1).
  package func sayEnd() {
    if descriptor >= 0, let session { session.end() }
  }

  /// Ends the stream from outside its task: whoever waits gets `closed`, and so does every later call.
  package func cut() {
    loop.preconditionIsCurrent()
    isCut = true
    wakeBoth()
  }

  /// Ends the reader's wait: what the kernel holds already is still received, and where it holds nothing the reader gets `closed`.
  package func endWhenEmpty() {
    loop.preconditionIsCurrent()
    endsWhenEmpty = true
    _ = wake(&reading, inTime: true)
  }

  /// Calls `action` once, on the loop's thread, when the peer ends its side or breaks off: for one who neither reads nor writes for a while. nil stops it.
  ///
  /// A peer that only ended its side may still read; who asks for this takes it as gone. Where epoll takes no more, nothing is called, and the next write tells.
  package func onPeerEnd(_ action: (() -> Void)?) {
    loop.preconditionIsCurrent()
    peerEnd = action
    guard action != nil, descriptor >= 0 else { return }
    do { try watch(.peerEnd) } catch { peerEnd = nil }
  }

  /// Closes the descriptor. Nobody may wait on the stream any more.
  package func close() {
    loop.preconditionIsCurrent()
    guard descriptor >= 0 else { return }
    if let registration { loop.deregister(registration) }
    if let timer { loop.cancel(timer) }
    (registration, timer, peerEnd, session) = (nil, nil, nil, nil)
    _ = Glibc.close(descriptor)
    descriptor = -1
  }
}

// MARK: - System calls

extension Stream {
  private func checkUsable(_ operation: StaticString) throws(TransportError) {
    guard descriptor >= 0, !isCut else { throw TransportError(.closed, "\(operation)") }
  }

  /// nil where the socket has nothing now.
  private func tryReceive(_ buffer: ReceiveBuffer, _ minimumSpace: Int, _ atMost: Int) throws(TransportError) -> Int? {
    try checkUsable("receive")
    if let session { return try tryRead(session, buffer, minimumSpace, atMost) }
    let (count, space) = unsafe buffer.withFreeSpace(minimum: minimumSpace) { space in
      let wanted = min(space.count, atMost)
      var count: Int
      repeat { count = unsafe clinux_receive(descriptor, space.baseAddress, UInt(wanted)) } while count < 0 && errno == EINTR
      return (max(count, 0), (count, wanted))
    }
    if count >= 0 {
      drained = count > 0 && count < space
      return count
    }
    guard errno == EAGAIN else { throw TransportError.last("receive") }
    drained = true
    broken = false
    return nil
  }

  private func trySend(_ buffer: SendBuffer, from offset: Int) throws(TransportError) -> Int {
    try checkUsable("send")
    return try unsafe buffer.withBytes(from: offset) { unsafe put($0) }.get()
  }

  private func trySend(_ bytes: [UInt8], from offset: Int) throws(TransportError) -> Int {
    try checkUsable("send")
    return try unsafe bytes.withUnsafeBytes { unsafe put(UnsafeRawBufferPointer(rebasing: $0[offset...])) }.get()
  }

  /// How many of the bytes were taken, 0 where there is no room now.
  private func put(_ bytes: UnsafeRawBufferPointer) -> Result<Int, TransportError> {
    if let session { return unsafe put(session, bytes) }
    var count: Int
    repeat { count = unsafe clinux_send(descriptor, bytes.baseAddress, UInt(bytes.count)) } while count < 0 && errno == EINTR
    if count >= 0 { return .success(count) }
    return errno == EAGAIN ? .success(0) : .failure(TransportError.last("send"))
  }
}

// MARK: - TLS

extension Stream {
  /// nil where neither the session nor the socket has anything now.
  private func tryRead(
    _ session: TLSSession, _ buffer: ReceiveBuffer, _ minimumSpace: Int, _ atMost: Int
  ) throws(TransportError) -> Int? {
    let step = unsafe buffer.withFreeSpace(minimum: minimumSpace) { space in
      let step = unsafe session.read(space.baseAddress, min(space.count, atMost))
      return if case .done(let count) = step { (count, step) } else { (0, step) }
    }
    switch step {
    case .done(let count):
      // epoll knows nothing of what the session holds.
      drained = !session.hasPending
      return count
    // Most clients leave without close_notify. A request tells by itself whether it is whole, so that their end is taken as an end without TLS is.
    case .ended, .cutOff(errno: 0): return 0
    // OpenSSL writes its answers to messages of the protocol with the next bytes of ours, so that a read waits for nothing but bytes.
    case .wantsRead, .wantsWrite:
      drained = true
      broken = false
      return nil
    case .cutOff(let errno): throw .from(errno: errno, "receive")
    case .failed: throw TransportError(.closed, "receive: TLS broken", errno: EPROTO)
    }
  }

  /// Record by record, as many as the socket takes.
  private func put(_ session: TLSSession, _ bytes: UnsafeRawBufferPointer) -> Result<Int, TransportError> {
    var sent = 0
    while sent < bytes.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
      switch unsafe session.write(rest.baseAddress, rest.count) {
      case .done(let count): sent += count
      case .wantsWrite: return .success(sent)
      case .cutOff(let errno): return .failure(.from(errno: errno == 0 ? EPIPE : errno, "send"))
      // Nothing is renegotiated, so a write has nothing to read for.
      case .wantsRead, .ended, .failed: return .failure(TransportError(.closed, "send: TLS broken", errno: EPROTO))
      }
    }
    return .success(sent)
  }
}

// MARK: - Waiting

extension Stream {
  private func wait(for wanted: Interest, _ deadline: UInt64, _ operation: StaticString) async throws(TransportError) {
    try beginWait(for: wanted, deadline, operation)
    let inTime = unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
      unsafe suspend(continuation, for: wanted, deadline)
    }
    try endWait(inTime, operation)
  }

  private func beginWait(for wanted: Interest, _ deadline: UInt64, _ operation: StaticString) throws(TransportError) {
    try checkUsable(operation)
    try watch(wanted)
    arm(deadline)
  }

  private func suspend(_ continuation: UnsafeContinuation<Bool, Never>, for wanted: Interest, _ deadline: UInt64) {
    precondition(!(wanted == .read ? reading : writing).isWaiting, "one task reads and one writes")
    let waiter = unsafe Waiter(continuation: continuation, deadline: deadline)
    if wanted == .read { reading = waiter } else { writing = waiter }
  }

  private func endWait(_ inTime: Bool, _ operation: StaticString) throws(TransportError) {
    guard inTime else { throw TransportError(.timedOut, "\(operation)") }
    try checkUsable(operation)
  }

  /// Registers once; changes the interest only where it lacks what is wanted.
  private func watch(_ wanted: Interest) throws(TransportError) {
    guard let registration else {
      interest = wanted
      self.registration = try loop.register(descriptor, interest: wanted) { [unowned self] in ready($0) }
      return
    }
    guard !interest.isSuperset(of: wanted) else { return }
    interest.formUnion(wanted)
    loop.update(registration, interest: interest)
  }

  private func ready(_ readiness: Readiness) {
    let failed = !readiness.isDisjoint(with: [.error, .hangUp])
    var unwanted: Interest = []
    if failed || readiness.contains(.peerClosed), let action = peerEnd.take() { action() }
    if peerEnd == nil { unwanted.insert(.peerEnd) }
    if failed || !readiness.isDisjoint(with: [.readable, .peerClosed]) {
      if !wake(&reading, inTime: true) { unwanted.insert(.read) }
    }
    if failed || readiness.contains(.writable) {
      if !wake(&writing, inTime: true) { unwanted.insert(.write) }
    }
    if failed && unwanted.isSuperset(of: [.read, .write]) {
      ignore()
    } else if !interest.isDisjoint(with: unwanted), let registration {
      // Nobody waits for it now: a level-triggered report would come again and again.
      interest.subtract(unwanted)
      loop.update(registration, interest: interest)
    }
  }

  /// Errors and hang-ups cannot be masked; with nobody waiting the descriptor leaves epoll until somebody does.
  private func ignore() {
    broken = true
    if let registration { loop.deregister(registration) }
    registration = nil
    interest = []
  }

  private func wake(_ waiter: inout Waiter, inTime: Bool) -> Bool {
    guard let continuation = unsafe waiter.continuation.take() else { return false }
    waiter.deadline = .max
    unsafe continuation.resume(returning: inTime)
    return true
  }

  private func wakeBoth() {
    _ = wake(&reading, inTime: true)
    _ = wake(&writing, inTime: true)
  }

  /// Sees to it that the timer fires no later than the deadline.
  private func arm(_ deadline: UInt64) {
    guard deadline != .max else { return }
    if let timer {
      guard timerDue > deadline else { return }
      loop.cancel(timer)
    }
    timerDue = deadline
    timer = loop.schedule(at: deadline) { [unowned self] in timerFired() }
  }

  private func timerFired() {
    timer = nil
    if reading.deadline <= loop.now { _ = wake(&reading, inTime: false) }
    if writing.deadline <= loop.now { _ = wake(&writing, inTime: false) }
    arm(min(reading.deadline, writing.deadline))
  }
}
