import Glibc

/// What can go wrong between us and the kernel: what kind, what we were doing, and the kernel's own number.
package struct TransportError: Error, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    /// The text is not an address.
    case invalidAddress
    /// Somebody listens there already (paylink turns it into exit 75).
    case addressInUse
    /// The address is not of this machine, or we may not use it.
    case addressUnavailable
    /// No descriptors or no memory left.
    case exhausted
    /// The peer closed or reset the connection.
    case closed
    /// The deadline passed.
    case timedOut
    /// Any other refusal of a system call.
    case system
  }

  package var code: Code
  /// The system call or the step, with what it was done to: `bind 127.0.0.1:8080`.
  package var operation: String
  /// The kernel's number, or 0 where none was given.
  package var errno: Int32

  package init(_ code: Code, _ operation: String, errno: Int32 = 0) {
    self.code = code
    self.operation = operation
    self.errno = errno
  }

  /// The error of a system call that has just failed on this thread.
  static func last(_ operation: String) -> TransportError { from(errno: Glibc.errno, operation) }

  static func from(errno: Int32, _ operation: String) -> TransportError {
    let code: Code =
      switch errno {
      case EADDRINUSE: .addressInUse
      case EADDRNOTAVAIL, EACCES, EPERM, EAFNOSUPPORT: .addressUnavailable
      case EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC: .exhausted
      case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH: .closed
      default: .system
      }
    return TransportError(code, operation, errno: errno)
  }

  package var description: String {
    errno == 0 ? "\(operation): \(code.rawValue)" : "\(operation): \(unsafe String(cString: strerror(errno))) (\(code.rawValue))"
  }
}
