import Foundation
import Glibc
import Synchronization

/// A server of bare sockets that does to each connection exactly what a test says, a thread for each, and counts what arrives.
final class RawServer: Sendable {
  /// A request as it arrived.
  struct Arrival: Sendable {
    /// Which connection it came on, from 1.
    var connection: Int
    /// Request line and fields, with line ends.
    var head: String
    var body: [UInt8]

    var requestLine: String { String(head.prefix { $0 != "\r\n" }) }
    var path: String { String(requestLine.split(separator: " ")[1]) }

    func values(of name: String) -> [String] {
      head.split(separator: "\r\n").filter { $0.lowercased().hasPrefix(name + ":") }.map {
        $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
      }
    }
  }

  private struct State {
    var connections = 0
    var open = 0
    var arrivals: [Arrival] = []
    var descriptors: Set<Int32> = []
  }

  let port: UInt16
  private let listener: Int32
  private let accepts: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - backlog: how many connections the kernel completes before anyone accepts.
  ///   - accepts: false leaves them all unaccepted.
  ///   - script: what to do with a connection, on its own thread; it is closed afterwards.
  init(backlog: Int32 = 64, accepts: Bool = true, script: @escaping @Sendable (RawConnection) -> Void = { $0.answerAll() }) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(listener, $0, length) == 0 && listen(listener, backlog) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRINUSE) }
    self.listener = listener
    self.accepts = accepts
    port = UInt16(bigEndian: address.sin_port)
    if accepts { Thread.detachNewThread { [self] in accept(script) } }
  }

  private func accept(_ script: @escaping @Sendable (RawConnection) -> Void) {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      guard descriptor >= 0 else {
        // Here, where nobody accepts on it any more: its number may be another listener's at once.
        close(listener)
        return
      }
      let number = state.withLock { state in
        state.connections += 1
        state.open += 1
        state.descriptors.insert(descriptor)
        return state.connections
      }
      Thread.detachNewThread { [self] in
        script(RawConnection(descriptor: descriptor, number: number, server: self))
        state.withLock { state in
          guard state.descriptors.remove(descriptor) != nil else { return }
          close(descriptor)
          state.open -= 1
        }
      }
    }
  }

  func url(_ path: String = "/", host: String = "127.0.0.1", scheme: String = "http") -> String { "\(scheme)://\(host):\(port)\(path)" }

  var connections: Int { state.withLock { $0.connections } }
  var openConnections: Int { state.withLock { $0.open } }
  var arrivals: [Arrival] { state.withLock { $0.arrivals } }

  /// How often a request for the path has arrived, its body whole.
  func count(_ path: String) -> Int { arrivals.count { $0.path == path } }

  fileprivate func note(_ arrival: Arrival) { state.withLock { $0.arrivals.append(arrival) } }

  /// Ends the listener, and every script that reads.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    if !accepts { close(listener) }
    state.withLock { state in for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) } }
  }
}

/// One accepted connection in the hands of a test's script.
final class RawConnection: Sendable {
  let descriptor: Int32
  let number: Int
  private let server: RawServer
  private let buffer = Mutex<[UInt8]>([])

  init(descriptor: Int32, number: Int, server: RawServer) {
    self.descriptor = descriptor
    self.number = number
    self.server = server
  }

  /// Reads a whole request with its body and counts it; nil when the client has closed.
  func read() -> RawServer.Arrival? {
    buffer.withLock { buffer in
      guard let end = fill(&buffer, until: { $0.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound }) else { return nil }
      var arrival = RawServer.Arrival(connection: number, head: String(decoding: buffer[..<end], as: UTF8.self), body: [])
      let length = arrival.values(of: "content-length").first.flatMap { Int($0) } ?? 0
      guard fill(&buffer, until: { $0.count >= end + length ? end : nil }) != nil else { return nil }
      arrival.body = Array(buffer[end..<end + length])
      buffer.removeFirst(end + length)
      server.note(arrival)
      return arrival
    }
  }

  private func fill(_ buffer: inout [UInt8], until done: ([UInt8]) -> Int?) -> Int? {
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      if let result = done(buffer) { return result }
      let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      buffer.append(contentsOf: chunk[..<count])
    }
  }

  /// Waits until something can be read, and leaves it.
  func waitUntilReadable() {
    var byte: UInt8 = 0
    _ = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK))
  }

  /// Waits until the client has closed its side.
  func waitUntilClosed() {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while unsafe recv(descriptor, &chunk, chunk.count, 0) > 0 {}
  }

  /// Ends our side and waits, at most ten seconds, until the client's kernel has acknowledged that: from then on the client can know.
  func finish() {
    shutdown(descriptor, Int32(SHUT_WR))
    let (tcpInfo, finWait2): (Int32, UInt8) = (11, 5)
    for _ in 0..<10_000 {
      // The state is the first byte of `struct tcp_info`.
      var info = [UInt8](repeating: 0, count: 64)
      var length = socklen_t(info.count)
      guard unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), tcpInfo, &info, &length) == 0, info[0] != finWait2 else { return }
      usleep(1_000)
    }
  }

  /// False when the client is gone.
  @discardableResult
  func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Answers one request with status 200.
  @discardableResult
  func answer(_ body: String = "ok") -> Bool { write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)") }

  /// Answers every request until the client closes.
  func answerAll() { while read() != nil, answer() {} }

  /// Makes the end a reset instead of an ordinary close.
  func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }
}
