import Testing

@testable import FreedomPay

@Suite("Captured messages")
struct CapturedMessageTests {
  static let urlencoded = Capture.body(Capture.result)
  static let text = String(decoding: urlencoded, as: UTF8.self)
  static let xml = String(decoding: XMLWriter.document(Capture.result), as: UTF8.self)
  static let multipart = String(
    decoding: MultipartForm.bytes(FormName.flat(Capture.result), boundary: "bound-1"), as: UTF8.self)

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var form = CapturedMessage.Form.urlencoded
    var path: String?

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "body", text: text), Case(name: "body with a line end", text: "\(text)\r\n"), Case(name: "query", text: "?\(text)"),
    Case(name: "byte order mark", text: "\u{FEFF}\(text)"),
    Case(name: "URL", text: "https://shop/x/callback?\(text)#top", path: "https://shop/x/callback"),
    Case(name: "path", text: "/x/callback?\(text)", path: "/x/callback"),
    Case(name: "multipart", text: multipart, form: .multipart),
    Case(name: "multipart with bare line ends", text: multipart.replacing("\r\n", with: "\n"), form: .multipart),
    Case(name: "XML", text: xml, form: .xml), Case(name: "XML request", text: xml.replacing("response>", with: "request>"), form: .xml),
    Case(name: "XML of another encoding's name", text: xml.replacing("utf-8", with: "windows-1251"), form: .xml),
    Case(name: "pg_xml", text: URLEncodedForm.text([("pg_xml", xml)]), form: .xml),
    Case(name: "JSON", text: json, form: .json),
    Case(name: "GET", text: "GET /cb/result?\(text) HTTP/1.1\r\nHost: a\r\n\r\n", path: "/cb/result"),
    Case(name: "GET without its end", text: "GET /cb/result?\(text) HTTP/1.1", path: "/cb/result"),
    Case(name: "POST", text: "POST /cb/result?a=1 HTTP/1.1\r\nHost: a\r\n\r\n\(text)", path: "/cb/result"),
    Case(name: "POST with bare line ends", text: "POST /cb/result HTTP/1.1\nHost: a\n\n\(text)\n", path: "/cb/result"),
    Case(name: "multipart POST", text: "POST /r HTTP/1.1\r\nA: b\r\n\r\n\(multipart)", form: .multipart, path: "/r"),
    Case(name: "answer", text: "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n\(xml)", form: .xml),
    Case(name: "HTTP/2 answer", text: "HTTP/2 200\r\nServer: a\r\n\r\n\(xml)", form: .xml), Case(name: "chunks", text: chunked, form: .xml),
  ]

  static let json =
    "{ "
    + Capture.result.all.map { field in
      guard case .text(let text) = field.value else { return "" }
      return "\"\(field.name)\" : \"\(text.replacing("№", with: #"\u2116"#).replacing("&", with: #"\u0026"#))\""
    }.joined(separator: ",\n") + "}"

  static let chunked: String = {
    let bytes = Array(xml.utf8)
    let pieces = [bytes[..<100], bytes[100...]].map {
      "\(String($0.count, radix: 16))\r\n".utf8 + Array($0) + "\r\n".utf8
    }
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      + String(decoding: Array(pieces.joined()) + "0\r\n\r\n".utf8, as: UTF8.self)
  }()

  @Test("every form of a capture gives the same fields", arguments: cases)
  func forms(_ item: Case) throws {
    let message = try CapturedMessage(Array(item.text.utf8))
    #expect(message.fields == Capture.result)
    #expect(message.form == item.form && message.path == item.path && message.isUTF8)
  }

  @Test("JSON keeps order, twins, nesting and the text of numbers")
  func json() throws {
    let text = #"{"b": 20.0, "a": [{"x": 1}, true], "a": null, "e": "\"\\\/\n\ud83d\ude00", "o": {}}"#
    let fields = try CapturedMessage(Array(text.utf8)).fields
    #expect(
      fields
        == message(["b": "20.0", "a": ["0": ["x": "1"], "1": "1"], "a": "", "e": "\"\\/\n😀", "o": .nested(Fields())]))
  }

  struct Bad: Sendable {
    var text: String
    var reason: String
  }

  @Test(
    "what is no message is refused with one reason, and nothing of it is quoted",
    arguments: [
      Bad(text: "", reason: "is empty"), Bad(text: "\r\n \n", reason: "is empty"),
      Bad(text: "sig-a8a4d5a9188f24038a14a4d65c387bf7", reason: "is no form, query, URL, multipart body, XML, JSON or HTTP message"),
      Bad(text: "https://shop/x", reason: "is an address without a query"),
      Bad(text: "GET /x HTTP/1.1\r\n\r\n", reason: "is an address without a query"),
      Bad(text: "HTTP/1.1 200 OK\r\n\r\n", reason: "is an answer without a body"),
      Bad(text: "HTTP/1.1 200 OK", reason: "is an answer without a body"),
      Bad(text: "<html><body>502</body></html>", reason: "is an HTML page, no message"),
      Bad(text: "<a><b></a>", reason: "is XML that is not well-formed"),
      Bad(text: "<!DOCTYPE a><a><b>1</b></a>", reason: "is XML with a document type, which is never read"),
      Bad(text: "<a/>", reason: "holds no field"), Bad(text: "{}", reason: "holds no field"),
      Bad(text: "{\"a\": x}", reason: "is JSON that is not well-formed"),
      Bad(text: "{\"a\": \"b\"", reason: "is JSON that is not well-formed"),
      Bad(text: "{\"a\": \"\\ud83d\"}", reason: "is JSON that is not well-formed"),
      Bad(text: "--b\r\nX: y\r\n\r\n1\r\n--b--\r\n", reason: "is a multipart body with a part that has no name"),
      Bad(text: "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", reason: "is a multipart body without an end"),
      Bad(text: String(repeating: "a=1&", count: 501), reason: "has more than 500 fields"),
      Bad(text: String(repeating: "a", count: 1 << 20) + "=", reason: "is longer than 1048576 bytes"),
      Bad(text: String(repeating: "{\"a\":", count: 17) + "1" + String(repeating: "}", count: 17), reason: "is JSON nested deeper than 16"),
    ])
  func refused(_ bad: Bad) {
    #expect(throws: CaptureError(bad.reason)) { try CapturedMessage(Array(bad.text.utf8)) }
  }

  @Test("500 fields and 1 MiB are still a message")
  func bounds() throws {
    #expect(try CapturedMessage(Array(String(repeating: "a=1&", count: 500).utf8)).fields.all.count == 500)
    #expect(try CapturedMessage(Array((String(repeating: "a", count: (1 << 20) - 1) + "=").utf8)).fields.all.count == 1)
  }

  @Test("no cut of a message is a crash")
  func cuts() {
    for item in Self.cases {
      let bytes = Array(item.text.utf8)
      for end in stride(from: 0, to: bytes.count, by: 3) { _ = try? CapturedMessage(Array(bytes[..<end])) }
    }
  }
}
