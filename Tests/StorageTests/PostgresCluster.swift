import Foundation
import Payments
import Synchronization
import Testing

@testable import Storage

/// A PostgreSQL of the tests' own, in a temporary folder, on a Unix socket alone, as an unprivileged user. A shell watches over it: it stops the server and takes the
/// folder away when this process ends, however it ends.
final class PostgresCluster: Sendable {
  let folder: String
  private let keeper: Mutex<Pipe>

  /// One for all tests of the process that leave it as it is.
  static let shared = Result { try PostgresCluster() }

  init() throws {
    folder = "/tmp/paylink-pg-\(UUID().uuidString.prefix(8))"
    let (input, output) = (Pipe(), Pipe())
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", Self.script, "cluster", folder]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    keeper = Mutex(input)
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard said == "ready\n" else { throw StoreError(.unavailable, "PostgreSQL 15 does not start: \(said)") }
  }

  private static let script = """
    # A signal to the tests is not for the keeper, who ends when they do.
    trap '' HUP INT TERM
    bin=/usr/lib/postgresql/15/bin
    as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
    mkdir -m 755 "$1" && cd "$1" || exit 1
    [ "$(id -u)" != 0 ] || chown postgres .
    as $bin/initdb -D data -A trust -U paylink --no-sync >init.log 2>&1 </dev/null || { tail -1 init.log; exit 1; }
    # The keeper's own input stays with the keeper alone.
    start() { as $bin/pg_ctl -D data -w -l server.log -o "-k $PWD -c listen_addresses= -c max_connections=200" start >>init.log 2>&1 </dev/null; }
    start || { tail -1 server.log; exit 1; }
    echo ready
    while read -r order; do
      case $order in
        immediate|fast) as $bin/pg_ctl -D data -w -m "$order" stop >>init.log 2>&1 </dev/null; touch "done.$order" ;;
        start) start; touch done.start ;;
      esac
    done
    as $bin/pg_ctl -D data -m immediate stop >/dev/null 2>&1 </dev/null
    cd / && rm -rf "$1"
    """

  /// `start`, or a way to stop: `fast`, or `immediate`, which is a crash. Returns when it is done.
  func order(_ order: String) async throws {
    try? FileManager.default.removeItem(atPath: "\(folder)/done.\(order)")
    try keeper.withLock { try $0.fileHandleForWriting.write(contentsOf: Data("\(order)\n".utf8)) }
    let deadline = ContinuousClock.now + .seconds(30)
    while !FileManager.default.fileExists(atPath: "\(folder)/done.\(order)") {
      try #require(ContinuousClock.now < deadline, "PostgreSQL did not \(order)")
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  func location(_ name: String) -> PostgresLocation {
    do { return try PostgresLocation("postgres://paylink@\(folder.replacing("/", with: "%2F"))/\(name)") } catch {
      preconditionFailure("a folder of ours is a host: \(error)")
    }
  }

  /// A new, empty database.
  func database() throws -> PostgresLocation {
    let name = "t\(UUID().uuidString.replacing("-", with: "").lowercased())"
    try connection(location("postgres")).execute("CREATE DATABASE \(name)")
    return location(name)
  }

  /// A connection beside the store's.
  func connection(_ location: PostgresLocation) throws -> PostgresConnection {
    try PostgresConnection(location, password: nil, limits: StorageLimits())
  }

  /// A store in a database of its own.
  func withStore(_ limits: StorageLimits = StorageLimits(), _ body: (PostgresStore, PostgresLocation) async throws -> Void) async throws {
    let location = try database()
    let store = try PostgresStore.open(location, password: nil, limits: limits, logger: .quiet)
    do { try await body(store, location) } catch {
      await store.close()
      throw error
    }
    await store.close()
  }
}
