import HTTPTypes
import Testing
import Transport

@testable import HTTPServer

/// Forms, queries and JSON are read from whole buffers, which the connection gathers. So they are cut where the bytes come in: on the socket, in two pieces at every
/// place. What a handler gets must be the same. (The acquirer's XML comes as such a field, `pg_xml`, or as an answer that libcurl gathers.)
@Suite("Requests in two pieces") struct SplitFormTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var request: String
    var seen: String

    static func post(_ name: String, _ type: String, _ body: String, _ seen: String) -> Self {
      let head = "POST /form?q=%D1%82+1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: \(type)\r\n"
      return Self(testDescription: name, request: "\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)", seen: "q=т 1;\(seen)")
    }
  }

  static let multipart =
    "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nт\r\n--X\r\n--XX\r\ncontent-disposition: form-data; name=b\r\n\r\n--XX--\r\n"

  static let cases: [Case] = [
    .post(
      "urlencoded", "application/x-www-form-urlencoded", "a=%D1%82&b=+%2B&pg_xml=%3Cr%3E%3Ca%3E1%3C%2Fa%3E%3C%2Fr%3E",
      "a=т;b= +;pg_xml=<r><a>1</a></r>"),
    .post("multipart", "multipart/form-data; boundary=XX", multipart, "a=т\r\n--X;b="),
    .post("JSON", "application/json", #"{"order_id":"т","amount":1}"#, #"{"order_id":"т","amount":1}"#),
    Case(
      testDescription: "chunked urlencoded",
      request: "POST /form?q=%D1%82+1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n4;x=y\r\na=%D\r\n5\r\n1%82&\r\n2\r\nb=\r\n0\r\nA: b\r\n\r\n", seen: "q=т 1;a=т;b="),
  ]

  /// Answers with the fields that it sees.
  static let routes = [
    Route(.post, "/form") { request in
      do throws(HTTPError) {
        var seen = try request.queryFields()
        let isJSON = request.head.fields[.contentType] == "application/json"
        if !isJSON { seen += try request.form() }
        let texts = seen.map { "\($0.name)=\($0.value)" } + (isJSON ? [String(decoding: request.body, as: UTF8.self)] : [])
        return Response(status: .ok, contentType: "text/plain; charset=utf-8", text: texts.joined(separator: ";"))
      } catch {
        return error.response(requestID: request.id)
      }
    }
  ]

  @Test("A handler sees the same, wherever the bytes were cut", arguments: cases) func everySplit(_ test: Case) async throws {
    try await withServer(Self.routes) { server in
      let bytes = Array(test.request.utf8)
      let witness = try WireClient(server.address)
      for cut in 1...bytes.count {
        let client = try WireClient(server.address)
        try client.send(Array(bytes[..<cut]))
        // When the loop has answered the witness, it has read the first piece.
        try witness.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
        try #require(try witness.readAnswer()?.status == 204)
        try client.send(Array(bytes[cut...]))
        #expect(try client.readAnswer()?.body == test.seen, "cut at \(cut)")
      }
    }
  }
}
