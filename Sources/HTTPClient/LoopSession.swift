import CCurl
import Transport

/// The client's part on one loop: a multi handle with its connections, driven by the loop's descriptors and timers (`curl_multi_socket_action`).
///
/// Loop thread only, but for `init`: that is what makes `@unchecked Sendable` true, and preconditions check it.
@safe final class LoopSession: @unchecked Sendable {
  let loop: EventLoop
  private let configuration: HTTPClientConfiguration
  private let multi: UnsafeMutableRawPointer
  private var registrations: [Int32: Registration] = [:]
  private var active: [ObjectIdentifier: Active] = [:]
  private var idle: [Transfer] = []
  private var isClosed = false

  /// What libcurl last said about when to call it without an event, in milliseconds, negative for never; applied by `settleAlarm`.
  private var wantedAlarm: Int?
  private var alarm: TimerID?

  /// How many easy handles are kept for later calls.
  private static let keptHandles = 64
  /// How many times libcurl's "call me again at once" is followed before the loop gets its turn.
  private static let roundsPerTurn = 8

  /// - Parameter share: of the connections' bounds, one part for each of this many loops.
  init(loop: EventLoop, configuration: HTTPClientConfiguration, share: Int) {
    precondition(CurlLibrary.ready, "libcurl can be set up")
    guard let multi = unsafe curl_multi_init() else { preconditionFailure("no memory for a multi handle") }
    self.loop = loop
    self.configuration = configuration
    unsafe self.multi = multi
    setUp(share: share)
  }

  private func setUp(share: Int) {
    let part = { (bound: Int) in max(1, (bound + share - 1) / share) }
    let me = unsafe Unmanaged.passUnretained(self).toOpaque()
    let results = unsafe [
      ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, part(configuration.connectionsPerHost)),
      ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, part(configuration.connections)),
      ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, part(configuration.connections)),
      ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me),
      ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me),
      ccurl_multi_set_socket_function(multi) { _, socket, what, session, _ in
        unsafe LoopSession.from(session).watch(socket, what)
        return 0
      },
      ccurl_multi_set_timer_function(multi) { _, milliseconds, session in
        unsafe LoopSession.from(session).wantedAlarm = milliseconds
        return 0
      },
    ]
    precondition(results.allSatisfy { $0 == CURLM_OK }, "libcurl 7.88 or later knows the options")
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> LoopSession {
    // SAFETY: the multi handle carries its session's pointer and is cleaned up in `close`, which the client calls before it lets the session go.
    guard let pointer = unsafe pointer else { preconditionFailure("the multi handle carries its session") }
    return unsafe Unmanaged<LoopSession>.fromOpaque(pointer).takeUnretainedValue()
  }
}

// MARK: - Calls

extension LoopSession {
  /// One call as its caller holds it: what `cancel` needs. Touched on the loop's thread alone, hence `@unchecked Sendable`.
  final class Ticket: @unchecked Sendable {
    /// Nil before the call began and after it ended: handles are used again, and a late cancellation must not hit another's call.
    fileprivate var transfer: Transfer?
    fileprivate var isCanceled = false
  }

  /// A call that libcurl is at work on.
  private struct Active {
    let transfer: Transfer
    let ticket: Ticket
  }

  /// Sends a request and waits for the outcome. From another thread the call first comes over to the loop; the caller continues where it was.
  func perform(_ request: PreparedRequest, deadline: ContinuousClock.Instant) async throws(HTTPClientError) -> HTTPClientResponse {
    let ticket = Ticket()
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Transfer.Outcome, Never>) in
        if loop.isCurrent {
          start(request, deadline: deadline, ticket: ticket, continuation: continuation)
        } else {
          loop.execute { self.start(request, deadline: deadline, ticket: ticket, continuation: continuation) }
        }
      }
    } onCancel: {
      loop.execute { self.cancel(ticket) }
    }
    return try outcome.get()
  }

  private func start(
    _ request: PreparedRequest, deadline: ContinuousClock.Instant, ticket: Ticket,
    continuation: CheckedContinuation<Transfer.Outcome, Never>
  ) {
    loop.preconditionIsCurrent()
    let remaining = deadline - ContinuousClock.now
    if let refusal = refusal(ticket, remaining: remaining) { return continuation.resume(returning: .failure(refusal)) }
    guard let transfer = idle.popLast() ?? Transfer(configuration: configuration) else {
      let error = HTTPClientError(code: .connect, mayHaveBeenSent: false, detail: "libcurl has no memory for another call")
      return continuation.resume(returning: .failure(error))
    }
    ticket.transfer = transfer
    active[ObjectIdentifier(transfer)] = Active(transfer: transfer, ticket: ticket)
    transfer.begin(request, deadline: deadline, remaining: remaining, continuation: continuation)
    let result = unsafe curl_multi_add_handle(multi, transfer.handle)
    precondition(result == CURLM_OK, "an easy handle that is in no multi handle can be added: \(result.rawValue)")
    settleAlarm()
  }

  private func refusal(_ ticket: Ticket, remaining: Duration) -> HTTPClientError? {
    if isClosed { return Admission.closed }
    if ticket.isCanceled {
      return HTTPClientError(code: .canceled, mayHaveBeenSent: false, detail: "the caller gave up before the call began")
    }
    return remaining > .zero ? nil : Admission.late
  }

  private func cancel(_ ticket: Ticket) {
    loop.preconditionIsCurrent()
    ticket.isCanceled = true
    guard let transfer = ticket.transfer else { return }
    withdraw(transfer)
    transfer.endCanceled("the caller gave up")
    settleAlarm()
  }

  /// Takes a transfer from the multi handle; where it is in mid-call, libcurl closes its connection (or resets its HTTP/2 stream).
  private func withdraw(_ transfer: Transfer) {
    unsafe curl_multi_remove_handle(multi, transfer.handle)
    active.removeValue(forKey: ObjectIdentifier(transfer))?.ticket.transfer = nil
  }

  /// Keeps a handle for later calls. Only after a success: libcurl leaves things to do in a handle whose call failed, such as rewinding its body before the
  /// next request (7.88, tried). Connections and resolved names are the multi handle's, so little is lost.
  private func keep(_ transfer: Transfer) {
    if idle.count < Self.keptHandles { idle.append(transfer) }
  }

  /// `close` from any thread; returns when it is done.
  func shutdown() async {
    await withCheckedContinuation { continuation in
      loop.execute {
        self.close()
        continuation.resume()
      }
    }
  }

  /// Ends every call, closes every connection, and refuses what comes later.
  func close() {
    loop.preconditionIsCurrent()
    guard !isClosed else { return }
    isClosed = true
    for transfer in active.values.map(\.transfer) {
      withdraw(transfer)
      transfer.endCanceled("the client is shut down")
    }
    idle = []
    unsafe curl_multi_cleanup(multi)
    for registration in registrations.values { loop.deregister(registration) }
    registrations = [:]
    if let alarm { loop.cancel(alarm) }
    alarm = nil
  }
}

