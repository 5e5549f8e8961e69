import Foundation
import Glibc
import Testing

@testable import Transport

@Suite("Usable cores") struct UsableCoresTests {
  struct Case: Sendable {
    var membership: String
    /// The file of each group, by its folder below the root.
    var groups: [String: String]
    var cores: Int?
  }

  @Test(
    "A control group's quota is rounded up to cores, and the least of all above it counts",
    arguments: [
      Case(membership: "0::/\n", groups: ["": "200000 100000\n"], cores: 2),
      Case(membership: "0::/\n", groups: ["": "200001 100000\n"], cores: 3),
      Case(membership: "0::/\n", groups: ["": "50000 100000\n"], cores: 1),
      Case(membership: "0::/\n", groups: ["": "max 100000\n"], cores: nil),
      Case(membership: "0::/\n", groups: [:], cores: nil),
      Case(membership: "0::/\n", groups: ["": "0 100000\n"], cores: nil),
      Case(membership: "0::/\n", groups: ["": "100000\n"], cores: nil),
      Case(membership: "4:memory:/a\n0::/a/b\n", groups: ["a": "max 100000", "a/b": "300000 100000"], cores: 3),
      Case(membership: "0::/a/b\n", groups: ["a": "150000 50000", "a/b": "700000 100000"], cores: 3),
      Case(membership: "0::/a/b\n", groups: ["": "100000 100000", "a/b": "700000 100000"], cores: 1),
      Case(membership: "1:cpu:/a\n", groups: ["a": "100000 100000"], cores: nil),
    ])
  func quota(_ each: Case) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("paylink-cores-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let root = folder.appendingPathComponent("root")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    for (group, text) in each.groups {
      let place = group.isEmpty ? root : root.appendingPathComponent(group)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try text.write(to: place.appendingPathComponent("cpu.max"), atomically: true, encoding: .utf8)
    }
    let membership = folder.appendingPathComponent("cgroup")
    try each.membership.write(to: membership, atomically: true, encoding: .utf8)
    #expect(UsableCores.quota(membership: membership.path, root: root.path) == each.cores)
  }

  @Test("Where nothing says which group it is, nothing is granted or denied") func noGroup() {
    #expect(UsableCores.quota(membership: "/nowhere/cgroup", root: "/nowhere") == nil)
  }

  @Test("Only cores count on which the process may run") func affinity() async throws {
    let loop = try EventLoop(name: "test")
    defer { loop.stop() }
    // The loop's thread goes away with the test, and its bond to one core with it.
    let (isSet, count) = await Task(executorPreference: loop) { (Self.bindToOneCore(), UsableCores.count()) }.value
    try #require(isSet)
    #expect(count == 1)
  }

  /// Binds the calling thread to one core of those that it may run on. Glibc's module lacks the call.
  private static func bindToOneCore() -> Bool {
    typealias SetAffinity = @convention(c) (pid_t, Int, UnsafeRawPointer) -> Int32
    guard let symbol = unsafe dlsym(nil, "sched_setaffinity") else { return false }
    // SAFETY: sched_setaffinity(2) has this type, and reads the eight bytes.
    let set = unsafe unsafeBitCast(symbol, to: SetAffinity.self)
    return (0..<64).contains { core in
      var mask = UInt64(1) << core
      return unsafe set(0, 8, &mask) == 0
    }
  }
}
