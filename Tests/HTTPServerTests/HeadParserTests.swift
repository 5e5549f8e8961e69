import HTTPTypes
import Testing

@testable import HTTPServer

@Suite("Heads") struct HeadParserTests {
  /// What came of a head: the head, or the code of the refusal.
  enum Outcome: Equatable {
    case refused(HTTPError.Code)
    case read(method: String, path: String, framing: BodyFraming, keepsAlive: Bool)
    case incomplete
  }

  /// Feeds the bytes in the pieces given, as they would come from a socket, and stops at the first result.
  static func outcome(_ bytes: [UInt8], cuts: [Int], limits: ServerLimits = ServerLimits()) -> Outcome {
    var scanner = HeadScanner()
    do throws(HTTPError) {
      for end in cuts + [bytes.count] {
        let piece = Array(bytes[..<end])
        guard let found = try scanner.find(in: piece.span, limits: limits) else { continue }
        let head = try HeadParser.parse(piece.span, found.start..<found.end, limits: limits)
        return .read(method: head.method.rawValue, path: head.target.path, framing: head.framing, keepsAlive: head.keepsAlive)
      }
      return .incomplete
    } catch {
      return .refused(error.code)
    }
  }

  /// The outcome at every split in two, and byte by byte, which must all be the same.
  static func outcomeAtEverySplit(_ text: String, limits: ServerLimits = ServerLimits()) -> Outcome {
    let bytes = Array(text.utf8)
    let whole = outcome(bytes, cuts: [], limits: limits)
    for cut in 0..<bytes.count {
      #expect(outcome(bytes, cuts: [cut], limits: limits) == whole, "split at \(cut) of \(text.debugDescription)")
    }
    #expect(outcome(bytes, cuts: Array(0..<bytes.count), limits: limits) == whole, "byte by byte: \(text.debugDescription)")
    return whole
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var outcome: Outcome
    var testDescription: String { text.debugDescription }

    init(_ text: String, _ outcome: Outcome) {
      self.text = text
      self.outcome = outcome
    }

    init(_ text: String, _ code: HTTPError.Code) { self.init(text, .refused(code)) }

    init(_ text: String, _ method: String, _ path: String, _ framing: BodyFraming = .none, keeps: Bool = true) {
      self.init(text, .read(method: method, path: path, framing: framing, keepsAlive: keeps))
    }
  }

