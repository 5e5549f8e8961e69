import CLinux
import Glibc

/// The file of a unix socket that we listen on: who may connect, and whose it is at the end.
///
/// Connecting takes the right to write (unix(7)). The file is open to its owner and group alone, whatever the umask: a proxy of another user is put into our
/// group. It gets its mode between bind and listen, when nobody can connect yet, so no moment is open to everybody.
package struct SocketFile: Sendable {
  private let path: String
  private let device: UInt
  private let inode: UInt

  /// Read and write for owner and group.
  private static let mode: mode_t = 0o660

  /// The file that a socket has just been bound to.
  init(bound path: String) throws(TransportError) {
    guard unsafe chmod(path, Self.mode) == 0 else { throw TransportError.last("chmod \(path)") }
    guard let status = Self.status(of: path) else { throw TransportError.last("lstat \(path)") }
    self.path = path
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
  }

  /// Removes the file, unless the path is another's by now: somebody removed ours, and a newer gateway may listen there.
  func remove() {
    guard let status = Self.status(of: path), UInt(status.st_dev) == device, UInt(status.st_ino) == inode else { return }
    unsafe unlink(path)
  }

  /// Whether a path is a socket on which nobody listens. A file that is no socket refuses connections too, and is not ours to remove; a listener whose queue is full
  /// answers EAGAIN, and lives.
  static func isLeftOver(_ path: String, _ address: SocketAddress) -> Bool {
    guard let status = status(of: path), status.st_mode & S_IFMT == S_IFSOCK else { return false }
    let descriptor = clinux_socket(AF_UNIX)
    guard descriptor >= 0 else { return false }
    defer { _ = Glibc.close(descriptor) }
    // SAFETY: the pointer is valid for its length during the call.
    let code = unsafe address.withSocketAddress { unsafe connect(descriptor, $0, $1) }
    return code != 0 && errno == ECONNREFUSED
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    // SAFETY: lstat fills the structure during the call.
    return unsafe lstat(path, &status) == 0 ? status : nil
  }
}
