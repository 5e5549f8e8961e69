import Glibc

/// Where a listener listens or a peer stands: an IPv4 or IPv6 address with its port, or a path of the file system.
///
/// Text shapes: `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/paylink.sock`. Port 0 asks the kernel for a free one. Names are not resolved: a listener is bound to
/// addresses, and a name that means another address tomorrow would be a surprise.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable {
    /// Network byte order.
    case ipv4(address: UInt32, port: UInt16)
    case ipv6(high: UInt64, low: UInt64, scope: UInt32, port: UInt16)
    case unix(path: String)
  }

  private let kind: Kind

  /// A path must fit `sun_path` with its closing NUL.
  private static let longestPath = 107

  /// Reads one of the three shapes; the error says what is wrong with the text.
  package init(_ text: String) throws(TransportError) {
    if text.hasPrefix("unix:") {
      kind = .unix(path: try Self.path(text))
    } else if text.hasPrefix("[") {
      kind = try Self.ipv6(text)
    } else {
      kind = try Self.ipv4(text)
    }
  }

  private init(kind: Kind) { self.kind = kind }

  /// Of four bytes in network order.
  init(ipv4 bytes: [UInt8], port: UInt16) {
    precondition(bytes.count == 4)
    kind = .ipv4(address: bytes.reduce(0) { $0 << 8 | UInt32($1) }.bigEndian, port: port)
  }

  /// Of sixteen bytes in network order.
  init(ipv6 bytes: [UInt8], port: UInt16) {
    precondition(bytes.count == 16)
    let half = { (part: ArraySlice<UInt8>) in part.reduce(0) { $0 << 8 | UInt64($1) }.bigEndian }
    kind = .ipv6(high: half(bytes[..<8]), low: half(bytes[8...]), scope: 0, port: port)
  }

  private static func refuse(_ text: String, _ why: String) -> TransportError {
    TransportError(.invalidAddress, "address \"\(text)\": \(why)")
  }

  private static func path(_ text: String) throws(TransportError) -> String {
    let path = String(text.dropFirst("unix:".count))
    guard path.hasPrefix("/") else { throw refuse(text, "a unix path begins with /, as in unix:/run/paylink.sock") }
    guard path.utf8.count <= longestPath else { throw refuse(text, "a unix path has at most \(longestPath) bytes") }
    guard !path.utf8.contains(0) else { throw refuse(text, "a path has no NUL") }
    return path
  }

  private static func ipv6(_ text: String) throws(TransportError) -> Kind {
    guard let end = text.firstIndex(of: "]"), text[text.index(after: end)...].hasPrefix(":") else {
      throw refuse(text, "an IPv6 address is written [address]:port, as in [::1]:8080")
    }
    var address = in6_addr()
    // SAFETY: inet_pton reads the NUL-ended text and fills the 16 bytes.
    guard unsafe inet_pton(AF_INET6, String(text[text.index(after: text.startIndex)..<end]), &address) == 1 else {
      throw refuse(text, "not an IPv6 address between [ and ]")
    }
    let port = try port(text[text.index(end, offsetBy: 2)...], of: text)
    let (high, low) = unsafe withUnsafeBytes(of: &address) { bytes in
      unsafe (bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    return .ipv6(high: high, low: low, scope: 0, port: port)
  }

  private static func ipv4(_ text: String) throws(TransportError) -> Kind {
    guard let colon = text.lastIndex(of: ":") else { throw refuse(text, "the port is missing, as in 127.0.0.1:8080") }
    let host = String(text[..<colon])
    guard !host.contains(":") else { throw refuse(text, "an IPv6 address stands in brackets, as in [::1]:8080") }
    var address = in_addr()
    // SAFETY: inet_pton reads the NUL-ended text and fills the 4 bytes.
    guard unsafe inet_pton(AF_INET, host, &address) == 1 else {
      throw refuse(text, "not an IPv4 address; names are not resolved, write 127.0.0.1 or 0.0.0.0")
    }
    return .ipv4(address: address.s_addr, port: try port(text[text.index(after: colon)...], of: text))
  }

  private static func port(_ digits: Substring, of text: String) throws(TransportError) -> UInt16 {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits) else {
      throw refuse(text, "the port is a number from 0 to 65535")
    }
    return port
  }

  /// The port, or nil for a path.
  package var port: UInt16? {
    switch kind {
    case .ipv4(_, let port), .ipv6(_, _, _, let port): port
    case .unix: nil
    }
  }

  /// The path, or nil for an address with a port.
  package var unixPath: String? {
    if case .unix(let path) = kind { path } else { nil }
  }

  /// Whether only this machine can reach it: 127.0.0.0/8, ::1, or a path.
  package var isLoopback: Bool {
    switch kind {
    case .ipv4(let address, _): UInt32(bigEndian: address) >> 24 == 127
    case .ipv6(let high, let low, _, _):
      high == 0 && (UInt64(bigEndian: low) == 1 || UInt64(bigEndian: low) >> 24 == 0xffff7f)
    case .unix: true
    }
  }

  /// The address without the port: `127.0.0.1`, `::1`, `unix`. An IPv4 address that came mapped into IPv6 is shown as IPv4.
  package var host: String {
    switch kind {
    case .ipv4(let address, _): Self.text(ipv4: address)
    case .ipv6(let high, let low, _, _):
      high == 0 && UInt64(bigEndian: low) >> 32 == 0xffff ? Self.text(ipv4: UInt32(truncatingIfNeeded: low >> 32)) : Self.text(high, low)
    case .unix: "unix"
    }
  }

  package var description: String {
    switch kind {
    case .ipv4(let address, let port): "\(Self.text(ipv4: address)):\(port)"
    case .ipv6(let high, let low, _, let port): "[\(Self.text(high, low))]:\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  private static func text(ipv4 address: UInt32) -> String {
    let host = UInt32(bigEndian: address)
    return "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255)"
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    var bytes = (high, low)
    // SAFETY: inet_ntop reads the 16 bytes and writes at most INET6_ADDRSTRLEN with a closing NUL.
    return unsafe String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        unsafe inet_ntop(AF_INET6, &bytes, text.baseAddress, socklen_t(INET6_ADDRSTRLEN)) == nil ? 0 : strlen(text.baseAddress!)
      }
    }
  }
}