  static let good = [
    Case("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/"),
    Case("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/"),
    Case("GET /a/b?c=d&e HTTP/1.1\r\nhOST:x:8080\r\n\r\n", "GET", "/a/b?c=d&e"),
    Case("GET / HTTP/1.1\r\nHost: [::1]:8080 \t\r\nA:\r\nB: \t \r\nC: \u{e9}\r\n\r\n", "GET", "/"),
    Case("GET / HTTP/1.1\r\nHost: x:\r\n\r\n", "GET", "/"),
    Case("GET / HTTP/1.9\r\nHost: x\r\n\r\n", "GET", "/"),
    Case("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", "POST", "/x", .length(5)),
    Case("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0005\r\n\r\n", "POST", "/x", .length(5)),
    Case("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "POST", "/x"),
    Case("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n", "POST", "/x", .chunked),
    Case("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", "GET", "/", keeps: false),
    Case("GET / HTTP/1.0\r\n\r\n", "GET", "/", keeps: false),
    Case("GET / HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n", "GET", "/"),
    Case("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET", "/", keeps: false),
    Case("GET http://y:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/a?b"),
    Case("GET HTTPS://y HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/"),
    Case("GET http://y?q HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/?q"),
    Case("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS", "*"),
    Case("GET /../a/./b HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/../a/./b"),
    Case("POST / HTTP/1.0\r\nExpect: nonsense\r\nContent-Length: 1\r\n\r\n", "POST", "/", .length(1), keeps: false),
    Case("POST / HTTP/1.1\r\nHost: x\r\nExpect:\r\nExpect: 100-continue\r\nExpect: ,100-Continue ,\r\n\r\n", "POST", "/"),
    Case("GET / HTTP/1.1\r\nHost: x\r\nConnection:, close,,\r\n\r\n", "GET", "/", keeps: false),
  ]

  static let bad = [
    // The request line
    Case("get / HTTP/1.1\r\nHost: x\r\n\r\n", .notImplemented),
    Case("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", .notImplemented),
    Case("CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", .notImplemented),
    Case("GET / HTTP/2.0\r\nHost: x\r\n\r\n", .versionNotSupported),
    Case("PRI * HTTP/2.0\r\n\r\n", .versionNotSupported),
    Case("GET / HTTP/0.9\r\nHost: x\r\n\r\n", .versionNotSupported),
    Case("GET / HTTP/1.10\r\nHost: x\r\n\r\n", .malformed),
    Case("GET / http/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1x1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /\r\n\r\n", .malformed),
    Case("GET\r\n\r\n", .malformed),
    Case("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case(" GET / HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("G{T / HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET a HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET * HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /\u{7f} HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("{ / HTTP/1.1\r\nHost: x", .malformed),
    Case("\r\n{ / HTTP/1.1\r\nHost: x", .malformed),
    // Ends of lines
    Case("GET / HTTP/1.1\nHost: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\n\n", .malformed),
    Case("\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\rHost: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\r\nHost: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\n\rA: b\r\n\r\n", .malformed),
    // Fields
    Case("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\n\tfolded: y\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost : x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost\t: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\nnocolon\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\nA(b): c\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\n\u{e9}: c\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\nA: \u{0}\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\nA: \u{1}\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\nA: \u{7f}\r\n\r\n", .malformed),
    // Host
    Case("GET / HTTP/1.1\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost:\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x:65536\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: x:8a\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", .malformed),
    Case("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", .malformed),
    Case("GET http://y/ HTTP/1.1\r\n\r\n", .malformed),
    // Lengths
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5 5\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5.0\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775808\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \u{661}\r\n\r\n", .malformed),
    // Codings
    Case("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", .malformed),
    Case("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked,\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .notImplemented),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked;a=b\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n", .expectationFailed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue, 200-ok\r\n\r\n", .expectationFailed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nExpect: 100-continue=1\r\n\r\n", .expectationFailed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked, chunked\r\n\r\n", .malformed),
    Case("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: , chunked\r\n\r\n", .malformed),
  ]

  @Test("A sound head is read the same at every split", arguments: good) func reads(_ test: Case) {
    #expect(Self.outcomeAtEverySplit(test.text) == test.outcome)
  }

  @Test("A doubtful head is refused the same at every split", arguments: bad) func refuses(_ test: Case) {
    #expect(Self.outcomeAtEverySplit(test.text) == test.outcome)
  }

  @Test(
    "A body is waited for where 100-continue is expected, and an empty list expects nothing",
    arguments: [
      ("Expect: 100-continue", true), ("Expect: 100-CONTINUE, ,100-continue", true), ("Expect:\r\nExpect: 100-continue", true),
      ("Expect:", false), ("Expect: ,, ,", false), ("A: b", false),
    ]) func expectations(_ field: String, _ expected: Bool) throws
  {
    let bytes = Array("POST / HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n".utf8)
    #expect(try HeadParser.parse(bytes.span, 0..<bytes.count, limits: ServerLimits()).expectsContinue == expected)
  }

  @Test("An absolute target brings its own host") func absolute() throws {
    let bytes = Array("GET http://y:80/a HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
    let head = try HeadParser.parse(bytes.span, 0..<bytes.count, limits: ServerLimits())
    #expect(head.authority == "y:80")
    #expect(head.target.segments == ["a"])
  }

  @Test("Fields keep their order, their duplicates and their bytes") func fields() throws {
    let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nAccept: a\r\nx-a:  2 \r\nX-B: caf".utf8) + [0xe9] + Array("\r\n\r\n".utf8)
    let head = try HeadParser.parse(bytes.span, 0..<bytes.count, limits: ServerLimits())
    #expect(head.fields.all.map(\.name.canonicalName) == ["host", "x-a", "accept", "x-a", "x-b"])
    #expect(head.fields[values: HTTPField.Name("X-A")!] == ["1", "2"])
    let raw = try #require(head.fields.all.last)
    unsafe raw.withUnsafeBytesOfValue { #expect(unsafe Array($0) == Array("caf".utf8) + [0xe9]) }
  }

  @Test(
    "A caller's id is taken where it can be shown",
    arguments: [
      ("abc-1", "abc-1"), (String(repeating: "a", count: 64), String(repeating: "a", count: 64)),
      (String(repeating: "a", count: 65), nil),
      ("", nil), ("a b", nil), ("a\"b", nil), ("a'b", nil), ("caf\u{e9}", nil), ("a\r\nX-Request-Id: b", nil),
    ] as [(String, String?)]) func callerID(_ value: String, _ expected: String?) throws
  {
    let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: \(value)\r\n\r\n".utf8)
    let head = try HeadParser.parse(bytes.span, 0..<bytes.count, limits: ServerLimits())
    #expect(head.requestID == expected)
  }

  @Test("Segments are split, then decoded") func segments() throws {
    for (path, segments, query) in [
      ("/", [], nil), ("/a", ["a"], nil), ("/a/", ["a", ""], nil), ("//a", ["", "a"], nil),
      ("/a%2Fb/c%20d?x=/y?z", ["a/b", "c d"], "x=/y?z"),
      ("/%C3%A9+", ["\u{e9}+"], nil), ("/./../%2e", [".", "..", "."], nil), ("/?", [], ""),
    ] as [(String, [String], String?)] {
      let target = try RequestTarget(path.utf8)
      #expect(target.segments == segments, "\(path)")
      #expect(target.query == query, "\(path)")
    }
  }
}

@Suite("Bounds of heads") struct HeadBoundTests {
  static let limits = {
    var limits = ServerLimits()
    limits.headBytes = 100
    limits.targetBytes = 20
    limits.fields = 3
    return limits
  }()

  @Test("A head of exactly the bound is read, one byte more is refused") func headBytes() {
    let frame = "GET / HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n"
    let exact = frame.replacing("A: ", with: "A: " + String(repeating: "a", count: 100 - frame.utf8.count))
    let over = frame.replacing("A: ", with: "A: " + String(repeating: "a", count: 101 - frame.utf8.count))
    #expect(exact.utf8.count == 100)
    #expect(
      HeadParserTests.outcomeAtEverySplit(exact, limits: Self.limits) == .read(method: "GET", path: "/", framing: .none, keepsAlive: true))
    #expect(HeadParserTests.outcomeAtEverySplit(over, limits: Self.limits) == .refused(.headTooLarge))
  }

  @Test("A target of exactly the bound is read, one byte more is 414") func targetBytes() {
    let exact = "/" + String(repeating: "a", count: 19)
    #expect(
      HeadParserTests.outcomeAtEverySplit("GET \(exact) HTTP/1.1\r\nHost: x\r\n\r\n", limits: Self.limits)
        == .read(method: "GET", path: exact, framing: .none, keepsAlive: true))
    #expect(
      HeadParserTests.outcomeAtEverySplit("GET \(exact)a HTTP/1.1\r\nHost: x\r\n\r\n", limits: Self.limits) == .refused(.targetTooLong))
  }

  @Test("A request line without end is 414 at the bound, not before") func endlessLine() {
    let line = "GET /" + String(repeating: "a", count: 200)
    #expect(HeadParserTests.outcome(Array(line.utf8.prefix(99)), cuts: [], limits: Self.limits) == .incomplete)
    #expect(HeadParserTests.outcome(Array(line.utf8.prefix(100)), cuts: [], limits: Self.limits) == .refused(.targetTooLong))
  }

  @Test("Fields up to the bound are read, one more is 431") func fieldCount() {
    let exact = "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 1\r\n\r\n"
    #expect(
      HeadParserTests.outcomeAtEverySplit(exact, limits: Self.limits) == .read(method: "GET", path: "/", framing: .none, keepsAlive: true))
    let over = "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n"
    #expect(HeadParserTests.outcomeAtEverySplit(over, limits: Self.limits) == .refused(.headTooLarge))
  }
}
