import Testing

/// One shape of bytes that two readers might take for two different sequences of requests, and what a server must make of it.
struct SmugglingCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  /// As they come from the socket.
  var bytes: [UInt8]
  /// Statuses of the answers, in order.
  var statuses: [Int]
  /// What handlers may see: method, path, body.
  var served: [String]
  /// Whether the connection must end after the last of the answers; what follows is then never served. Where it stays, the next request is served as itself.
  var closes: Bool

  init(_ name: String, _ text: String, _ statuses: [Int], served: [String] = [], closes: Bool) {
    (testDescription, bytes, self.statuses, self.served, self.closes) = (name, Array(text.utf8), statuses, served, closes)
  }

  /// Refused with one answer; the connection ends.
  static func refused(_ name: String, _ text: String, _ status: Int = 400) -> Self { Self(name, text, [status], closes: true) }

  /// Read as exactly these requests; the connection goes on.
  static func read(_ name: String, _ text: String, _ served: String...) -> Self {
    Self(name, text, served.map { _ in 200 }, served: served, closes: false)
  }

  /// A POST with framing fields and whatever follows its head.
  static func post(_ fields: String, _ rest: String) -> String { "POST /echo HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(rest)" }

  /// A GET with one more field.
  static func get(_ field: String) -> String { "GET /hello HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n" }

  /// A chunked POST.
  static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body) }

  /// Whether its body is one that no handler asks for, on a connection that stays where the body is here in time.
  var isUnread: Bool { !closes && served.isEmpty && headLength < bytes.count && statuses.count == 1 }

  /// Bytes up to the first empty line.
  var headLength: Int { bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? bytes.count }

  /// The request that must stay hidden.
  static let hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

  static let all = lengths + codings + chunks + lines + targets + protocols + bodies
}

// MARK: - Where the body ends

