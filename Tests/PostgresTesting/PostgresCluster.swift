import Foundation
import Synchronization

/// A PostgreSQL of the tests' own, in a temporary folder, as an unprivileged user: on a Unix socket alone, or where it is made `secured` also on a port of
/// 127.0.0.1, which takes TLS and a password only. A shell watches over it: it stops the server and takes the folder away when this process ends, however it ends.
package final class PostgresCluster: Sendable {
  package let folder: String
  /// Of 127.0.0.1; nil where there is only the socket.
  package let port: Int?
  private let keeper: Mutex<(orders: Pipe, count: Int)>

  /// Who may come from there, with `password`.
  package static let password = "right-password"

  /// One for all tests of the process that leave it as it is.
  package static let shared = Result { try PostgresCluster() }

  /// - Parameter disk: where the server's writes may be refused.
  package init(secured: Bool = false, disk: FullDisk? = nil) throws {
    folder = "/tmp/paylink-pg-\(UUID().uuidString.prefix(8))"
    let (input, output) = (Pipe(), Pipe())
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", Self.script, "cluster", folder, secured ? Self.password : ""]
    process.environment = ProcessInfo.processInfo.environment.merging(disk?.server ?? [:]) { $1 }
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    keeper = Mutex((input, 0))
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard said.hasPrefix("ready ") else { throw ClusterFailure("PostgreSQL 15 does not start: \(said)") }
    port = Int(said.dropFirst("ready ".count).dropLast())
  }

  /// Orders come in lines, numbered: `N start`, `N fast`, `N immediate`, `N sql DATABASE TEXT`; `N standby` makes
  /// a copy that follows, on a socket in `standby`, and `N promote` makes it the one that takes writes. What came of one stands in `done.N`, its exit status first.
  private static let script = """
    # A signal to the tests is not for the keeper, who ends when they do.
    trap '' HUP INT TERM
    bin=/usr/lib/postgresql/15/bin
    as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
    mkdir -m 755 "$1" && cd "$1" || exit 1
    [ "$(id -u)" != 0 ] || chown postgres .
    as $bin/initdb -D data -A trust -U paylink --no-sync >init.log 2>&1 </dev/null || { tail -1 init.log; exit 1; }
    options="-k $PWD -c max_connections=200"
    if [ -n "$2" ]; then
      port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \\
        -keyout data/server.key -out data/server.crt >>init.log 2>&1 </dev/null
      cp data/server.crt authority.pem; chmod 644 authority.pem; chmod 600 data/server.key
      [ "$(id -u)" != 0 ] || chown postgres data/server.key data/server.crt
      printf '%s\\n' 'local all all trust' 'hostssl all all 127.0.0.1/32 scram-sha-256' >data/pg_hba.conf
      options="$options -c listen_addresses=127.0.0.1 -c ssl=on -p $port"
    else
      options="$options -c listen_addresses="
    fi
    # The keeper's own input stays with the keeper alone.
    start() { as env ${FULL_DISK:+LD_PRELOAD=$FULL_DISK} $bin/pg_ctl -D data -w -l server.log -o "$options" start >>init.log 2>&1 </dev/null; }
    sql() { as $bin/psql -h "$PWD" -p "${port:-5432}" -U paylink -d "$1" -v ON_ERROR_STOP=1 -qAt -c "$2" 2>&1 </dev/null; }
    start || { tail -1 server.log; exit 1; }
    [ -z "$2" ] || sql postgres "ALTER USER paylink PASSWORD '$2'" >>init.log
    echo "ready $port"
    while read -r number order more; do
      case $order in
        immediate|fast) as $bin/pg_ctl -D data -w -m "$order" stop >>init.log 2>&1 </dev/null; code=$? ;;
        start) start; code=$? ;;
        standby)
          as mkdir standby && as $bin/pg_basebackup -h "$PWD" -U paylink -D standby/data -R --checkpoint=fast >>init.log 2>&1 </dev/null &&
            as $bin/pg_ctl -D standby/data -w -l standby.log -o "-k $PWD/standby -c listen_addresses= -c max_connections=200" start >>init.log 2>&1 </dev/null
          code=$? ;;
        promote) as $bin/pg_ctl -D standby/data -w promote >>init.log 2>&1 </dev/null; code=$? ;;
        sql) sql ${more%% *} "${more#* }" >said; code=$? ;;
      esac
      { echo $code; [ $order != sql ] || cat said; } >answer; mv answer done.$number
    done
    for data in data standby/data; do as $bin/pg_ctl -D $data -m immediate stop >/dev/null 2>&1 </dev/null; done
    cd / && rm -rf "$1"
    """

  /// `start`, or a way to stop: `fast`, or `immediate`, which is a crash. Returns when it is done.
  /// - Returns: what was said.
  @discardableResult
  package func order(_ order: String) async throws -> String {
    let number = try keeper.withLock { keeper in
      keeper.count += 1
      try keeper.orders.fileHandleForWriting.write(contentsOf: Data("\(keeper.count) \(order)\n".utf8))
      return keeper.count
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      if let answer = try? String(contentsOfFile: "\(folder)/done.\(number)", encoding: .utf8) {
        let lines = answer.split(separator: "\n", maxSplits: 1)
        guard lines.first == "0" else { throw ClusterFailure("PostgreSQL: \(order): \(answer)") }
        return lines.count == 2 ? String(lines[1]).trimmingCharacters(in: .newlines) : ""
      }
      guard ContinuousClock.now < deadline else { throw ClusterFailure("PostgreSQL did not \(order)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Runs a text of one line beside whoever is tested.
  /// - Returns: columns with `|` between them, a row a line.
  @discardableResult
  package func sql(_ text: String, in database: String = "postgres") async throws -> String {
    try await order("sql \(database) \(text)")
  }

  /// Cuts all connections to a database.
  package func cut(_ database: String) async throws {
    try await sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '\(database)'", in: "postgres")
  }

  /// The address of a database, as the settings take it, over the socket.
  /// - Parameter withStandby: the copy first, where nothing can be written until it is promoted.
  package func address(_ database: String, user: String = "paylink", withStandby: Bool = false) -> String {
    let hosts = (withStandby ? ["\(folder)/standby"] : []) + [folder]
    return "postgres://\(user)@\(hosts.joined(separator: ",").replacing("/", with: "%2F")):\(port ?? 5432)/\(database)"
  }

  /// A new, empty database.
  /// - Returns: its name.
  package func newDatabase() async throws -> String {
    let name = "t\(UUID().uuidString.replacing("-", with: "").lowercased())"
    try await sql("CREATE DATABASE \(name)")
    return name
  }
}

package struct ClusterFailure: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
