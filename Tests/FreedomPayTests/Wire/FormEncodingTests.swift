import HTTPServer
import HTTPTypes
import Testing

@testable import FreedomPay

/// A POST as our server hands it on.
func posted(_ body: (contentType: String, bytes: [UInt8]), path: String = "/callbacks/demo/result", query: String? = nil) -> Request {
  Request(
    head: HTTPRequest(
      method: .post, scheme: "http", authority: "shop", path: path + (query.map { "?\($0)" } ?? ""),
      headerFields: [.contentType: body.contentType]),
    segments: path.split(separator: "/").map(String.init), query: query, body: body.bytes)
}

@Suite("Forms")
struct FormEncodingTests {
  static let fields = message([
    "pg_order_id": "A1", "pg_description": "Счёт \"1\" & 2=3; +100%\r\nзаказ 😀", "name with \"quote\"": "x",
    "pg_receipt_positions": ["0": ["name": "чай", "count": "2"], "1": ["name": "--x--", "count": "1"]], "own": "a", "own2": " ",
  ])

  @Test("what is written in either form is read back the same, nested receipts too", arguments: FormEncoding.allCases)
  func roundTrip(_ encoding: FormEncoding) throws {
    let read = try FormName.nested(posted(encoding.body(of: Self.fields)).form().map { (name: $0.name, text: $0.value) })
    switch encoding {
    case .urlencoded: #expect(read == Self.fields)
    case .multipart:
      // A quote in a name is percent-encoded, and nobody decodes it again; our own names have none.
      #expect(read.without(["name with %22quote%22"]) == Self.fields.without(["name with \"quote\""]))
      #expect(read.text("name with %22quote%22") == "x")
    }
  }

  @Test("the wire names of a receipt are PHP's")
  func receiptNames() {
    let names = FormName.flat(Self.fields).map(\.name)
    #expect(names.contains("pg_receipt_positions[0][name]"))
    #expect(names.contains("pg_receipt_positions[1][count]"))
  }

  @Test("bracketed names nest, [] counts, broken brackets stay plain names")
  func names() {
    let read = FormName.nested([
      ("a[x][y]", "1"), ("a[x][z]", "2"), ("m[]", "p"), ("m[]", "q"), ("b[", "3"), ("c]", "4"), ("[d]", "5"), ("e[f]g", "6"),
      ("h[[i]]", "7"),
      ("a", "8"),
    ])
    #expect(
      read
        == message([
          "a": ["x": ["y": "1", "z": "2"]], "m": ["0": "p", "1": "q"], "b[": "3", "c]": "4", "[d]": "5", "e[f]g": "6", "h[[i]]": "7",
          "a": "8",
        ]))
    let deep = "a" + String(repeating: "[b]", count: 15)
    #expect(FormName.flat(FormName.nested([(deep, "1")])).map(\.name) == [deep])
    #expect(FormName.nested([(deep, "1")]).text(deep) == nil)
    let tooDeep = deep + "[b]"
    #expect(FormName.nested([(tooDeep, "1")]).text(tooDeep) == "1")
  }

  @Test("multipart looks as the seed page's curl writes it, with a boundary of its own every time")
  func multipart() {
    let body = FormEncoding.multipart.body(of: message(["pg_order_id": "A1"]))
    let boundary = body.contentType.dropFirst("multipart/form-data; boundary=".count)
    #expect(body.contentType.hasPrefix("multipart/form-data; boundary=paylink-"))
    #expect(boundary.utf8.count <= 70)
    #expect(
      String(decoding: body.bytes, as: UTF8.self)
        == "--\(boundary)\r\nContent-Disposition: form-data; name=\"pg_order_id\"\r\n\r\nA1\r\n--\(boundary)--\r\n")
    #expect(FormEncoding.multipart.body(of: Fields()).contentType != body.contentType)
  }

  @Test("urlencoded escapes everything that is not plain")
  func urlencoded() {
    let body = FormEncoding.urlencoded.body(of: message(["a b": "1+1=2&é", "r": ["0": ["n": "*-._"]]]))
    #expect(body.contentType == "application/x-www-form-urlencoded")
    #expect(String(decoding: body.bytes, as: UTF8.self) == "a+b=1%2B1%3D2%26%C3%A9&r%5B0%5D%5Bn%5D=*-._")
  }
}