// MARK: - Waiting for a turn

extension LoopSession {
  /// A timer for a caller on any thread; gives what stops it.
  func clock(_ duration: Duration, _ action: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let alarm = WaitingAlarm()
    loop.execute { [loop] in alarm.timer = loop.schedule(after: duration, action) }
    return { [loop] in
      loop.execute { if let timer = alarm.timer.take() { loop.cancel(timer) } }
    }
  }

  /// Touched on the loop's thread alone, hence `@unchecked Sendable`. Works run in the order they came, so the timer is set before it is cancelled.
  private final class WaitingAlarm: @unchecked Sendable {
    var timer: TimerID?
  }
}

// MARK: - Driving libcurl

extension LoopSession {
  /// libcurl says what it wants to hear of a socket. It says `CURL_POLL_REMOVE` before it closes one.
  private func watch(_ socket: Int32, _ what: Int32) {
    loop.preconditionIsCurrent()
    guard what != CURL_POLL_REMOVE else {
      if let registration = registrations.removeValue(forKey: socket) { loop.deregister(registration) }
      return
    }
    var interest: Interest = []
    if what & CURL_POLL_IN != 0 { interest.insert(.read) }
    if what & CURL_POLL_OUT != 0 { interest.insert(.write) }
    if let registration = registrations[socket] { return loop.update(registration, interest: interest) }
    // Where the kernel refuses another registration, the calls on this socket end by their time-outs, and tell the truth about what was sent.
    registrations[socket] = try? loop.register(socket, interest: interest) { [unowned self] in drive(socket, events: $0) }
  }

  private func drive(_ socket: Int32, events: Readiness) {
    var mask: Int32 = 0
    if !events.isDisjoint(with: [.readable, .peerClosed, .hangUp]) { mask |= CURL_CSELECT_IN }
    if events.contains(.writable) { mask |= CURL_CSELECT_OUT }
    if !events.isDisjoint(with: [.error, .hangUp]) { mask |= CURL_CSELECT_ERR }
    act(socket, mask)
    settleAlarm()
  }

  private func act(_ socket: Int32, _ mask: Int32) {
    var running: Int32 = 0
    let result = unsafe curl_multi_socket_action(multi, socket, mask, &running)
    precondition(result == CURLM_OK, "libcurl takes events of its own sockets: \(result.rawValue)")
    collect()
  }

  /// Follows libcurl's wish for a call without an event: at once a few times, otherwise by a timer of the loop.
  private func settleAlarm() {
    for _ in 0..<Self.roundsPerTurn where wantedAlarm == 0 {
      wantedAlarm = nil
      act(CURL_SOCKET_TIMEOUT, 0)
    }
    guard let milliseconds = wantedAlarm.take() else { return }
    if let alarm { loop.cancel(alarm) }
    alarm = milliseconds < 0 ? nil : loop.schedule(after: .milliseconds(milliseconds)) { [unowned self] in ring() }
  }

  private func ring() {
    alarm = nil
    act(CURL_SOCKET_TIMEOUT, 0)
    settleAlarm()
  }

  /// Ends the calls that libcurl is done with.
  private func collect() {
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
      // The message dies when its handle is removed: what it says is read first.
      let result = unsafe ccurl_message_result(message)
      var pointer: UnsafeMutableRawPointer?
      unsafe ccurl_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &pointer)
      let transfer = unsafe Transfer.from(pointer)
      withdraw(transfer)
      transfer.end(result)
      if result == CURLE_OK { keep(transfer) }
    }
  }
}
