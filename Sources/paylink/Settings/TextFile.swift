import Glibc

/// Small text files: the configuration, secrets, certificates.
enum TextFile {
  /// The whole text of a file.
  /// - Parameters:
  ///   - limit: more bytes are refused; nothing of ours is that long.
  ///   - source: what a message names: the file itself or the setting that names it.
  static func read(_ path: String, atMost limit: Int, source: String) throws(SettingsError) -> String {
    let prefix = source == path ? "" : "\(path) "
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SettingsError(source: source, "\(prefix)cannot be read: \(lastError())") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      // SAFETY: the kernel writes at most buffer.count bytes into the array's own storage.
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SettingsError(source: source, "\(prefix)cannot be read: \(lastError())") }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else { throw SettingsError(source: source, "\(prefix)is longer than \(limit) bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw SettingsError(source: source, "\(prefix)is not UTF-8 text") }
    return text
  }

  /// Without one newline at the end, which editors and `echo` leave in secret files.
  static func withoutLastNewline(_ text: String) -> String {
    guard let last = text.last, last == "\n" || last == "\r\n" else { return text }
    return String(text.dropLast())
  }

  private static func lastError() -> String {
    // SAFETY: strerror gives a NUL-ended text that lives until the next call on this thread.
    unsafe String(cString: strerror(errno))
  }
}
