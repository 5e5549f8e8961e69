import Foundation
import Glibc
import HTTPTypes
import Synchronization
import Testing
import Transport

@testable import HTTPServer

/// A certificate that signed itself, with its key, in a folder that goes away with it. Clients that believe `file` believe a server that has it.
final class TestCertificate: Sendable {
  let folder: URL
  var file: String { folder.appendingPathComponent("server.pem").path }

  init() async throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("paylink-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let made = try await shell(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem -days 2 \
        -subj /CN=paylink -addext subjectAltName=DNS:localhost,IP:127.0.0.1
      """)
    try #require(made.status == 0, "\(made.output)")
  }

  // A folder that stays behind in the temporary folder is nobody's loss.
  deinit { try? FileManager.default.removeItem(at: folder) }

  func text(_ name: String) throws -> String { try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) }

  func context() throws -> TLSContext { try TLSContext(certificates: text("server.pem"), key: text("server.key")) }

  /// Runs a shell script in the folder, for ten seconds at most.
  /// - Returns: its exit status, and what it said on either output.
  func shell(_ script: String) async throws -> (status: Int32, output: String) {
    let (folder, name) = (folder.path, "output-\(UUID().uuidString)")
    let status = try await onThread {
      let words = ["timeout", "10", "sh", "-c", "cd '\(folder)' && exec > \(name) 2>&1 && \(script)"]
      // SAFETY: the copies live until after the call, and the list ends with a null.
      var pointers = unsafe words.map { unsafe strdup($0) } + [nil]
      defer { unsafe pointers.forEach { unsafe free($0) } }
      var process = pid_t()
      let result = unsafe posix_spawnp(&process, "timeout", nil, nil, &pointers, environ)
      try #require(result == 0, "posix_spawn: \(result)")
      var status: Int32 = 0
      while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
      return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }
    // What is no text matters to nobody.
    return (status, String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self))
  }

  /// What `openssl s_client` says to a server: of the session, and the bytes that come.
  func client(_ server: TestServer, _ options: String, input: String = "/dev/null") async throws -> (status: Int32, output: String) {
    try await shell("openssl s_client -connect \(server.address) -CAfile server.pem -verify_return_error \(options) < \(input)")
  }

  func curl(_ server: TestServer, _ path: String, _ options: String = "") async throws -> (status: Int32, output: String) {
    try await shell("curl -sS --cacert server.pem \(options) https://\(server.address)\(path)")
  }
}

/// A server that speaks TLS, and what its connections came to.
final class TLSStand: Sendable {
  let certificate: TestCertificate
  let current: CurrentTLS
  let noted = Mutex<[ConnectionEvent]>([])

  init() async throws {
    certificate = try await TestCertificate()
    current = CurrentTLS(try certificate.context())
  }

  var outcomes: [TLSHandshakeOutcome] {
    noted.withLock { $0.compactMap { if case .tlsHandshake(let outcome) = $0 { outcome } else { nil } } }
  }

  var ends: [ConnectionEnd] { noted.withLock { $0.compactMap { if case .ended(let reason) = $0 { reason } else { nil } } } }

  func run<Result>(
    _ routes: [Route] = TLSStand.routes, limits: ServerLimits = ServerLimits(), addresses: [String] = ["127.0.0.1:0"],
    proxies: ProxyProtocol? = nil, _ body: (TestServer) async throws -> Result
  ) async throws -> Result {
    let server = try TestServer(
      routes, limits: limits, addresses: addresses, proxies: proxies, tls: current,
      note: { event in self.noted.withLock { $0.append(event) } })
    do {
      let result = try await body(server)
      await server.stop()
      return result
    } catch {
      await server.stop()
      throw error
    }
  }

  static let routes: [Route] =
    plainRoutes + [
      Route(.get, "/scheme") { Response(status: .ok, contentType: "text/plain", text: "\($0.isSecure ? "https" : "http") of \($0.peer)") },
      Route(.post, "/large", bodyLimit: 8 << 20) { Response(status: .ok, fields: [:], body: .bytes($0.body)) },
      Route(.get, "/broken") { _ in
        Response(
          status: .ok, fields: [.contentType: "text/plain"],
          body: .stream { writer in
            try await writer.write(Array("half of it".utf8))
            throw TransportError(.closed, "the source of the answer")
          })
      },
    ]
}

/// Passes the bytes of one connection on to a socket, one byte a write, and the answers back. It waits until the other side has taken a byte before it writes the
/// next: a unix socket tells that (SIOCOUTQ), where TCP only tells what the kernel has.
final class OneByteRelay: Sendable {
  let port: UInt16
  private let listening: Int32

  /// - Parameter far: a socket pair's end; the relay closes it.
  init(to far: Int32) throws {
    let sockets = try ListeningSockets.open(SocketAddress("127.0.0.1:0"), copies: 1, backlog: 1)
    port = try #require(sockets.address.port)
    listening = sockets.descriptors[0]
    _ = fcntl(listening, F_SETFL, 0)
    let listening = listening
    Thread.detachNewThread {
      let near = accept(listening, nil, nil)
      Thread.detachNewThread { Self.pass(from: far, to: near) { _ in true } }
      Self.pass(from: near, to: far, isTaken: Self.isTaken)
      shutdown(far, Int32(SHUT_WR))
    }
  }

  deinit { close(listening) }

  private static func isTaken(_ descriptor: Int32) -> Bool {
    var left: Int32 = 0
    // SAFETY: the kernel writes one Int32.
    return unsafe ioctl(descriptor, UInt(TIOCOUTQ), &left) == 0 && left == 0
  }

  private static func pass(from source: Int32, to target: Int32, isTaken: (Int32) -> Bool) {
    var byte: UInt8 = 0
    while unsafe recv(source, &byte, 1, 0) == 1, unsafe send(target, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 {
      let end = ContinuousClock.now + .seconds(5)
      while !isTaken(target), ContinuousClock.now < end { sched_yield() }
    }
  }
}
