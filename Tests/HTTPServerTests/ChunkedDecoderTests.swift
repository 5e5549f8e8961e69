import Testing

@testable import HTTPServer

@Suite("Chunked bodies") struct ChunkedDecoderTests {
  enum Outcome: Equatable {
    case refused(HTTPError.Code)
    case incomplete
    /// The body, and the bytes left for the next request.
    case done(String, left: Int)
  }

  static func outcome(_ bytes: [UInt8], cuts: [Int], limit: Int) -> Outcome {
    var decoder = ChunkedDecoder()
    var body: [UInt8] = []
    var start = 0
    do throws(HTTPError) {
      for end in cuts + [bytes.count] where end > start {
        start += try decoder.decode(Array(bytes[start..<end]).span, into: &body, limit: limit)
        if decoder.isDone { return .done(String(decoding: body, as: UTF8.self), left: bytes.count - start) }
      }
      return .incomplete
    } catch {
      return .refused(error.code)
    }
  }

  static func outcomeAtEverySplit(_ text: String, limit: Int = 100) -> Outcome {
    let bytes = Array(text.utf8)
    let whole = outcome(bytes, cuts: [], limit: limit)
    for cut in 1..<max(bytes.count, 2) {
      #expect(outcome(bytes, cuts: [cut], limit: limit) == whole, "split at \(cut) of \(text.debugDescription)")
    }
    #expect(outcome(bytes, cuts: Array(1..<max(bytes.count, 2)), limit: limit) == whole, "byte by byte")
    return whole
  }

  @Test(
    "Chunks are put together at every split",
    arguments: [
      ("0\r\n\r\n", "", 0), ("5\r\nhello\r\n0\r\n\r\n", "hello", 0), ("5\r\nhello\r\n6\r\n world\r\n000\r\n\r\nGET", "hello world", 3),
      ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0), ("00000005;a=\"b\";c\r\nhello\r\n0;x\r\nT: 1\r\nU:\r\n\r\n", "hello", 0),
      ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 0), ("5 \t; a = \"b\"\r\nhello\r\n0 ;x\r\n\r\n", "hello", 0),
    ]) func decodes(_ text: String, _ body: String, _ left: Int)
  {
    #expect(Self.outcomeAtEverySplit(text) == .done(body, left: left))
  }

  @Test(
    "Whatever is not exactly a chunk is refused at every split",
    arguments: [
      "\r\n", "g\r\n", "-1\r\n", "+5\r\nhello", " 5\r\nhello", "5 \r\nhello", "5 5\r\nhello", "5\t\r\n", "0 x;\r\n\r\n", "0x5\r\nhello",
      "5\nhello\n0\n\n", "5\r\nhello0\r\n\r\n",
      "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "000000005\r\nhello", "fffffffff\r\n", ";a\r\n",
      "5;a\nb\r\nhello", "5;\u{0}\r\nhello", "0\r\n: x\r\n\r\n", "0\r\nnocolon\r\n\r\n", "0\r\n folded: x\r\n\r\n", "0\r\nA : x\r\n\r\n",
      "0\r\n\n", "0\r\nA: b\n\r\n",
    ]) func refuses(_ text: String)
  {
    #expect(Self.outcomeAtEverySplit(text) == .refused(.malformed))
  }

  @Test("A body of the bound is taken, one byte more is refused at the chunk's size already") func bound() {
    #expect(Self.outcomeAtEverySplit("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", limit: 5) == .done("abcde", left: 0))
    #expect(Self.outcomeAtEverySplit("3\r\nabc\r\n3\r\n", limit: 5) == .refused(.bodyTooLarge))
    #expect(Self.outcomeAtEverySplit("ffffffff\r\n", limit: 5) == .refused(.bodyTooLarge))
  }

  @Test("Extensions and trailers are read up to their bound") func overhead() {
    let most = ChunkedDecoder.mostOverhead
    let fits = "0;" + String(repeating: "a", count: most) + "\r\n\r\n"
    #expect(Self.outcome(Array(fits.utf8), cuts: [], limit: 5) == .done("", left: 0))
    let blanks = "0" + String(repeating: " ", count: most - 1) + ";a\r\n\r\n"
    #expect(Self.outcome(Array(blanks.utf8), cuts: [], limit: 5) == .done("", left: 0))
    for over in [
      "0;" + String(repeating: "a", count: most - 3) + "\r\nA: bc\r\n\r\n", "0" + String(repeating: " ", count: most) + ";a\r\n\r\n",
    ] {
      #expect(Self.outcome(Array(over.utf8), cuts: [], limit: 5) == .refused(.malformed))
    }
  }

  @Test("Half a body is no body") func incomplete() {
    for text in ["", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello\r\n", "0\r\n", "0\r\nA: b\r\n", "0\r\n\r"] {
      #expect(Self.outcome(Array(text.utf8), cuts: [], limit: 100) == .incomplete, "\(text.debugDescription)")
    }
  }
}
