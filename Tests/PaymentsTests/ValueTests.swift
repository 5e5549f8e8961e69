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

  @Test(
    "A time that no calendar or clock has, or with anything behind it, is refused",
    arguments: [
      "2026-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
      "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00Zjunk",
      "2026-1-1T0:0:0Z", "2026-01-01T00:00:00+05", "2026-01-01T00:00:00+0500", "2026-01-01T00:00:00+24:00", "0000-01-01T00:00:00Z",
      "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "٢٠٢٦-01-01T00:00:00Z", " 2026-01-01T00:00:00Z", "",
    ])
  func noTime(text: String) {
    #expect(throws: InvalidValue.self) { try Timestamp(rfc3339: text) }
  }

  @Test(
    "Leap days, small letters, fractions and zones on both sides are read",
    arguments: [
      ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2000-02-29T23:59:59Z", 951_868_799_000), ("2100-02-28T00:00:00Z", 4_107_456_000_000),
      ("2026-01-01t00:00:00z", 1_767_225_600_000), ("2026-01-01T00:00:00.5Z", 1_767_225_600_500),
      ("2026-01-01T00:00:00.123456789Z", 1_767_225_600_123), ("2025-12-31T19:00:00-05:00", 1_767_225_600_000),
      ("2026-01-01T05:30:00+05:30", 1_767_225_600_000), ("1969-12-31T23:59:59Z", -1000),
    ] as [(String, Int64)])
  func times(text: String, milliseconds: Int64) throws {
    #expect(try Timestamp(rfc3339: text).milliseconds == milliseconds)
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
