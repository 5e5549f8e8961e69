import Foundation
import Glibc

/// A client over a raw socket that keeps what has come, for answers that do not end. Its calls block: few at a time, each with a deadline.
final class LineClient: @unchecked Sendable {
  private let descriptor: Int32
  private var received = ""

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("socket: \(errno)") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // SAFETY: the address lives for the call, and its length is its own.
    let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw Failure("connect: \(errno)") }
  }

  deinit { close(descriptor) }

  func get(_ path: String, fields: [String] = []) throws {
    let text = (["GET \(path) HTTP/1.1", "Host: x"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    try send(Array(text.utf8))
  }

  /// A request and its whole answer, which says its length, on a connection that goes on.
  func exchange(_ path: String) throws -> String {
    received = ""
    try get(path)
    return try text { answer in
      let parts = answer.components(separatedBy: "\r\n\r\n")
      let length = parts[0].components(separatedBy: "\r\n").first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) }
      return parts.count > 1 && parts.dropFirst().joined(separator: "\r\n\r\n").utf8.count == length
    }
  }

  func send(_ bytes: [UInt8]) throws {
    let sent = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    guard sent == bytes.count else { throw Failure("send: \(errno)") }
  }

  /// All that came so far, once it is as wanted.
  func text(within limit: Duration = .seconds(10), until isEnough: (String) -> Bool) throws -> String {
    let end = ContinuousClock.now + limit
    while !isEnough(received) {
      let left = ContinuousClock.now.duration(to: end)
      guard left > .zero else { throw Failure("not within \(limit): \(received)") }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // SAFETY: one structure, for the call.
      guard unsafe poll(&waiting, 1, Int32(left.components.seconds * 1000 + 100)) == 1 else { continue }
      guard try fill() else { throw Failure("ended: \(received)") }
    }
    return received
  }

  /// All up to the end of the connection.
  func rest(within limit: Duration = .seconds(10)) throws -> String {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // SAFETY: one structure, for the call.
      guard unsafe poll(&waiting, 1, 200) == 1 else { continue }
      guard try fill() else { return received }
    }
    throw Failure("no end within \(limit): \(received)")
  }

  private func fill() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    // SAFETY: at most the buffer's own length is written.
    let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw Failure("recv: \(errno)") }
    received += String(decoding: buffer[..<count], as: UTF8.self)
    return count > 0
  }
}

/// What a reader of server-sent events makes of a stream's bytes.
struct ServerSentEvents {
  var events: [(id: String, data: JSON)] = []
  var comments = 0
  var retries: [String] = []

  /// - Parameter wire: an answer with head and chunks; chunk sizes stand on lines of their own, which are no lines of ours.
  init(_ wire: String) {
    var (id, data) = ("", "")
    for bytes in wire.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let line = String(decoding: bytes, as: UTF8.self)
      if line.hasPrefix("id: ") {
        id = String(line.dropFirst(4))
      } else if line.hasPrefix("data: ") {
        data = String(line.dropFirst(6))
        events.append((id, JSON(bytes: Array(data.utf8))))
      } else if line.hasPrefix(": ") {
        comments += 1
      } else if line.hasPrefix("retry: ") {
        retries.append(String(line.dropFirst(7)))
      }
    }
  }

  var types: [String] { events.compactMap { $0.data["type"].string } }
}
