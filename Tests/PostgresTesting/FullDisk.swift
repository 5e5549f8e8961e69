import Foundation
import Glibc

/// A disk that takes no more, for one process and a folder: its library calls that write are answered as the kernel would. It wants no rights and no file system of
/// its own.
package final class FullDisk: Sendable {
  /// What the kernel says.
  package enum Refusal: Int32, Sendable {
    case full = 28  // ENOSPC
    case readOnly = 30  // EROFS
  }

  private let folder: String
  private var library: String { "\(folder)/full-disk.so" }
  private var flag: String { "\(folder)/flag" }

  package init() throws {
    folder = "/tmp/paylink-disk-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/bin/sh")
    let build = "gcc -shared -fPIC -O1 -DFLAG='\"\(flag)\"' -o full-disk.so full-disk.c"
    compiler.arguments = ["-c", "cd \(folder) && cat >full-disk.c && \(build) && touch made"]
    let source = Pipe()
    compiler.standardInput = source
    try compiler.run()
    try source.fileHandleForWriting.write(contentsOf: Data(Self.source.utf8))
    try source.fileHandleForWriting.close()
    let deadline = ContinuousClock.now + .seconds(30)
    while !FileManager.default.fileExists(atPath: "\(folder)/made") {
      guard ContinuousClock.now < deadline else { throw ClusterFailure("gcc makes no library") }
      usleep(10_000)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// For a process that is run itself.
  package var environment: [String: String] { ["LD_PRELOAD": library] }
  /// For a cluster, whose keeper gives it to the server alone.
  var server: [String: String] { ["FULL_DISK": library] }

  /// From now on nothing can be written to files whose path begins so.
  package func refuse(_ refusal: Refusal, under path: String) throws {
    try "\(refusal.rawValue) \(path)".write(toFile: flag, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: flag)
  }

  /// There is room again.
  package func allow() throws { try FileManager.default.removeItem(atPath: flag) }

  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <sys/uio.h>
    #include <unistd.h>

    static int refused_path(const char *path) {
      char text[512];
      int flag = (int)syscall(SYS_openat, AT_FDCWD, FLAG, O_RDONLY | O_CLOEXEC);
      if (flag < 0) return 0;
      ssize_t count = syscall(SYS_read, flag, text, sizeof text - 1);
      syscall(SYS_close, flag);
      if (count <= 0) return 0;
      text[count] = 0;
      char *start;
      int code = (int)strtol(text, &start, 10);
      if (*start == ' ') start++;
      if (strncmp(path, start, strlen(start)) != 0) return 0;
      errno = code;
      return 1;
    }

    static int refused(int file) {
      int kept = errno;
      char link[64], path[512];
      snprintf(link, sizeof link, "/proc/self/fd/%d", file);
      ssize_t count = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
      if (count > 0) {
        path[count] = 0;
        if (path[0] == '/' && refused_path(path)) return 1;
      }
      errno = kept;
      return 0;
    }

    #define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
    ssize_t write(int f, const void *b, size_t n) { REAL(write); return refused(f) ? -1 : real(f, b, n); }
    ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); return refused(f) ? -1 : real(f, b, n, o); }
    ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64); return refused(f) ? -1 : real(f, b, n, o); }
    ssize_t pwritev(int f, const struct iovec *v, int n, off_t o) { REAL(pwritev); return refused(f) ? -1 : real(f, v, n, o); }
    ssize_t pwritev64(int f, const struct iovec *v, int n, off64_t o) { REAL(pwritev64); return refused(f) ? -1 : real(f, v, n, o); }
    int ftruncate(int f, off_t n) { REAL(ftruncate); return refused(f) ? -1 : real(f, n); }
    int ftruncate64(int f, off64_t n) { REAL(ftruncate64); return refused(f) ? -1 : real(f, n); }
    int posix_fallocate(int f, off_t o, off_t n) { REAL(posix_fallocate); return refused(f) ? errno : real(f, o, n); }
    int posix_fallocate64(int f, off64_t o, off64_t n) { REAL(posix_fallocate64); return refused(f) ? errno : real(f, o, n); }
    int fallocate(int f, int m, off_t o, off_t n) { REAL(fallocate); return refused(f) ? -1 : real(f, m, o, n); }
    int fallocate64(int f, int m, off64_t o, off64_t n) { REAL(fallocate64); return refused(f) ? -1 : real(f, m, o, n); }
    """
}
