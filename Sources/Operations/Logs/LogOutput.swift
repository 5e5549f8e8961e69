import Glibc
import Synchronization

/// Where log lines go. A line is one `write`, so that lines of several threads do not mix.
package protocol LogOutput: Sendable {
  func write(line: [UInt8])
}

/// Standard error, or another descriptor that stays open for the process's life.
package struct DescriptorOutput: LogOutput {
  private let descriptor: Int32

  package init(_ descriptor: Int32 = 2) { self.descriptor = descriptor }

  /// Tries until all is written; a line that cannot be written is lost, since there is nowhere to say so.
  package func write(line: [UInt8]) {
    var rest = line[...]
    while !rest.isEmpty {
      // The buffer lives for the call and is as long as we say.
      let count = unsafe rest.withUnsafeBytes { buffer in unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EINTR {
        continue
      } else {
        return
      }
    }
  }
}
