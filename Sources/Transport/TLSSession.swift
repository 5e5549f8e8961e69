import COpenSSL

/// What a handshake came to, for metrics.
package enum TLSHandshakeOutcome: String, CaseIterable, Sendable {
  case full
  /// With the ticket of an earlier connection.
  case resumed
  /// The peer spoke HTTP without TLS.
  case plainHTTP = "plain_http"
  /// No version that both speak: TLS 1.1 and older.
  case version
  case cipher
  /// No protocol that both speak (ALPN), such as h2 alone.
  case applicationProtocol = "application_protocol"
  /// The peer broke it off with an alert, as it does when it does not believe the certificate.
  case alert
  case timedOut = "timed_out"
  /// A side left before it was done.
  case cutOff = "cut_off"
  /// Whatever else breaks the protocol.
  case malformed

  package var isDone: Bool { self == .full || self == .resumed }
}

/// The server's side of TLS over a stream's socket (RFC 8446, RFC 5246). Used by its stream alone, on its loop.
@safe final class TLSSession {
  /// What a call comes to.
  enum Step: Equatable {
    case done(Int)
    /// The peer ended its side with close_notify.
    case ended
    case wantsRead
    case wantsWrite
    /// The connection broke, for the kernel's reason; 0 where it ended without close_notify.
    case cutOff(errno: Int32)
    case failed
  }

  private let pointer: OpaquePointer
  /// Nothing can be said any more (SSL_shutdown: not after a fatal error).
  private var isBroken = false

  /// nil without memory. The descriptor stays the stream's.
  init?(_ context: TLSContext, descriptor: Int32) {
    // SAFETY: the session counts its own reference to the context, and is freed in `deinit`.
    guard let session = unsafe copenssl_session(context.pointer, descriptor) else { return nil }
    unsafe pointer = session
  }

  deinit { unsafe copenssl_free_session(pointer) }

  /// Whether bytes were taken from the socket that `read` has not given out.
  var hasPending: Bool { unsafe copenssl_has_pending(pointer) != 0 }

  func handshake() -> Step { step(unsafe copenssl_handshake(pointer)) }

  /// At least one byte, of one record.
  func read(_ space: UnsafeMutableRawPointer?, _ count: Int) -> Step {
    var error: Int32 = 0
    // SAFETY: the caller has room for `count` bytes.
    let result = unsafe copenssl_read(pointer, space, UInt(count), &error)
    return step(result, errno: error)
  }

  /// One record at most. After `wantsWrite` the same bytes must be given again, and more may be.
  func write(_ bytes: UnsafeRawPointer?, _ count: Int) -> Step {
    var error: Int32 = 0
    // SAFETY: the caller has `count` bytes there.
    let result = unsafe copenssl_write(pointer, bytes, UInt(count), &error)
    return step(result, errno: error)
  }

  /// Sends close_notify, where the socket takes it: all that was sent was all.
  func end() {
    if !isBroken { unsafe copenssl_end(pointer) }
  }

  /// After `handshake` was done or failed, on the same thread and before any other call.
  var outcome: TLSHandshakeOutcome {
    guard isBroken else { return unsafe copenssl_is_resumed(pointer) != 0 ? .resumed : .full }
    switch Int(copenssl_failure()) {
    case copenssl_failure_plain_http: return .plainHTTP
    case copenssl_failure_version: return .version
    case copenssl_failure_cipher: return .cipher
    case copenssl_failure_application_protocol: return .applicationProtocol
    case copenssl_failure_alert: return .alert
    default: return .malformed
    }
  }

  private func step(_ result: Int, errno: Int32 = 0) -> Step {
    switch result {
    case copenssl_ended: return .ended
    case copenssl_wants_read: return .wantsRead
    case copenssl_wants_write: return .wantsWrite
    case copenssl_cut_off:
      isBroken = true
      return .cutOff(errno: errno)
    case copenssl_failed:
      isBroken = true
      return .failed
    default: return .done(result)
    }
  }
}
