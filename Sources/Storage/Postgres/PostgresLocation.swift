package import Payments

/// Where a PostgreSQL database is and how it is reached, without the password.
package struct PostgresLocation: Hashable, Sendable, CustomStringConvertible {
  package var user: String
  /// One, or several with commas between them, which are tried in turn: the one that takes writes may be another after a fail-over.
  package var host: String
  package var port: Int
  package var name: String
  /// As libpq knows it: `verify-full` is the one that proves who answers.
  package var sslMode: String
  package var sslRootCertificate: String?

  private static let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

  var hosts: [String] { host.split(separator: ",").map(String.init) }

  /// Whether no connection without TLS will do.
  var demandsTLS: Bool { !["disable", "allow", "prefer"].contains(sslMode) }

  /// - Parameter text: `postgres://user@host[,host…][:port]/name[?sslmode=…&sslrootcert=…]`. A password never stands in it. A host that begins with `%2F` is the folder of
  ///   a Unix socket.
  package init(_ text: String) throws(InvalidValue) {
    let wrong = InvalidValue("must be postgres://USER@HOST[:PORT]/NAME, with ?sslmode= and &sslrootcert= where they are wanted")
    guard let scheme = ["postgres://", "postgresql://"].first(where: { text.hasPrefix($0) }) else { throw wrong }
    let parts = text.dropFirst(scheme.count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let place = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard place.count == 2, let at = place[0].lastIndex(of: "@") else { throw wrong }
    let who = place[0][..<at]
    guard !who.contains(":") else { throw InvalidValue("must not hold a password: use database_password_file") }
    var address = place[0][place[0].index(after: at)...]
    var port = 5432
    if let colon = address.lastIndex(of: ":"), !address[colon...].contains("]") {
      guard let number = Int(address[address.index(after: colon)...]), (1...65535).contains(number) else { throw wrong }
      port = number
      address = address[..<colon]
    }
    if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
    guard let user = Self.decoded(who), let host = Self.decoded(address), let name = Self.decoded(place[1]) else { throw wrong }
    (self.user, self.host, self.port, self.name) = (user, host, port, name)
    sslMode = "prefer"
    for pair in parts.count == 2 ? parts[1].split(separator: "&") : [] {
      let sides = pair.split(separator: "=", maxSplits: 1)
      guard sides.count == 2, let value = Self.decoded(sides[1]) else { throw wrong }
      switch sides[0] {
      case "sslmode":
        guard Self.modes.contains(value) else { throw InvalidValue("sslmode must be one of \(Self.modes.joined(separator: ", "))") }
        sslMode = value
      case "sslrootcert": sslRootCertificate = value
      default: throw InvalidValue("knows sslmode and sslrootcert, not \(sides[0])")
      }
    }
  }

  package var description: String {
    "postgres://\(user)@\(host.hasPrefix("/") ? host.replacing("/", with: "%2F") : host):\(port)/\(name)"
  }

  /// Percent-decoded, and something.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), value != 0 else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
