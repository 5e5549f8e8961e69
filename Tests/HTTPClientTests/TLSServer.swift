import Foundation
import Glibc
import Testing

/// `openssl s_server` with a certificate made for the occasion, in a folder of its own that goes away with it. It answers GET with a page.
///
/// Foundation's `Process` is not used: its `waitUntilExit` hung when several tests waited at a time.
final class TLSServer {
  let port: Int
  /// The authority that signed the server's certificate, PEM.
  let authorityFile: String
  private let folder: URL
  private let process: pid_t

  /// - Parameters:
  ///   - names: subjectAltName of the certificate, such as `DNS:localhost`.
  ///   - days: how long it is valid; a negative number makes it expired.
  ///   - options: further options of `openssl s_server`.
  init(names: String = "DNS:localhost,IP:127.0.0.1", days: Int = 2, options: String = "") async throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("paylink-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    authorityFile = folder.appendingPathComponent("ca.pem").path
    process = try Self.spawn(
      """
      key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && echo subjectAltName=\(names) > extensions &&
      openssl req -x509 $key -keyout ca.key -out ca.pem -days 2 -subj '/CN=paylink test authority' &&
      openssl req $key -keyout server.key -out server.csr -subj '/CN=paylink test server' &&
      openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days \(days) -extfile extensions &&
      exec openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -www \(options) < /dev/null > output
      """, in: folder)
    port = try await Self.port(from: folder.appendingPathComponent("output"))
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    // A folder that stays behind in the temporary folder is nobody's loss.
    try? FileManager.default.removeItem(at: folder)
  }

  func url(_ path: String = "/", host: String = "localhost") -> String { "https://\(host):\(port)\(path)" }

  /// Runs a shell script in a folder; its errors go to the file `errors` there.
  private static func spawn(_ script: String, in folder: URL) throws -> pid_t {
    let arguments = ["sh", "-c", "cd '\(folder.path)' && exec 2> errors && \(script)"]
    // SAFETY: the copies live until after the call, and the list ends with a null.
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    var process = pid_t()
    let result = unsafe posix_spawn(&process, "/bin/sh", nil, nil, &pointers, environ)
    try #require(result == 0, "posix_spawn: \(result)")
    return process
  }

  /// It says `ACCEPT 127.0.0.1:PORT` when it listens.
  private static func port(from output: URL) async throws -> Int {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      let lines =
        (try? String(contentsOf: output, encoding: .utf8))?.split(separator: "\n", omittingEmptySubsequences: false).dropLast() ?? []
      if let line = lines.first(where: { $0.hasPrefix("ACCEPT") }) {
        return try #require(line.split(separator: ":").last.flatMap { Int($0) })
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw POSIXError(.ETIMEDOUT)
  }
}
