import Glibc
import HTTPTypes
import Logging
import Testing
import Transport

@testable import HTTPServer

/// A blocking client that sends exactly the bytes a test wants sent, and reads what comes, within a deadline. Used off the loops, on a thread of its own.
final class WireClient: @unchecked Sendable {
  let descriptor: Int32
  private var pending: [UInt8] = []

  init(_ address: SocketAddress) throws {
    let isIPv6 = address.description.hasPrefix("[")
    let family = address.unixPath != nil ? AF_UNIX : isIPv6 ? AF_INET6 : AF_INET
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var timeout = timeval(tv_sec: 5, tv_usec: 0)
    // SAFETY: the kernel reads the structures during the calls.
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let code = Self.connect(descriptor, address)
    guard code == 0 else { throw WireError("connect \(address): errno \(errno)") }
  }

  deinit { close(descriptor) }

  private static func connect(_ descriptor: Int32, _ address: SocketAddress) -> Int32 {
    var storage = sockaddr_storage()
    let length = unsafe withUnsafeMutableBytes(of: &storage) { bytes -> socklen_t in
      if let path = address.unixPath {
        unsafe bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
        unsafe bytes[2...].copyBytes(from: path.utf8)
        return socklen_t(3 + path.utf8.count)
      }
      let port = (address.port ?? 0).bigEndian
      if address.description.hasPrefix("[") {
        var value = sockaddr_in6()
        value.sin6_family = sa_family_t(AF_INET6)
        value.sin6_port = port
        unsafe inet_pton(AF_INET6, address.host, &value.sin6_addr)
        unsafe bytes.storeBytes(of: value, as: sockaddr_in6.self)
        return socklen_t(MemoryLayout<sockaddr_in6>.size)
      }
      var value = sockaddr_in()
      value.sin_family = sa_family_t(AF_INET)
      value.sin_port = port
      unsafe inet_pton(AF_INET, address.host, &value.sin_addr)
      unsafe bytes.storeBytes(of: value, as: sockaddr_in.self)
      return socklen_t(MemoryLayout<sockaddr_in>.size)
    }
    return unsafe withUnsafePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(descriptor, $0, length) }
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw WireError("send: errno \(errno)") }
      sent += count
    }
  }

  func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Makes its end, which comes with the client's, a reset.
  func reset() {
    var value = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
  }

  /// Everything up to the end of the connection.
  func readAll() throws -> String {
    while try fill() {}
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// One answer with its body, by Content-Length or chunks; nil at the end of the connection.
  func readAnswer(isHead: Bool = false) throws -> WireAnswer? {
    while true {
      if let end = pending.firstRange(of: Array("\r\n\r\n".utf8)) {
        let head = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        pending.removeFirst(end.upperBound)
        var answer = try WireAnswer(head: head)
        guard !isHead, answer.status >= 200, answer.status != 204, answer.status != 304 else { return answer }
        if answer["transfer-encoding"] == "chunked" {
          answer.bytes = try readChunks()
        } else if let length = answer["content-length"].flatMap({ Int($0) }) {
          while pending.count < length { guard try fill() else { throw WireError("body cut off") } }
          answer.bytes = Array(pending.prefix(length))
          pending.removeFirst(length)
        } else {
          answer.bytes = Array(try readAll().utf8)
        }
        return answer
      }
      guard try fill() else {
        if pending.isEmpty { return nil }
        throw WireError("head cut off: \(String(decoding: pending, as: UTF8.self))")
      }
    }
  }

  private func readChunks() throws -> [UInt8] {
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    while true {
      let bytes = pending
      let used = try decoder.decode(bytes.span, into: &body, limit: 1 << 30)
      pending.removeFirst(used)
      if decoder.isDone { return body }
      guard try fill() else { throw WireError("chunks cut off after \(body.count) bytes") }
    }
  }

  private func fill() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
    if count < 0 { throw WireError(errno == ECONNRESET ? "reset" : errno == EAGAIN ? "nothing came" : "recv: errno \(errno)") }
    pending.append(contentsOf: buffer[..<count])
    return count > 0
  }
}

