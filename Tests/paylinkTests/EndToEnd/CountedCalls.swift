import Foundation
import Glibc

/// What a process asked of the allocator, of the kernel and of Swift's executors since its start: counted by `Budgets/count-calls.c`, preloaded into it.
struct CountedCalls {
  /// The counters, in the order of the C file.
  static let names = ["allocations", "receives", "sends", "epoll_waits", "epoll_changes", "writes", "syncs", "jobs", "tasks"]
  static let budgets = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Budgets")

  let library: URL
  let file: URL

  /// Compiles the counter into a folder.
  init(in folder: URL) async throws {
    library = folder.appendingPathComponent("count-calls.so")
    file = folder.appendingPathComponent("counted")
    let source = Self.budgets.appendingPathComponent("count-calls.c").path
    let made = try await Program.run(
      ["-O1", "-shared", "-fPIC", "-o", library.path, source, "-ldl"], in: folder, executable: "/usr/bin/gcc")
    guard made.status == 0 else { throw Failure("gcc: \(made.errors)") }
    try Data(count: Self.names.count * 8).write(to: file)
  }

  var environment: [String: String] { ["LD_PRELOAD": library.path, "COUNT_CALLS_FILE": file.path] }

  /// What stands now.
  func now() throws -> [Int64] {
    let bytes = [UInt8](try Data(contentsOf: file))
    return stride(from: 0, to: bytes.count, by: 8).map { place in
      bytes[place..<place + 8].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }
  }
}
