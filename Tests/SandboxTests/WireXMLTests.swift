import Testing

@testable import Sandbox

@Suite("The sandbox's XML")
struct WireXMLTests {
  @Test("what is written is read back the same")
  func roundTrip() throws {
    let message = WireMessage([
      .init(name: "pg_status", value: .text("ok")), .init(name: "pg_description", value: .text("<b> & \"q\" 'q' ]]> Счёт № 7\r\n\tend ")),
      .init(name: "pg_user_email", value: .text("")), .init(name: "list", value: .group(["item": "1", "item": "2"])),
    ])
    #expect(try WireXMLReader.read(Array(message.xml(root: "response").utf8)) == message)
  }

  @Test("any root, attributes and layout are taken; CDATA and references are text")
  func tolerant() throws {
    let text = "<?xml version=\"1.0\"?>\n<root a=\"1\">\n <pg_a x=\"2\">1&#50;<![CDATA[<3>]]></pg_a>\n <g>\n <b>x</b>\n </g></root>"
    let expected = WireMessage([.init(name: "pg_a", value: .text("12<3>")), .init(name: "g", value: .group(["b": "x"]))])
    #expect(try WireXMLReader.read(Array(text.utf8)) == expected)
  }

  @Test("what is not plain XML is refused")
  func refusals() {
    struct Case {
      var text: String
      var failure: WireXMLReader.Failure
    }
    let cases = [
      Case(text: "", failure: .malformed), Case(text: "OK", failure: .malformed), Case(text: "<a><b></a>", failure: .malformed),
      Case(text: "<a>", failure: .malformed), Case(text: "<a/><b/>", failure: .malformed), Case(text: "<a>\u{1}</a>", failure: .malformed),
      Case(text: "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", failure: .doctype), Case(text: "<!DOCTYPE a><a/>", failure: .doctype),
    ]
    for testCase in cases {
      #expect(throws: testCase.failure, "\(testCase.text)") { try WireXMLReader.read(Array(testCase.text.utf8)) }
    }
  }

  @Test("sixteen levels are read, seventeen are not; one byte too many is not")
  func bounds() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "<a>", count: depth) + "x" + String(repeating: "</a>", count: depth)).utf8)
    }
    #expect(try WireXMLReader.read(nested(16)).flattened.map(\.value) == ["x"])
    #expect(throws: WireXMLReader.Failure.tooDeep) { try WireXMLReader.read(nested(17)) }
    func long(_ bytes: Int) -> [UInt8] { Array("<a><b>\(String(repeating: "x", count: bytes - 15))</b></a> ".utf8) }
    #expect(long(1 << 20).count == 1 << 20)
    #expect(try WireXMLReader.read(long(1 << 20))["b"] != nil)
    #expect(throws: WireXMLReader.Failure.tooLong) { try WireXMLReader.read(long((1 << 20) + 1)) }
  }

  @Test("forms become groups as PHP reads them, and groups become the same form again")
  func forms() {
    let form = [("a", "1"), ("p[0][name]", "x"), ("p[0][count]", "2"), ("p[1][name]", "y"), ("odd[", "o"), ("[x]", "z"), ("q[a[b]", "w")]
    let message = WireMessage(form: form.map { (name: $0.0, value: $0.1) })
    #expect(message.flattened.map(\.name) == form.map(\.0))
    #expect(message["odd["] == "o")
    let expected = WireMessage([
      .init(name: "0", value: .group(["name": "x", "count": "2"])), .init(name: "1", value: .group(["name": "y"])),
    ])
    #expect(message.fields.first { $0.name == "p" }?.value == .group(expected))
  }
}