// MARK: - The kernel's form

extension SocketAddress {
  var family: Int32 {
    switch kind {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// Lends the address in the kernel's form.
  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var storage = sockaddr_storage()
    let length = unsafe withUnsafeMutableBytes(of: &storage) { unsafe write(to: $0) }
    // SAFETY: sockaddr_storage is at least as large and as aligned as every sockaddr.
    return unsafe withUnsafePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
    }
  }

  private func write(to bytes: UnsafeMutableRawBufferPointer) -> socklen_t {
    switch kind {
    case .ipv4(let address, let port):
      var value = sockaddr_in()
      value.sin_family = sa_family_t(AF_INET)
      value.sin_port = port.bigEndian
      value.sin_addr.s_addr = address
      unsafe bytes.storeBytes(of: value, as: sockaddr_in.self)
      return socklen_t(MemoryLayout<sockaddr_in>.size)
    case .ipv6(let high, let low, let scope, let port):
      var value = sockaddr_in6()
      value.sin6_family = sa_family_t(AF_INET6)
      value.sin6_port = port.bigEndian
      value.sin6_scope_id = scope
      var address = (high, low)
      unsafe withUnsafeMutableBytes(of: &value.sin6_addr) { target in
        unsafe withUnsafeBytes(of: &address) { unsafe target.copyMemory(from: $0) }
      }
      unsafe bytes.storeBytes(of: value, as: sockaddr_in6.self)
      return socklen_t(MemoryLayout<sockaddr_in6>.size)
    case .unix(let path):
      unsafe bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
      unsafe bytes[MemoryLayout<sa_family_t>.size...].copyBytes(from: path.utf8)
      return socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count + 1)
    }
  }

  /// Reads what the kernel wrote, of the families that we know. An unnamed unix peer has the empty path.
  init?(_ storage: sockaddr_storage) {
    let family = Int32(storage.ss_family)
    let kind: Kind? = unsafe withUnsafeBytes(of: storage) { bytes in
      switch family {
      case AF_INET:
        let value = unsafe bytes.load(as: sockaddr_in.self)
        return .ipv4(address: value.sin_addr.s_addr, port: UInt16(bigEndian: value.sin_port))
      case AF_INET6:
        let value = unsafe bytes.load(as: sockaddr_in6.self)
        let high = unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        let low = unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        return .ipv6(high: high, low: low, scope: value.sin6_scope_id, port: UInt16(bigEndian: value.sin6_port))
      case AF_UNIX:
        let path = unsafe bytes[MemoryLayout<sa_family_t>.size...].prefix { $0 != 0 }
        return unsafe .unix(path: String(decoding: path, as: UTF8.self))
      // Not a path: peers on paths are of this machine, and trusted as such.
      default: return nil
      }
    }
    guard let kind else { return nil }
    self.kind = kind
  }

  /// The address a socket is bound to.
  static func local(of descriptor: Int32) throws(TransportError) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // SAFETY: the kernel writes at most `length` bytes into the storage.
    let code = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
    }
    guard code == 0 else { throw TransportError.last("getsockname") }
    guard let address = SocketAddress(storage) else { throw TransportError(.system, "getsockname: family \(storage.ss_family)") }
    return address
  }
}