struct WireError: Error, Equatable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

struct WireAnswer {
  var status: Int
  var fields: [(name: String, value: String)] = []
  var bytes: [UInt8] = []
  var body: String { String(decoding: bytes, as: UTF8.self) }

  init(head: String) throws {
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3)) else {
      throw WireError("not an answer: \(head)")
    }
    self.status = status
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw WireError("not a field: \(line)") }
      fields.append((line[..<colon].lowercased(), String(line[line.index(after: colon)...].drop { $0 == " " })))
    }
  }

  /// The value of a field that may be there once; two of them are an error of the server.
  subscript(_ name: String) -> String? {
    let values = fields.filter { $0.name == name }
    precondition(values.count <= 1, "\(name) twice")
    return values.first?.value
  }
}

/// A server over real sockets with its own loops, for one test.
final class TestServer: Sendable {
  let loops: EventLoopGroup
  let server: Server
  let addresses: [SocketAddress]
  var address: SocketAddress { addresses[0] }

  init(
    _ routes: [Route], limits: ServerLimits = ServerLimits(), addresses: [String] = ["127.0.0.1:0"], loopCount: Int = 1,
    observe: (@Sendable (AccessRecord) -> Void)? = nil, proxies: ProxyProtocol? = nil, tls: CurrentTLS? = nil,
    note: (@Sendable (ConnectionEvent) -> Void)? = nil
  ) throws {
    loops = try EventLoopGroup(count: loopCount, name: "test")
    let configuration = ServerConfiguration(
      addresses: try addresses.map { try SocketAddress($0) }, limits: limits, observe: observe, proxies: proxies, tls: tls, note: note)
    server = Server(
      router: try Router(routes), configuration: configuration, loops: loops,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    self.addresses = try server.start()
  }

  func stop() async {
    await server.drain(within: .milliseconds(200))
    loops.shutdown()
  }
}

/// Runs blocking client code on a thread of its own, so that no test holds up another's.
func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    let box = Box { continuation.resume(with: Swift.Result { try work() }) }
    var thread = pthread_t()
    // SAFETY: the thread takes over the reference made here.
    let code = unsafe pthread_create(
      &thread, nil,
      { argument in
        unsafe Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().work()
        return nil
      }, Unmanaged.passRetained(box).toOpaque())
    precondition(code == 0, "a test can start a thread")
    pthread_detach(thread)
  }
}

private final class Box: Sendable {
  let work: @Sendable () -> Void
  init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}

/// Starts a server, runs blocking client code against it, and stops it.
func withServer<Result: Sendable>(
  _ routes: [Route], limits: ServerLimits = ServerLimits(), _ body: @escaping @Sendable (TestServer) throws -> Result
) async throws -> Result {
  let server = try TestServer(routes, limits: limits)
  do {
    let result = try await onThread { try body(server) }
    await server.stop()
    return result
  } catch {
    await server.stop()
    throw error
  }
}

/// Routes that most tests use.
let plainRoutes: [Route] = [
  Route(.get, "/hello") { _ in Response(status: .ok, contentType: "text/plain", text: "hello") },
  Route(.post, "/echo", bodyLimit: 1000) { request in
    Response(status: .ok, fields: [.contentType: "text/plain"], body: .bytes(request.body))
  },
  Route(.get, "/things/{id}") { request in Response(status: .ok, contentType: "text/plain", text: request.parameters["id"] ?? "?") },
  Route(.get, "/stream") { _ in
    Response(
      status: .ok, fields: [.contentType: "text/plain"],
      body: .stream { writer in
        for number in 0..<3 { try await writer.write(Array("piece \(number)\n".utf8)) }
      })
  },
]
