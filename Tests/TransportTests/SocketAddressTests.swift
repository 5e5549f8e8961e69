import Glibc
import Testing

@testable import Transport

@Suite("Addresses") struct SocketAddressTests {
  @Test(
    "An address is read and printed",
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", 8080), ("0.0.0.0:0", "0.0.0.0:0", "0.0.0.0", 0),
      ("[::1]:65535", "[::1]:65535", "::1", 65535),
      ("[0:0::1]:1", "[::1]:1", "::1", 1), ("[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]:1", "10.0.0.1", 1),
      ("unix:/run/p.sock", "unix:/run/p.sock", "unix", nil),
    ] as [(String, String, String, UInt16?)]) func reads(_ text: String, _ printed: String, _ host: String, _ port: UInt16?) throws
  {
    let address = try SocketAddress(text)
    #expect(address.description == printed)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(try SocketAddress(printed) == address)
  }

  @Test(
    "What is no address is refused with a reason",
    arguments: [
      "", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1x",
      "localhost:80", "*:80",
      "256.0.0.1:1", "1.2.3:1", "::1:80", "[::1]", "[::1]80", "[::1:80", "[x]:80", "[127.0.0.1]:80", "unix:", "unix:relative",
      "unix:/" + String(repeating: "a", count: 107),
    ]) func refuses(_ text: String)
  {
    let error = #expect(throws: TransportError.self) { try SocketAddress(text) }
    #expect(error?.code == .invalidAddress)
    #expect(error?.description.contains("\"\(text)\"") == true)
  }

  @Test("A path of the longest length is taken") func longestPath() throws {
    #expect(try SocketAddress("unix:/" + String(repeating: "a", count: 106)).unixPath?.utf8.count == 107)
  }

  @Test("Loopback is told from the rest") func loopback() throws {
    for text in ["127.0.0.1:1", "127.255.0.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "unix:/x"] {
      #expect(try SocketAddress(text).isLoopback, "\(text)")
    }
    for text in ["0.0.0.0:1", "128.0.0.1:1", "126.255.255.255:1", "[::]:1", "[::2]:1", "[::ffff:10.0.0.1]:1", "[1::1]:1"] {
      #expect(try !SocketAddress(text).isLoopback, "\(text)")
    }
  }
}

@Suite("Listening") struct ListeningTests {
  @Test("All copies share one port, and a second opener is refused") func shared() throws {
    let sockets = try ListeningSockets.open(SocketAddress("127.0.0.1:0"), copies: 3, backlog: 8)
    defer { sockets.close() }
    #expect(sockets.descriptors.count == 3)
    #expect(sockets.address.port != 0)
    for descriptor in sockets.descriptors {
      #expect(try SocketAddress.local(of: descriptor) == sockets.address)
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
      #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
    }
    let error = #expect(throws: TransportError.self) { try ListeningSockets.open(sockets.address, copies: 1, backlog: 8) }
    #expect(error?.code == .addressInUse)
  }

  @Test("What is accepted sends at once, and leaves no more than 16 KiB unsent with the kernel") func inherited() throws {
    for address in ["127.0.0.1:0", "[::1]:0"] {
      let sockets = try ListeningSockets.open(SocketAddress(address), copies: 1, backlog: 8)
      defer { sockets.close() }
      let family = address.hasPrefix("[") ? AF_INET6 : AF_INET
      let client = socket(family, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(client) }
      // SAFETY: pointer and length are of one address, for the call.
      let code = unsafe sockets.address.withSocketAddress { unsafe connect(client, $0, $1) }
      try #require(code == 0)
      let accepted = accept(sockets.descriptors[0], nil, nil)
      defer { close(accepted) }
      try #require(accepted >= 0)
      for (option, wanted) in [(TCP_NODELAY, 1), (TCP_NOTSENT_LOWAT, 16 * 1024)] as [(Int32, Int32)] {
        var (value, length) = (Int32(-1), socklen_t(4))
        // SAFETY: the kernel writes four bytes during the call.
        #expect(unsafe getsockopt(accepted, Int32(IPPROTO_TCP), option, &value, &length) == 0)
        #expect(value == wanted)
      }
    }
  }

  @Test("An address of another machine cannot be listened on") func unavailable() {
    let error = #expect(throws: TransportError.self) { try ListeningSockets.open(SocketAddress("192.0.2.1:1"), copies: 1, backlog: 8) }
    #expect(error?.code == .addressUnavailable)
  }

  @Test("A path left over from a dead process is taken over, a file is not") func leftOver() throws {
    let address = try SocketAddress("unix:/tmp/paylink-left-\(getpid())-\(UInt32.random(in: 0 ... .max))")
    let path = try #require(address.unixPath)
    let dead = try ListeningSockets.open(address, copies: 1, backlog: 8)
    close(dead.descriptors[0])
    let next = try ListeningSockets.open(address, copies: 1, backlog: 8)
    next.close()
    let file = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
    defer { unsafe unlink(path) }
    close(file)
    let error = #expect(throws: TransportError.self) { try ListeningSockets.open(address, copies: 1, backlog: 8) }
    #expect(error?.code == .addressInUse)
    #expect(unsafe access(path, F_OK) == 0)
  }

  /// A path of its own for a test.
  static func path() throws -> SocketAddress { try SocketAddress("unix:/tmp/paylink-\(getpid())-\(UInt32.random(in: 0 ... .max))") }

  @Test("A path is open to its owner and group, whatever the umask says, and one that is listened on is refused")
  func mode() throws {
    let address = try Self.path()
    for mask in [mode_t(0o077), 0o000] {
      let before = umask(mask)
      defer { umask(before) }
      let sockets = try ListeningSockets.open(address, copies: 3, backlog: 8)
      defer { sockets.close() }
      #expect(sockets.descriptors.count == 1)
      var status = stat()
      #expect(unsafe stat(address.unixPath ?? "", &status) == 0 && status.st_mode & 0o777 == 0o660)
      let error = #expect(throws: TransportError.self) { try ListeningSockets.open(address, copies: 1, backlog: 8) }
      #expect(error?.code == .addressInUse)
    }
  }

  @Test("Whoever closes removes its own file, and never the one that another put there")
  func another() throws {
    let address = try Self.path()
    let path = try #require(address.unixPath)
    let first = try ListeningSockets.open(address, copies: 1, backlog: 8)
    unsafe unlink(path)
    let second = try ListeningSockets.open(address, copies: 1, backlog: 8)
    first.close()
    #expect(unsafe access(path, F_OK) == 0)
    second.close()
    #expect(unsafe access(path, F_OK) != 0)
  }
}
