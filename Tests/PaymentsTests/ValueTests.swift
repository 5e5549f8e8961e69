import Payments
import Testing

@Suite struct ValueTests {
  @Test(
    "Times are written and read as RFC 3339",
    arguments: [(0, "1970-01-01T00:00:00Z"), (1_795_478_400_123, "2026-11-24T00:00:00.123Z")] as [(Int64, String)])
  func times(milliseconds: Int64, text: String) throws {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    #expect(try Timestamp(rfc3339: text).milliseconds == milliseconds)
  }

  @Test("A time with an offset is the same instant")
  func offset() throws {
    #expect(try Timestamp(rfc3339: "2026-11-23T18:00:00+05:00") == Timestamp(rfc3339: "2026-11-23T13:00:00Z"))
    #expect(throws: InvalidValue.self) { try Timestamp(rfc3339: "2026-11-23") }
    #expect(throws: InvalidValue.self) { try Timestamp(rfc3339: "yesterday") }
  }

  @Test("Order numbers are 1 to 50 of letters, digits, underscore and hyphen")
  func orders() throws {
    for text in ["A", "A1001", "a-b_c", String(repeating: "x", count: 50)] { #expect(try OrderID(text).text == text) }
    for text in ["", String(repeating: "x", count: 51), "a b", "ä", "a/b", "a\n"] {
      #expect(throws: InvalidValue.self) { try OrderID(text) }
    }
  }

  @Test("Names of links sort by age and read back")
  func linkNames() throws {
    let older = LinkID(at: Timestamp(milliseconds: 1_000_000))
    let newer = LinkID(at: Timestamp(milliseconds: 1_000_001))
    #expect(older.text < newer.text)
    #expect(try LinkID(older.text) == older)
    #expect(older.text.count == 29)
    #expect(throws: InvalidValue.self) { try LinkID("pl_short") }
    #expect(throws: InvalidValue.self) { try LinkID("xx_" + older.text.dropFirst(3)) }
  }

  @Test("Tokens differ, read back, and do not show themselves")
  func tokens() throws {
    let tokens = (0..<1000).map { _ in Token() }
    #expect(Set(tokens).count == 1000)
    #expect(try Token(tokens[0].text) == tokens[0])
    #expect("\(tokens[0])" == "<redacted>")
    #expect(throws: InvalidValue.self) { try Token("short") }
  }

  @Test("The acquirer's numbers exceed 32 bits and are positive")
  func paymentIDs() throws {
    #expect(try PaymentID(4_294_967_296).number == 4_294_967_296)
    #expect(throws: InvalidValue.self) { try PaymentID(0) }
  }
}
