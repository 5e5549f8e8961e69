import Foundation
import Synchronization

/// A PostgreSQL of the tests' own, in a temporary folder, on a Unix socket alone, as an unprivileged user. A shell watches over it: it stops the server and takes the
/// folder away when this process ends, however it ends.
package final class PostgresCluster: Sendable {
  package let folder: String
  private let keeper: Mutex<Pipe>

  /// One for all tests of the process that leave it as it is.
  package static let shared = Result { try PostgresCluster() }

  package init() throws {
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
    guard said == "ready\n" else { throw Trouble(description: "PostgreSQL 15 does not start: \(said)") }
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
        database*) as $bin/createdb -h "$PWD" -U paylink "${order#database-}" >>init.log 2>&1 </dev/null && touch "done.$order" ;;
      esac
    done
    as $bin/pg_ctl -D data -m immediate stop >/dev/null 2>&1 </dev/null
    cd / && rm -rf "$1"
    """

  package struct Trouble: Error, CustomStringConvertible {
    package let description: String
  }

  /// Where a database is, as the settings say it.
  package func url(_ name: String) -> String { "postgres://paylink@\(folder.replacing("/", with: "%2F"))/\(name)" }

  /// Makes a new, empty database, without a word of ours to it.
  /// - Returns: its name.
  package func newDatabase() async throws -> String {
    let name = "t\(UUID().uuidString.replacing("-", with: "").lowercased())"
    try await order("database-\(name)")
    return name
  }

  /// `start`, or a way to stop: `fast`, or `immediate`, which is a crash. Returns when it is done.
  package func order(_ order: String) async throws {
    try? FileManager.default.removeItem(atPath: "\(folder)/done.\(order)")
    try keeper.withLock { try $0.fileHandleForWriting.write(contentsOf: Data("\(order)\n".utf8)) }
    let deadline = ContinuousClock.now + .seconds(30)
    while !FileManager.default.fileExists(atPath: "\(folder)/done.\(order)") {
      guard ContinuousClock.now < deadline else { throw Trouble(description: "PostgreSQL did not \(order)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
