import CLinux
import Glibc

/// How many cores this process may use: those it may run on (`taskset`, `docker run --cpuset-cpus`), and no more than its control group gets the time of (`docker run
/// --cpus`, limits of Kubernetes). A loop more than that would only wait for its turn.
enum UsableCores {
  /// Now, for a process that runs where the calling thread may run.
  static func count() -> Int {
    let usable = Int(clinux_usable_cores())
    let cores = usable > 0 ? usable : Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    return max(1, min(cores, quota() ?? cores))
  }

  /// The least that the process's control group and those above it grant (cgroup v2); nil where nothing is said.
  ///
  /// - Parameters:
  ///   - membership: a file with the line `0::/group/of/groups`, a path below the root.
  ///   - root: where the groups are mounted. In a container it is the container's own group.
  static func quota(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> Int? {
    let lines = text(of: membership)?.split(separator: "\n") ?? []
    guard let line = lines.first(where: { $0.hasPrefix("0::/") }) else { return nil }
    var folder = root
    var least = cores(of: folder)
    for name in line.dropFirst("0::/".count).split(separator: "/") {
      folder += "/\(name)"
      if let next = cores(of: folder) { least = min(next, least ?? next) }
    }
    return least
  }

  /// `cpu.max` of a group: microseconds of a period in microseconds, `200000 100000`, or `max 100000`. Part of a core is a core.
  private static func cores(of group: String) -> Int? {
    let words = text(of: group + "/cpu.max")?.split { $0 == " " || $0 == "\n" } ?? []
    guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }

  /// A file of the kernel's, which are short; nil where it cannot be read.
  private static func text(of path: String) -> String? {
    guard let file = unsafe fopen(path, "re") else { return nil }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
