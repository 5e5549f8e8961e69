import Testing

@testable import FreedomPay

@Suite("XML")
struct XMLTests {
  func read(_ text: String) throws -> Fields { try XMLReader.fields(Array(text.utf8)) }

  @Test("an answer becomes fields: any outer element, nested lists, unknown fields, order, texts exactly")
  func answer() throws {
    let body = """
      <pg_status>ok</pg_status>
        <pg_refund_payments><pg_refund_payment><pg_payment_id>1</pg_payment_id></pg_refund_payment>
        <pg_refund_payment><pg_payment_id>2</pg_payment_id></pg_refund_payment></pg_refund_payments>
        <brand_new attribute="x"> a &amp; b </brand_new><pg_empty/><pg_cdata><![CDATA[<x>]]></pg_cdata>
      """
    let expected = message([
      "pg_status": "ok", "pg_refund_payments": ["pg_refund_payment": ["pg_payment_id": "1"], "pg_refund_payment": ["pg_payment_id": "2"]],
      "brand_new": " a & b ", "pg_empty": "", "pg_cdata": "<x>",
    ])
    for root in ["response", "root", "request", "Anything"] {
      #expect(try read("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<\(root)>\(body)</\(root)>\n") == expected)
    }
  }

  @Test("the printed examples of vectors V5 and V6 verify from their XML")
  func vectorFromXML() throws {
    let fields = try read(
      "<response><pg_status>ok</pg_status><pg_amount>34990</pg_amount><pg_refund_payments><pg_refund_payment><pg_payment_id>123"
        + "</pg_payment_id><pg_amount>-10</pg_amount></pg_refund_payment></pg_refund_payments></response>")
    let hex = Signature.hex(of: fields, script: ScriptName("get_status3.php"), secret: SecretKey("test-secret")!)
    #expect(hex == "ee6644f9d26f54b0d64bbaa94d0a2a40")
  }

  static let hostile: [(String, XMLError.Code)] = [
    ("<!DOCTYPE r><r><a>1</a></r>", .doctype),
    ("<?xml version=\"1.0\"?><!DOCTYPE r SYSTEM \"http://127.0.0.1/x\"><r/>", .doctype),
    ("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r><a>&x;</a></r>", .doctype),
    ("<!DOCTYPE r [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><r>&b;</r>", .doctype),
    ("<r>&undefined;</r>", .malformed),
    ("<r><a>1</r></a>", .malformed),
    ("<r><a>1</a>", .malformed),
    ("<r><a>1</a></r><r/>", .malformed),
    ("<r>text<a>1</a></r>", .malformed),
    ("<r>only text</r>", .malformed),
    ("", .malformed),
    ("{\"pg_status\": \"ok\"}", .malformed),
    ("<!doctype html><html><body>Bad gateway<br></body></html>", .malformed),
    ("<?xml version=\"1.0\" encoding=\"koi-17\"?><r/>", .malformed),
  ]

  @Test("document types, entities and whatever is not well-formed are refused", arguments: hostile)
  func attacks(text: String, code: XMLError.Code) {
    #expect(throws: XMLError(code: code)) { try read(text) }
  }

  @Test("bytes that are not UTF-8 are refused, over-long forms and NUL too")
  func badUTF8() {
    for bad: [UInt8] in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0x00], [0xE2, 0x82]] {
      #expect(throws: XMLError(code: .malformed)) {
        try XMLReader.fields(Array("<r><a>".utf8) + bad + Array("</a></r>".utf8))
      }
    }
  }

  @Test("elements nest 16 deep and not 17")
  func depth() throws {
    func nested(_ count: Int) -> String {
      String(repeating: "<a>", count: count - 1) + "<b>1</b>" + String(repeating: "</a>", count: count - 1)
    }
    #expect(try !read(nested(16)).all.isEmpty)
    #expect(throws: XMLError(code: .tooDeep)) { try read(nested(17)) }
    #expect(throws: XMLError(code: .tooDeep)) { try read(String(repeating: "<a>", count: 100_000)) }
  }

  @Test("a document of exactly the bound is read, one byte more is not")
  func size() throws {
    func document(_ size: Int) -> [UInt8] {
      Array("<r><a>".utf8) + [UInt8](repeating: 0x61, count: size - 14) + Array("</a></r>".utf8)
    }
    #expect(document(100).count == 100)
    #expect(try XMLReader.fields(document(1 << 20)).text("a")?.utf8.count == (1 << 20) - 14)
    #expect(throws: XMLError(code: .tooLarge)) { try XMLReader.fields(document(1 << 20 + 1)) }
    #expect(throws: XMLError(code: .tooLarge)) { try XMLReader.fields(document((1 << 20) + 1)) }
  }

  @Test("what is written is read back the same: markup, quotes, line ends, emoji, nesting")
  func roundTrip() throws {
    let fields = message([
      "pg_status": "ok", "pg_description": "a<b>&\"'c\r\nd\te \u{1F600} ғ ]]>", "pg_list": ["item": "1", "item": ["x": " "]],
    ])
    #expect(try XMLReader.fields(XMLWriter.document(fields)) == fields)
    #expect(
      String(decoding: XMLWriter.document(message(["a": "<"])), as: UTF8.self)
        == #"<?xml version="1.0" encoding="utf-8"?><response><a>&lt;</a></response>"#)
  }

  @Test("characters that XML 1.0 cannot hold are left out before signing")
  func allowed() {
    #expect(
      XMLText.allowed("a\u{0}b\u{8}c\u{B}d\u{1F}e\u{FFFE}f\u{FFFF}g\t\n\r \u{7F}\u{FFFD}\u{10FFFF}")
        == "abcdefg\t\n\r \u{7F}\u{FFFD}\u{10FFFF}")
  }
}
