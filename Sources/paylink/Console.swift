import Glibc

/// What a command says: results on standard output, everything else on standard error.
enum Console {
  static func out(_ line: String) { write(line, to: STDOUT_FILENO) }

  static func error(_ line: String) { write(line, to: STDERR_FILENO) }

  /// Writes a line whole. Where nobody reads any more there is nobody to tell.
  private static func write(_ line: String, to descriptor: Int32) {
    var bytes = Array("\(line)\n".utf8)[...]
    while !bytes.isEmpty {
      // SAFETY: the pointer and its count are of the same living slice.
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
