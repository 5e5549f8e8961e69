import Foundation
import Glibc
import Synchronization

/// A way to a cluster, from a port of 127.0.0.1 to its socket, that reads along and breaks at a moment: when a COMMIT is on its way.
///
/// Both sides speak PostgreSQL's protocol 3 (chapter 55 of its manual): a start without a type, then messages of a type, a length and a body. A prepared COMMIT is
/// known by the name it was parsed under.
package final class CuttingProxy: Sendable {
  package enum Moment: Sendable {
    /// The COMMIT is sent and never reaches the server.
    case beforeCommit
    /// The server has committed, and its answer never comes back.
    case afterCommit
  }

  package let port: Int
  private let listener: Int32
  private let target: String
  private let plan = Mutex<(moment: Moment, text: String)?>(nil)
  private let cuts = Atomic<Int>(0)
  private let isShut = Atomic<Bool>(false)
  private let open = Mutex<Set<Int32>>([])

  package init(to cluster: PostgresCluster) throws {
    target = "\(cluster.folder)/.s.PGSQL.\(cluster.port ?? 5432)"
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // SAFETY: the address lives for the calls, and its length is its own.
    let listener = listener
    let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        unsafe bind(listener, raw, length) + listen(listener, 64) + getsockname(listener, raw, &length)
      }
    }
    guard code == 0 else { throw ClusterFailure("no port for the proxy") }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in accept() }
  }

  /// The address of a database through here.
  package func address(_ database: String) -> String { "postgres://paylink@127.0.0.1:\(port)/\(database)?sslmode=disable" }

  /// Cuts at the next such moment, once.
  /// - Parameter text: stands in a statement of the transaction: a gateway has others that commit.
  package func cut(_ moment: Moment, with text: String) { plan.withLock { $0 = (moment, text) } }

  /// How often it was cut.
  package var count: Int { cuts.load(ordering: .relaxed) }

  /// Nobody comes through any more, or all may again: connections are accepted and closed at once.
  package func shut(_ isShut: Bool) {
    self.isShut.store(isShut, ordering: .relaxed)
    guard isShut else { return }
    open.withLock { for socket in $0 { shutdown(socket, Int32(SHUT_RDWR)) } }
  }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { return }
      let server = isShut.load(ordering: .relaxed) ? -1 : connect()
      guard server >= 0 else {
        close(client)
        continue
      }
      open.withLock { _ = $0.insert(client) }
      let way = Way(client: client, server: server, proxy: self)
      Thread.detachNewThread { way.up() }
      Thread.detachNewThread { way.down() }
    }
  }

  private func connect() -> Int32 {
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // SAFETY: the path is shorter than the field, and the address lives for the call.
    let code = unsafe withUnsafeMutableBytes(of: &address.sun_path) { path -> Int32 in
      for (place, byte) in target.utf8.enumerated() { unsafe path[place] = byte }
      return 0
    }
    guard code == 0 else { return -1 }
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(server, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if connected != 0 {
      close(server)
      return -1
    }
    return server
  }

  /// Whether a statement is of the transaction that is meant.
  fileprivate func means(_ statement: String) -> Bool { plan.withLock { $0.map { statement.contains($0.text) } ?? false } }

  /// Whether this COMMIT, of the transaction that is meant, is cut now.
  fileprivate func takes(_ moment: Moment) -> Bool {
    plan.withLock { plan in
      guard plan?.moment == moment else { return false }
      plan = nil
      return true
    }
  }

  fileprivate func noteCut() { cuts.add(1, ordering: .relaxed) }
  fileprivate func forget(_ client: Int32) { open.withLock { _ = $0.remove(client) } }
}

/// One connection through the proxy: two threads that read on one side and write on the other.
private final class Way: Sendable {
  private let client: Int32
  private let server: Int32
  private let proxy: CuttingProxy
  private let ends = Atomic<Int>(0)
  /// The COMMIT that is under way is the one that is meant.
  private let isMeant = Atomic<Bool>(false)

  init(client: Int32, server: Int32, proxy: CuttingProxy) {
    (self.client, self.server, self.proxy) = (client, server, proxy)
  }

  func up() {
    var messages = Messages(hasStart: true)
    var statements: [String: String] = [:]
    var isMarked = false
    pass(client, server) { bytes in
      for message in messages.take(bytes) {
        switch message.type {
        case UInt8(ascii: "P") where message.texts.count > 1: statements[message.texts[0]] = message.texts[1]
        case UInt8(ascii: "B") where message.texts.count > 1:
          let statement = statements[message.texts[1]] ?? ""
          if statement.hasPrefix("BEGIN") { isMarked = false }
          isMarked = isMarked || proxy.means(statement)
          guard statement == "COMMIT", isMarked else { continue }
          isMarked = false
          if proxy.takes(.beforeCommit) { return false }
          isMeant.store(true, ordering: .sequentiallyConsistent)
        default: break
        }
      }
      return true
    }
  }

  func down() {
    var messages = Messages(hasStart: false)
    pass(server, client) { bytes in
      !messages.take(bytes).contains { message in
        message.type == UInt8(ascii: "C") && message.texts.first == "COMMIT" && isMeant.exchange(false, ordering: .sequentiallyConsistent)
          && proxy.takes(.afterCommit)
      }
    }
  }

  /// - Parameter looks: whether the bytes may go on; otherwise both sides are cut.
  private func pass(_ from: Int32, _ to: Int32, _ looks: ([UInt8]) -> Bool) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    reading: while true {
      let count = unsafe recv(from, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      guard looks(Array(buffer[..<count])) else {
        proxy.noteCut()
        break
      }
      var sent = 0
      while sent < count {
        let more = unsafe buffer[sent..<count].withUnsafeBytes { unsafe send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard more > 0 else { break reading }
        sent += more
      }
    }
    shutdown(client, Int32(SHUT_RDWR))
    shutdown(server, Int32(SHUT_RDWR))
    // The last of the two puts the sockets away.
    guard ends.add(1, ordering: .relaxed).newValue == 2 else { return }
    proxy.forget(client)
    close(client)
    close(server)
  }
}

/// Finds the messages in one direction's bytes.
private struct Messages {
  struct Message {
    let type: UInt8
    /// What stands before each NUL of the body: names and texts.
    let texts: [String]
  }

  private var rest: [UInt8] = []
  private var isAtStart: Bool

  init(hasStart: Bool) { isAtStart = hasStart }

  mutating func take(_ bytes: [UInt8]) -> [Message] {
    rest += bytes
    var found: [Message] = []
    while true {
      let head = isAtStart ? 0 : 1
      guard rest.count >= head + 4 else { return found }
      let length = rest[head..<head + 4].reduce(0) { $0 << 8 | Int($1) }
      guard rest.count >= head + length else { return found }
      if !isAtStart {
        let texts = rest[5..<head + length].split(separator: 0, omittingEmptySubsequences: false)
        found.append(Message(type: rest[0], texts: texts.prefix(3).map { String(decoding: $0, as: UTF8.self) }))
      }
      isAtStart = false
      rest.removeFirst(head + length)
    }
  }
}
