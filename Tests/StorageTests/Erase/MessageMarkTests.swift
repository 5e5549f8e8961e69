import Testing

@testable import Storage

/// What of a message's JSON makes it a payer's.
@Suite("A message's mark") struct MessageMarkTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let message: String
    let isTheirs: Bool
    var testDescription: String { message }
  }

  @Test(
    "is a whole text in a field of its kind",
    arguments: [
      Case(message: #"[["pg_amount","1"],["pg_user_phone","998901234567"]]"#, isTheirs: true),
      Case(message: #"[["PG_PHONE","998901234567"]]"#, isTheirs: true),
      Case(message: #"{"phone":"998901234567"}"#, isTheirs: true),
      Case(message: #"[["a",[["b",[["pg_user_phone","998901234567"],["c","d"]]]]]]"#, isTheirs: true),
      Case(message: #"[["pg_order_id","998901234567"]]"#, isTheirs: false),
      Case(message: #"[["pg_user_phone","9989012345678"]]"#, isTheirs: false),
      Case(message: #"[["pg_user_phone","1998901234567"]]"#, isTheirs: false),
      Case(message: #"[["pg_user_phone","\"998901234567"]]"#, isTheirs: false),
      Case(message: #"[["pg_user_phone","1"],["pg_param1","998901234567"]]"#, isTheirs: false),
      Case(message: #"[["998901234567","pg_user_phone"]]"#, isTheirs: false),
      Case(message: #"[["pg_user_phone","998901234567""#, isTheirs: false),
      Case(message: "{}", isTheirs: false),
    ])
  func marks(_ test: Case) {
    #expect(MessageMark(value: "998901234567", field: "phone").isIn(test.message) == test.isTheirs)
  }

  @Test("that is in any field needs no name")
  func anywhere() {
    let mark = MessageMark(value: "payer@example.uz")
    #expect(mark.isIn(#"[["pg_note","payer@example.uz"]]"#))
    #expect(mark.isIn(#"["payer@example.uz"]"#))
    #expect(!mark.isIn(#"[["pg_note","a payer@example.uz"]]"#))
  }

  @Test("is found as deep as a message of the acquirer's can be", arguments: [(16, true), (40, false)])
  func deep(_ levels: Int, _ isFound: Bool) {
    let open = String(repeating: #"[["x","#, count: levels)
    let message = open + #"[["pg_user_phone","998901234567"]]"# + String(repeating: "]]", count: levels)
    #expect(MessageMark(value: "998901234567", field: "phone").isIn(message) == isFound)
  }
}
