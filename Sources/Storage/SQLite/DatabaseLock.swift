import Glibc

/// The right to be the only program on a database file: a `flock` on `<path>.lock`, held for the life of this object. The kernel lets go of it
/// when the process ends, however it ends. The file itself stays: removing it would let two programs lock two files of one name.
package final class DatabaseLock: Sendable {
  package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another program, or another store of this one, holds it: exit 75.
    case taken(path: String)
    /// The lock's file cannot be made or locked.
    case unavailable(path: String, reason: String)

    package var description: String {
      switch self {
      case .taken(let path): "the database \(path) is in use by another process"
      case .unavailable(let path, let reason): "the database \(path) cannot be locked: \(reason)"
      }
    }
  }

  /// The database's path, not the lock's.
  package let path: String
  private let descriptor: Int32

  /// Takes the lock or fails at once. Makes the database's folder (0700) where it is missing.
  /// - Parameter path: the database's file, which need not exist yet.
  package init(beside path: String) throws(Failure) {
    // The kernel reads the paths during the calls alone.
    if let end = path.lastIndex(of: "/"), end != path.startIndex { _ = unsafe mkdir(String(path[..<end]), 0o700) }
    let descriptor = unsafe open("\(Self.real(path)).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unavailable(path: path, reason: systemReason()) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isTaken = errno == EWOULDBLOCK
      let reason = systemReason()
      close(descriptor)
      throw isTaken ? .taken(path: path) : .unavailable(path: path, reason: reason)
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Two names of one file are one lock: a link is followed, where there is one.
  private static func real(_ path: String) -> String {
    guard let found = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }
}

/// What the last failed system call of this thread says.
func systemReason() -> String {
  // The C library owns the text; it is copied before the next call can change it.
  unsafe String(cString: strerror(errno))
}
