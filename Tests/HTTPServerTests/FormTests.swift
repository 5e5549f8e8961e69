import HTTPTypes
import Testing

@testable import HTTPServer

@Suite("Forms and queries") struct FormTests {
  /// `a=1|b=2`, or the code of the refusal.
  static func read(_ type: String?, _ body: [UInt8]) -> String {
    do throws(HTTPError) {
      let request = try Request(.post, "/", fields: type.map { [.contentType: $0] } ?? [:], body: body)
      return try request.form().map { "\($0.name)=\($0.value)" }.joined(separator: "|")
    } catch {
      return error.code.rawValue
    }
  }

  static func read(_ type: String?, _ body: String) -> String { read(type, Array(body.utf8)) }

  @Test("A form has at most 500 fields, and what is empty between them is none", arguments: ["", "&", "&&&&"])
  func mostFields(_ tail: String) throws {
    let most = Array(repeating: "a=b", count: 500).joined(separator: "&&") + tail
    #expect(try URLEncodedForm.parse(most.utf8).count == 500)
    #expect(throws: HTTPError(.malformed, "The form has more than 500 fields.")) { try URLEncodedForm.parse((most + "&c").utf8) }
  }

  @Test(
    "Urlencoded fields are decoded in order, duplicates kept",
    arguments: [
      ("", ""), ("a=1&b=2&a=3", "a=1|b=2|a=3"), ("a", "a="), ("=", "="), ("&&a=1&", "a=1"), ("a=b=c", "a=b=c"),
      ("a+b=c+%2B%20d", "a b=c + d"),
      ("%D1%82=%c3%A9", "т=é"), ("pg_params%5Ba%5D=1", "pg_params[a]=1"), ("a=\u{e9}", "a=é"),
      ("a=%", "malformed"), ("a=%4", "malformed"), ("a=%4g", "malformed"), ("a=%ff", "malformed"), ("a=%00", "malformed"),
      ("a=\u{0}", "malformed"),
      ("%C3=%A9", "malformed"),
    ]) func urlencoded(_ body: String, _ expected: String) throws
  {
    #expect(Self.read("application/x-www-form-urlencoded", body) == expected)
    // A query is read the same.
    let request = Request(head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: nil), segments: [], query: body)
    let query: String
    do throws(HTTPError) {
      query = try request.queryFields().map { "\($0.name)=\($0.value)" }.joined(separator: "|")
    } catch {
      query = error.code.rawValue
    }
    #expect(query == expected)
  }

  @Test("No query has no fields") func noQuery() throws {
    #expect(try Request(.get, "/").queryFields() == [])
  }

  @Test("Fields up to the bound are read, one more is refused") func fieldBound() {
    let most = URLEncodedForm.mostFields
    #expect(
      Self.read("application/x-www-form-urlencoded", Array(repeating: "a", count: most).joined(separator: "&")).split(separator: "|").count
        == most)
    #expect(Self.read("application/x-www-form-urlencoded", Array(repeating: "a", count: most + 1).joined(separator: "&")) == "malformed")
  }

  @Test(
    "The Content-Type decides",
    arguments: [
      (nil, "", ""), (nil, "a=1", "unsupported_media_type"), ("text/plain", "a=1", "unsupported_media_type"),
      ("APPLICATION/x-www-form-urlencoded;charset=UTF-8", "a=1", "a=1"),
      ("application/x-www-form-urlencoded; charset=\"utf-8\"", "a=1", "a=1"),
      ("application/x-www-form-urlencoded; charset=windows-1251", "a=1", "unsupported_media_type"),
      ("application/x-www-form-urlencoded; =x", "a=1", "malformed"), ("application/x-www-form-urlencoded; a=b; a=c", "a=1", "malformed"),
      ("application/x-www-form-urlencoded, text/plain", "a=1", "malformed"), ("", "a=1", "malformed"),
    ] as [(String?, String, String)]) func types(_ type: String?, _ body: String, _ expected: String)
  {
    #expect(Self.read(type, body) == expected)
  }

  static func part(_ name: String, _ value: String, _ extra: String = "") -> String {
    "--XX\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\(extra)\r\n\(value)\r\n"
  }

  @Test(
    "Multipart fields are read in order, duplicates kept",
    arguments: [
      ("--XX--\r\n", ""),
      ("--XX--", ""),
      (part("a", "1") + part("b", "") + part("a", "é\r\nx") + "--XX--\r\n", "a=1|b=|a=é\r\nx"),
      ("\r\n" + part("a", "1") + "--XX--", "a=1"),
      (part("a", " --XX") + "--XX--\r\n", "a= --XX"),
      ("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n" + part("b", "2") + "--XX--\r\n", "a=|b=2"),
      (part("a", "\r\n--X\r\n-XX\r") + "--XX--\r\n", "a=\r\n--X\r\n-XX\r"),
      (part("a\\\"b", "1") + "--XX--\r\n", "a\"b=1"),
      (
        part("a", "1", "Content-Type: text/plain; charset=UTF-8\r\nContent-Length: 1\r\nContent-Transfer-Encoding: 8bit\r\n")
          + "--XX--\r\n", "a=1"
      ),
      ("--XX \t\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--XX-- \t\r\n", "a=1"),
      ("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n--XX--", "a="),
    ]) func multipart(_ body: String, _ expected: String)
  {
    #expect(Self.read("multipart/form-data; boundary=XX", body) == expected)
  }

  @Test(
    "A multipart form that two readers could read in two ways is refused",
    arguments: [
      "", "x", "--XY--", "preamble\r\n" + part("a", "1") + "--XX--", part("a", "1"), part("a", "1") + "--XX", part("a", "1") + "--XX-",
      part("a", "1") + "--XX--epilogue", part("a", "1") + "--XX--\r\nx", part("a", "1") + "--XXy\r\n",
      "--XX\nContent-Disposition: form-data; name=a\n\n1\n--XX--", part("a", "--XX") + "--XX--\r\n", part("a", "--XXy") + "--XX--\r\n",
      "--XX\r\n\r\n1\r\n--XX--", "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--XX--",
      part("a", "1", "Content-Disposition: form-data; name=b\r\n") + "--XX--",
      "--XX\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n1\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=a; filename*=utf-8''b\r\n\r\n1\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name*=utf-8''a\r\n\r\n1\r\n--XX--",
      part("a", "1", "Content-Type: text/plain; charset=koi8-r\r\n") + "--XX--",
      part("a", "1", "Content-Transfer-Encoding: base64\r\n") + "--XX--",
      part("a", "1", " folded\r\n") + "--XX--", part("a", "1", "X : y\r\n") + "--XX--", part("a", "1", "X: \u{1}\r\n") + "--XX--",
      part("a", "\u{0}") + "--XX--",
      part("a", "1", "X: " + String(repeating: "x", count: MultipartForm.longestLine - 2) + "\r\n") + "--XX--",
    ]) func multipartRefused(_ body: String)
  {
    #expect(Self.read("multipart/form-data; boundary=XX", body) == "malformed")
  }

  @Test("A value that is not UTF-8 is refused") func invalidUTF8() {
    let body = Array("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n".utf8) + [0xff] + Array("\r\n--XX--".utf8)
    #expect(Self.read("multipart/form-data; boundary=XX", body) == "malformed")
  }

  @Test("Parts, lines and fields of parts are bounded, on both sides") func multipartBounds() {
    let most = String(repeating: Self.part("a", "1"), count: MultipartForm.mostParts)
    #expect(Self.read("multipart/form-data; boundary=XX", most + "--XX--").split(separator: "|").count == MultipartForm.mostParts)
    #expect(Self.read("multipart/form-data; boundary=XX", most + Self.part("a", "1") + "--XX--") == "malformed")
    let line = "X: " + String(repeating: "x", count: MultipartForm.longestLine - 3) + "\r\n"
    #expect(Self.read("multipart/form-data; boundary=XX", Self.part("a", "1", line) + "--XX--") == "a=1")
    let fields = String(repeating: "X: y\r\n", count: MultipartForm.mostPartFields - 1)
    #expect(Self.read("multipart/form-data; boundary=XX", Self.part("a", "1", fields) + "--XX--") == "a=1")
    #expect(Self.read("multipart/form-data; boundary=XX", Self.part("a", "1", fields + "X: y\r\n") + "--XX--") == "malformed")
  }

  @Test("The boundary is judged") func boundaries() {
    for (boundary, isGood) in [
      ("", false), (String(repeating: "b", count: 70), true), (String(repeating: "b", count: 71), false), ("\"a b\"", true),
      ("\"a \"", false), ("a?b", false),
      ("\"a?b'()+_,-./:=\"", true), ("\"a;b\"", false),
    ] {
      let plain = boundary.replacing("\"", with: "")
      #expect(Self.read("multipart/form-data; boundary=\(boundary)", "--\(plain)--") == (isGood ? "" : "malformed"), "\(boundary)")
    }
    #expect(Self.read("multipart/form-data", "--XX--") == "malformed")
  }

  @Test("Cut anywhere, a form is never read as a shorter one") func cutOff() {
    let whole = Array((Self.part("a", "1") + Self.part("b", "2") + "--XX--").utf8)
    #expect(Self.read("multipart/form-data; boundary=XX", whole) == "a=1|b=2")
    for end in 0..<whole.count {
      #expect(Self.read("multipart/form-data; boundary=XX", Array(whole[..<end])) == "malformed", "cut at \(end)")
    }
  }
}

@Suite("Dates and ids") struct DateTests {
  @Test(
    "A date is written as HTTP wants it",
    arguments: [
      (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
      (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
    ]) func date(_ seconds: Int64, _ text: String)
  {
    #expect(HTTPDate.text(secondsSince1970: seconds) == text)
  }

  @Test("Ids are 32 hexadecimal digits and differ") func ids() {
    var (one, other) = (RequestIDs(), RequestIDs())
    let ids = (0..<1000).flatMap { _ in [one.next().text, other.next().text] }
    #expect(Set(ids).count == 2000)
    #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
  }
}