extension SmugglingCase {
  static let lengths: [Self] = [
    refused("CL.TE", post("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nG")),
    refused("TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 4", "5c\r\n" + hidden + "\r\n0\r\n\r\n")),
    refused("TE and a CL of 0", post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n")),
    refused("TE and an unreadable CL", post("Transfer-Encoding: chunked\r\nContent-Length: x", "0\r\n\r\n")),
    refused("TE and CL in HTTP/1.0", "POST /echo HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    refused("TE in HTTP/1.0", "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    refused("two CLs", post("Content-Length: 0\r\nContent-Length: 33", hidden)),
    refused("one CL twice", post("Content-Length: 33\r\nContent-Length: 33", hidden)),
    refused("two CLs in different case", post("Content-Length: 0\r\ncontent-length: 33", hidden)),
    refused("a list of CLs", post("Content-Length: 0, 33", hidden)),
    refused("a list of one CL", post("Content-Length: 33, 33", hidden)),
    refused("an empty CL", post("Content-Length:", hidden)),
    refused("a CL with a plus", post("Content-Length: +33", hidden)),
    refused("a CL with a minus", post("Content-Length: -33", hidden)),
    refused("a CL with a blank inside", post("Content-Length: 3 3", hidden)),
    refused("a hexadecimal CL", post("Content-Length: 0x21", hidden)),
    refused("a CL with a fraction", post("Content-Length: 33.0", hidden)),
    refused("a CL with an exponent", post("Content-Length: 3e1", hidden)),
    refused("a CL with an underscore", post("Content-Length: 3_3", hidden)),
    refused("a CL in quotes", post("Content-Length: \"33\"", hidden)),
    refused("a CL of other digits", post("Content-Length: \u{663}\u{663}", hidden)),
    refused("a CL of 2^63", post("Content-Length: 9223372036854775808", hidden)),
    refused("a CL of 2^64 + 33", post("Content-Length: 18446744073709551649", hidden)),
    refused("a CL of 400 digits", post("Content-Length: " + String(repeating: "9", count: 400), hidden)),
    refused("a CL of 2^63 - 1", post("Content-Length: 9223372036854775807", hidden), 413),
    refused("a CL beyond the bound", post("Content-Length: 1001", hidden), 413),
    read("a CL with leading zeros", post("Content-Length: 00000000000000000033", hidden), "POST /echo \(hidden)"),
    read("blanks around a CL", post("Content-Length: \t33\t ", hidden), "POST /echo \(hidden)"),
    // CL.0: a length on a request whose handler does not look at the body.
    read("CL.0 on GET", get("Content-Length: 33") + hidden, "GET /hello \(hidden)"),
    Self(
      "CL.0 on a method that is not allowed", "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n" + hidden, [405], closes: false
    ),
    Self("CL.0 on no resource", "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n" + hidden, [404], closes: false),
    Self("CL.0 on OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n" + hidden, [204], closes: false),
    // A chunked body that nobody reads: its end is not looked for, so the connection ends.
    Self(
      "TE.0 on no resource", "POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n21\r\n\(hidden)\r\n0\r\n\r\n", [404],
      closes: true),
    Self("TE.0 on OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [204], closes: true),
    read("a CL of 0 and a second request", post("Content-Length: 0", get("A: b")), "POST /echo ", "GET /hello "),
    read("no length and a second request", "POST /echo HTTP/1.1\r\nHost: x\r\n\r\n" + get("A: b"), "POST /echo ", "GET /hello "),
  ]

  static let codings: [Self] =
    [
      "chunked, chunked", "chunked\r\nTransfer-Encoding: chunked", "chunked, identity", "chunked\r\nTransfer-Encoding: identity",
      "identity\r\nTransfer-Encoding: chunked, chunked", "chunked, cow", "cow", "identity", "gzip", "xchunked", "chunkedx", "x chunked",
      "chunked x",
      "\"chunked\"", "'chunked'", "chunked;q=1", "chunked;", ",chunked", "chunked,", "chunked, ,", "", "\u{b}chunked", "chunked\u{b}",
      "chunked\u{0}",
      "chun\rked", "\u{a0}chunked", "\u{ff}chunked", "chunked\u{7f}", "chun\u{212a}ed", "\u{212a}chunked", "chunKed\n",
    ].map { refused("TE.TE: \($0.debugDescription)", post("Transfer-Encoding: \($0)", "0\r\n\r\n")) } + [
      refused("a coding before chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 501),
      refused("a coding before chunked, in two lines", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 501),
      read("TE in another case", post("tRANSFER-eNCODING:CHUNKED", "3\r\nabc\r\n0\r\n\r\n"), "POST /echo abc"),
      read("TE with blanks around", post("Transfer-Encoding: \tchunked \t", "3\r\nabc\r\n0\r\n\r\n"), "POST /echo abc"),
      read("TE on GET", get("Transfer-Encoding: chunked") + "21\r\n\(hidden)\r\n0\r\n\r\n", "GET /hello \(hidden)"),
      refused("a blank before TE's colon", post("Content-Length: 33\r\nTransfer-Encoding : chunked", hidden)),
      refused("a tab before TE's colon", post("Transfer-Encoding\t: chunked", hidden)),
      refused("a folded TE", post("Content-Length: 33\r\nTransfer-Encoding:\r\n chunked", hidden)),
      refused("TE behind a bare LF", post("Content-Length: 33\r\nX: x\nTransfer-Encoding: chunked", hidden)),
      refused("TE behind a bare CR", post("Content-Length: 33\r\nX: x\rTransfer-Encoding: chunked", hidden)),
      refused("TE behind a NUL", post("Content-Length: 33\r\n\u{0}Transfer-Encoding: chunked", hidden)),
      refused("TE with a BOM", post("Content-Length: 33\r\n\u{feff}Transfer-Encoding: chunked", hidden)),
      // Other names: they say nothing about the body, here as everywhere.
      read("TE with an underscore", post("Content-Length: 33\r\nTransfer_Encoding: chunked", hidden), "POST /echo \(hidden)"),
      read("CL with an underscore", post("Content_Length: 33", get("A: b")), "POST /echo ", "GET /hello "),
      read("TE in another name", post("Content-Length: 33\r\nX-Transfer-Encoding: chunked", hidden), "POST /echo \(hidden)"),
      read(
        "TE named as a field of the connection", post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        "POST /echo "),
      read(
        "CL named as a field of the connection", post("Connection: Content-Length\r\nContent-Length: 33", hidden), "POST /echo \(hidden)"),
    ]

  static let chunks: [Self] =
    [
      "-1", "+3", " 3", "3 ", "3\t", "0x3", "x", "", "3 3", "3,", "3.0", "\u{663}", "g", "3\u{0}", "\"3\"", "100000003", "000000003",
      "fffffffffffffffff3", "10000000000000003", String(repeating: "0", count: 300) + "3",
    ].map { refused("a chunk's size \($0.prefix(30).debugDescription)", chunked("\($0)\r\nabc\r\n0\r\n\r\n")) } + [
      refused("a chunk's size beyond the bound", chunked("3e9\r\n"), 413),
      refused("a chunk's size of 2^32 - 1", chunked("ffffffff\r\n"), 413),
      refused("a chunk's size and a bare LF", chunked("3\nabc\r\n0\r\n\r\n")),
      refused("a chunk's size and a bare CR", chunked("3\rabc\r\n0\r\n\r\n")),
      refused("a chunk longer than its size", chunked("3\r\nabcd\r\n0\r\n\r\n")),
      refused("a chunk shorter than its size", chunked("5\r\nabc\r\n0\r\n\r\n")),
      refused("a chunk and a bare LF", chunked("3\r\nabc\n0\r\n\r\n")), refused("a chunk and a bare CR", chunked("3\r\nabc\r0\r\n\r\n")),
      refused("a chunk and two CRs", chunked("3\r\nabc\r\r\n0\r\n\r\n")),
      read("an extension", chunked("3;a=b;c=\"d e\"\r\nabc\r\n0;x\r\n\r\n"), "POST /echo abc"),
      read("an extension behind blanks", chunked("3 \t; a = b\r\nabc\r\n0 ;x\r\n\r\n"), "POST /echo abc"),
      read("a request in an extension", chunked("3;GET /hidden HTTP/1.1\r\nabc\r\n0\r\n\r\n"), "POST /echo abc"),
      refused("an extension with a bare LF", chunked("3;a\nabc\r\n0\r\n\r\n")),
      refused("an extension with a bare CR", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n")),
      refused("an extension with a NUL", chunked("3;a\u{0}\r\nabc\r\n0\r\n\r\n")),
      refused("a huge extension", chunked("3;" + String(repeating: "a", count: 5000) + "\r\nabc\r\n0\r\n\r\n")),
      refused("many small extensions", chunked(String(repeating: "1;aaaaaaaaaaaaaaaaaaaa\r\na\r\n", count: 220) + "0\r\n\r\n")),
      read("a trailer", chunked("3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"), "POST /echo abc"),
      read(
        "forbidden trailers",
        chunked("0\r\nContent-Length: 33\r\nTransfer-Encoding: gzip\r\nHost: y\r\nCookie: from-trailer\r\nConnection: close\r\n\r\n"),
        "POST /echo "),
      refused("a huge trailer", chunked("0\r\nA: " + String(repeating: "a", count: 5000) + "\r\n\r\n")),
      refused("many trailers", chunked("0\r\n" + String(repeating: "A: b\r\n", count: 2000) + "\r\n")),
      refused("a trailer without a colon", chunked("0\r\nGET /hidden HTTP/1.1\r\n\r\n")),
      refused("a trailer without a name", chunked("0\r\n: a\r\n\r\n")),
      refused("a blank before a trailer's colon", chunked("0\r\nA : b\r\n\r\n")),
      refused("a folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n")),
      refused("a trailer with a bare LF", chunked("0\r\nA: b\n\r\n")),
      refused("a trailer with a bare CR", chunked("0\r\nA: b\rC: d\r\n\r\n")),
      refused("a trailer with a NUL", chunked("0\r\nA: \u{0}\r\n\r\n")), refused("a last chunk and a bare LF", chunked("0\r\n\n")),
      refused("a last chunk and a bare CR", chunked("0\r\n\r\r\n")),
    ]
}

// MARK: - What a line is, and what it asks for

extension SmugglingCase {
  static let lines: [Self] = [
    refused("a folded line", get("A: b\r\n c: d")), refused("a line folded with a tab", get("A: b\r\n\tc: d")),
    refused("a first line that is folded", "GET /hello HTTP/1.1\r\n Host: x\r\n\r\n"),
    refused("a blank line that is not empty", "GET /hello HTTP/1.1\r\nHost: x\r\n \r\n\r\n"),
    refused("a bare CR in a value", get("A: b\rC: d")), refused("a bare CR at a line's end", get("A: b\r\r\nC: d")),
    refused("a bare CR before a name", get("\rA: b")), refused("a bare CR as the head's end", "GET /hello HTTP/1.1\r\nHost: x\r\n\r\r\n"),
    refused("a bare LF after a field", get("A: b\nC: d")),
    refused("a bare LF after the request line", "GET /hello HTTP/1.1\nHost: x\r\n\r\n"),
    refused("a bare LF as the head's end", "GET /hello HTTP/1.1\r\nHost: x\r\n\n"),
    refused("bare LFs everywhere", "GET /hello HTTP/1.1\nHost: x\n\n"),
    refused("a bare LF before the request line", "\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("a NUL in a value", get("A: b\u{0}c")), refused("a NUL in a name", get("A\u{0}: b")),
    refused("a NUL in the target", "GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("an ESC in a value", get("A: \u{1b}[2J")), refused("a DEL in a value", get("A: \u{7f}")),
    refused("a blank before the colon", get("A : b")), refused("a tab before the colon", get("A\t: b")),
    refused("an empty name", get(": b")),
    refused("a name of a blank", get(" : b")), refused("a line without a colon", get("A")), refused("a name in quotes", get("\"A\": b")),
    refused("a slash in a name", get("A/B: c")), refused("a letter beyond ASCII in a name", get("\u{e4}: b")),
    read("an underscore in a name", get("A_B: c"), "GET /hello "), read("a value beyond ASCII", get("A: \u{e4}\u{1F600}"), "GET /hello "),
    read("one empty line before a request", "\r\n" + get("A: b") + "\r\n" + get("A: b"), "GET /hello ", "GET /hello "),
    refused("two empty lines before a request", "\r\n\r\n" + get("A: b")),
    refused("a line longer than the head's bound", get("A: " + String(repeating: "a", count: 17_000)), 431),
    refused("a name longer than the head's bound", get(String(repeating: "a", count: 17_000)), 431),
    refused("101 fields", "GET /hello HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 100) + "\r\n", 431),
    refused("a target longer than its bound", "GET /" + String(repeating: "a", count: 8192) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
  ]

  static let targets: [Self] = [
    read("an absolute target, and another Host", "GET http://y/hello HTTP/1.1\r\nHost: x\r\n\r\n", "GET /hello "),
    refused("an absolute target without Host", "GET http://y/hello HTTP/1.1\r\n\r\n"),
    refused("an absolute target and two Hosts", "GET http://y/hello HTTP/1.1\r\nHost: y\r\nHost: y\r\n\r\n"),
    refused("an absolute target with a user", "GET http://u@y/hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("an absolute target without a host", "GET http:///hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("an absolute target of another scheme", "GET ftp://y/hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("an absolute target with one slash", "GET http:/hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("an authority", "GET y:80 HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("a path without a slash", "GET hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("an asterisk with GET", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"), refused("a fragment", "GET /hello#x HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("CONNECT", "CONNECT y:443 HTTP/1.1\r\nHost: y:443\r\n\r\n", 501),
    refused("CONNECT without a port", "CONNECT y HTTP/1.1\r\nHost: y\r\n\r\n", 501),
    Self("a path of two slashes", "GET //y/hello HTTP/1.1\r\nHost: x\r\n\r\n", [404], closes: false),
    Self(
      "dots in a path", "GET /../hello HTTP/1.1\r\nHost: x\r\n\r\nGET /a/../hello HTTP/1.1\r\nHost: x\r\n\r\n", [404, 404], closes: false),
    Self("a slash that is encoded", "GET /%2Fhello HTTP/1.1\r\nHost: x\r\n\r\n", [404], closes: false),
    refused("two Hosts", "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
    refused("one Host twice", "GET /hello HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n"),
    refused("no Host", "GET /hello HTTP/1.1\r\n\r\n"), refused("an empty Host", "GET /hello HTTP/1.1\r\nHost:\r\n\r\n"),
    refused("a list of Hosts", "GET /hello HTTP/1.1\r\nHost: x, y\r\n\r\n"),
    refused("a Host with a path", "GET /hello HTTP/1.1\r\nHost: x/y\r\n\r\n"),
    refused("a Host with a user", "GET /hello HTTP/1.1\r\nHost: u@x\r\n\r\n"),
    refused("a Host with a blank", "GET /hello HTTP/1.1\r\nHost: x y\r\n\r\n"),
    refused("a Host with a port beyond", "GET /hello HTTP/1.1\r\nHost: x:99999\r\n\r\n"),
    refused("a method in small letters", "get /hello HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    refused("a tab in the request line", "GET\t/hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("two blanks in the request line", "GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("a blank behind the version", "GET /hello HTTP/1.1 \r\nHost: x\r\n\r\n"),
    refused("a blank in the target", "GET /hello x HTTP/1.1\r\nHost: x\r\n\r\n"),
    refused("a second version", "GET /hello HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n"), refused("no version", "GET /hello\r\n\r\n"),
    refused("a version without a digit", "GET /hello HTTP/1.\r\nHost: x\r\n\r\n"),
    refused("a version of three digits", "GET /hello HTTP/1.10\r\nHost: x\r\n\r\n"),
    refused("HTTP/0.9", "GET /hello HTTP/0.9\r\nHost: x\r\n\r\n", 505), refused("HTTP/3.0", "GET /hello HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    read("HTTP/1.2", "GET /hello HTTP/1.2\r\nHost: x\r\n\r\n", "GET /hello "),
  ]

  static let protocols: [Self] = [
    refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    refused("a TLS handshake", "\u{16}\u{3}\u{1}\u{0}\u{5}\u{1}\u{0}\u{0}\u{1}\u{0}"),
    read(
      "an upgrade to h2c", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"), "GET /hello "),
    Self(
      "an upgrade to h2c and its preface",
      get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__")
        + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [200, 505], served: ["GET /hello "], closes: true),
    read("an upgrade with a body", post("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 33", hidden), "POST /echo \(hidden)"),
    read("an upgrade to WebSocket", get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777"), "GET /hello "),
    Self(
      "an upgrade in HTTP/1.0", "GET /hello HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", [200], served: ["GET /hello "],
      closes: true),
  ]

  static let bodies: [Self] = [
    read("a body that did not wait for 100 Continue", post("Expect: 100-continue\r\nContent-Length: 33", hidden), "POST /echo \(hidden)"),
    refused("a body behind another expectation", post("Expect: 200-ok\r\nContent-Length: 33", hidden), 417),
    read("an empty expectation", post("Expect:\r\nContent-Length: 33", hidden), "POST /echo \(hidden)"),
    read(
      "bodies in a pipeline", post("Content-Length: 3", "abc") + chunked("3\r\ndef\r\n0\r\n\r\n") + get("A: b"), "POST /echo abc",
      "POST /echo def", "GET /hello "),
    read("a request inside a chunk", chunked("21\r\n\(hidden)\r\n0\r\n\r\n"), "POST /echo \(hidden)"),
    read(
      "half a request in each of two chunks", chunked("11\r\n\(hidden.prefix(17))\r\n10\r\n\(hidden.dropFirst(17))\r\n0\r\n\r\n"),
      "POST /echo \(hidden)"),
    read(
      "the end of chunks inside a body with a length", post("Content-Length: 38", "0\r\n\r\n" + hidden), "POST /echo 0\r\n\r\n\(hidden)"),
    refused("a chunked body beyond the bound", chunked("3e8\r\n" + String(repeating: "a", count: 1000) + "\r\n1\r\n"), 413),
    Self("close, and a request behind it", get("Connection: close"), [200], served: ["GET /hello "], closes: true),
    Self("close among others", get("Connection: foo ,Close, keep-alive"), [200], served: ["GET /hello "], closes: true),
    Self("close in a second line", get("Connection: keep-alive\r\nConnection: close"), [200], served: ["GET /hello "], closes: true),
    Self("close with a body", post("Connection: close\r\nContent-Length: 3", "abc"), [200], served: ["POST /echo abc"], closes: true),
    Self("HTTP/1.0, and a request behind it", "GET /hello HTTP/1.0\r\n\r\n", [200], served: ["GET /hello "], closes: true),
    Self(
      "HTTP/1.0 that stays, and a body", "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 33\r\n\r\n" + hidden, [200],
      served: ["POST /echo \(hidden)"], closes: false),
  ]
}
