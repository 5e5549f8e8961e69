import Testing

@testable import FreedomPay

@Suite("Explaining signatures")
struct SignatureExplanationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var script: String? = "result"
    var url: String?
    var secret = Capture.secret
    var words: [String]
    /// Where the first sentence begins.
    var says: String

    var testDescription: String { name }
  }

  static let result = Capture.result

  private static func broken(
    _ name: String, sent: Fields = result, signed: Fields, script: String? = "result", url: String? = nil, words: [String], says: String
  ) -> Case {
    Case(name: name, bytes: Capture.body(Capture.signed(sent, as: signed)), script: script, url: url, words: words, says: says)
  }

  private static func script(_ name: String, _ expected: String?, url: String? = nil, says: String) -> Case {
    Case(
      name: "script \(name) for \(expected ?? url ?? "")", bytes: Capture.body(Capture.signed(result, script: name)), script: expected,
      url: url, words: ["script_name"], says: says)
  }

  private static func secret(_ signer: String, ours: String = Capture.secret, word: String, says: String) -> Case {
    Case(
      name: "secret: \(word) \(says)", bytes: Capture.body(Capture.signed(result, secret: signer)), secret: ours, words: [word], says: says)
  }

  static let scripts: [Case] = [
    script(
      "result.php", "result",
      says: "The signature holds if the script name is `result.php` instead of `result`: the address registered at Freedom Pay ends "
        + "differently, or a proxy rewrites the path; set script_names.result."),
    script("result", "result.php", says: "The signature holds if the script name is `result` instead of `result.php`: "),
    script("check", "result", says: "The signature holds if the script name is `check` instead of `result`: "),
    script(
      "acquirer", nil, url: "https://shop/acquirer/result",
      says: "The signature holds if the script name is `acquirer` instead of `result`: "),
    script(
      "result?a=1", nil, url: "https://shop/result?a=1",
      says: "The signature holds if the script name is <name of 10 characters> instead of `result`: the signer takes more of the address"),
  ]

  static let secretCases: [Case] = [
    secret("\(Capture.secret)\n", word: "secret_newline", says: "The signature holds if the signer's secret ends with a line end: "),
    secret(
      "\(Capture.secret)\r\n", word: "secret_newline", says: "The signature holds if the signer's secret ends with a Windows line end: "),
    secret("\(Capture.secret) ", word: "secret_white_space", says: "The signature holds if the signer's secret ends with a blank: "),
    secret(" \(Capture.secret)", word: "secret_white_space", says: "The signature holds if the signer's secret begins with a blank: "),
    secret(
      Capture.secret, ours: " \(Capture.secret)\n", word: "secret_white_space",
      says: "The signature holds if the white space around the given secret is removed: "),
    secret(
      Capture.secret, ours: "\"\(Capture.secret)\"", word: "secret_quotes",
      says: "The signature holds if the quotes around the given secret are removed: "),
  ]

  static let fieldCases: [Case] = [
    broken(
      "a field more", sent: Fields(result.all + [.init("extra", .text("x"))]), signed: result, words: ["field_left_out:extra"],
      says: "The signature holds if the field `extra` is left out: "),
    broken(
      "two fields more", sent: Fields(result.all + [.init("extra", .text("x")), .init("more", .text("y"))]), signed: result,
      words: ["field_left_out:extra", "field_left_out:more"],
      says: "The signature holds if the field `extra` is left out and the field `more` is left out: "),
    broken(
      "a notification field less", sent: result.without(["pg_need_phone_notification"]), signed: result, words: ["field_lost"],
      says: "The signature holds if one more field with the value 0 is signed after `pg_need_email_notification` and before `pg_order_id` "
        + "(such as `pg_need_phone_notification`): "),
    broken(
      "an empty field less", signed: Fields(result.all + [.init("pg_zero", .text(""))]), words: ["empty_value_lost"],
      says: "The signature holds if an empty value is signed after `pg_user_phone` and before `session_token`: "),
    broken(
      "empties dropped by the signer", sent: Fields(result.all + [.init("pg_a", .text("")), .init("pg_b", .text(""))]), signed: result,
      words: ["empty_values_dropped"], says: "The signature holds if empty values are dropped: "),
    broken(
      "foreign fields dropped by the signer", sent: Fields(result.all + [.init("extra", .text("x"))]),
      signed: result.without(["session_token"]), words: ["foreign_fields_dropped"],
      says: "The signature holds if fields that do not begin with `pg_` are dropped: "),
    broken(
      "notifications dropped by the signer", signed: result.without(["pg_need_email_notification", "pg_need_phone_notification"]),
      words: ["notification_fields_dropped"], says: "The signature holds if the `pg_need_…` fields are dropped: "),
    broken(
      "query joined", sent: result.without(["session_token"]), signed: result, script: nil,
      url: "https://shop/x/result?session_token=tok+42%2B7", words: ["query_joined"],
      says: "The signature holds if the parameters of the address join the fields: "),
    broken(
      "query not joined", sent: Fields(result.all + [.init("a", .text("1")), .init("b", .text("2"))]), signed: result, script: nil,
      url: "https://shop/x/result?a=1&b=2", words: ["query_left_out"],
      says: "The signature holds if the parameters of the address are left out: "),
    broken(
      "twins", sent: Fields([.init("pg_salt", .text("x")), .init("session_token", .text("x"))] + result.all), signed: result,
      words: ["repeated_fields"], says: "The signature holds if of fields with the same name only the last is kept: "),
  ]

  static let textCases: [Case] = [
    broken(
      "plus kept", signed: result.changing { $0.replacing(" ", with: "+") }, words: ["plus_not_decoded"],
      says: "The signature holds if `+` in the values is not decoded to a blank: "),
    broken(
      "plus taken", sent: result.changing { $0.replacing(" ", with: "+") }, signed: result.changing { $0.replacing("+", with: " ") },
      words: ["plus_decoded"], says: "The signature holds if `+` in the values is a blank: "),
    broken(
      "not decoded", signed: result.changing { URLEncodedForm.text([("", $0)]).dropFirst().description }, words: ["not_decoded"],
      says: "The signature holds if the values are not percent-decoded: "),
    broken(
      "encoded twice", sent: result.changing { URLEncodedForm.text([("", $0)]).dropFirst().description }, signed: result,
      words: ["decoded_twice"], says: "The signature holds if the values are percent-decoded twice: "),
    broken(
      "HTML after signing", sent: result.changing { $0.replacing("&", with: "&amp;").replacing("<", with: "&lt;") }, signed: result,
      words: ["html_entities"], says: "The signature holds if HTML entities in the values are plain characters: "),
    broken(
      "HTML before signing",
      signed: result.changing { $0.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;") },
      words: ["html_escaped"], says: "The signature holds if the values are HTML-escaped: "),
    broken(
      "trimmed", sent: result.changing { $0 == "A-17" ? " A-17\n" : $0 }, signed: result, words: ["trimmed"],
      says: "The signature holds if white space around the values is removed: "),
    broken(
      "CR LF", sent: result.changing { $0 == "A-17" ? "A\n17" : $0 }, signed: result.changing { $0 == "A-17" ? "A\r\n17" : $0 },
      words: ["line_breaks"], says: "The signature holds if line breaks are CR LF: "),
    broken(
      "LF", sent: result.changing { $0 == "A-17" ? "A\r\n17" : $0 }, signed: result.changing { $0 == "A-17" ? "A\n17" : $0 },
      words: ["line_breaks"], says: "The signature holds if line breaks are LF alone: "),
    broken(
      "amount cut", signed: result.changing { $0 == "150000.00" ? "150000" : $0 }, words: ["amount_text"],
      says: "The signature holds if amounts lose their trailing zeros: "),
    broken(
      "amount lengthened", sent: result.changing { $0 == "150000.00" ? "150000" : $0 }, signed: result, words: ["amount_text"],
      says: "The signature holds if amounts have two decimals: "),
    broken(
      "UTF-8 read as Latin-1", sent: result.changing { TextCoding.latin1.text(Array($0.utf8)) ?? "" }, signed: result,
      words: ["read_as_latin1"], says: "The signature holds if the values are UTF-8 that was taken for Latin-1 and encoded again: "),
    Case(
      name: "unsorted", bytes: Capture.body(signedUnsorted), words: ["unsorted"],
      says: "The signature holds if the values stay in the order of the message: "),
    Case(
      name: "hashed as Windows-1251", bytes: Capture.body(signedAs1251), words: ["coding"],
      says: "The signature holds if the values are hashed as Windows-1251 instead of UTF-8: "),
  ]

  static let pairs: [Case] = [
    broken(
      "query and notifications (MESHELE)",
      sent: result.without(["session_token", "pg_need_email_notification", "pg_need_phone_notification"]), signed: result, script: nil,
      url: "https://shop/callback/result?session_token=tok%2042%2B7", words: ["query_joined", "fields_lost"],
      says: "The signature holds if the parameters of the address join the fields and `pg_need_email_notification=1` and "
        + "`pg_need_phone_notification=0` are added: "),
    Case(
      name: "script and field", bytes: Capture.body(Capture.signed(result, as: result.without(["session_token"]), script: "callback")),
      words: ["foreign_fields_dropped", "script_name"],
      says: "The signature holds if fields that do not begin with `pg_` are dropped and the script name is `callback` instead of `result`: "
    ),
    Case(
      name: "script and secret", bytes: Capture.body(Capture.signed(result, script: "callback", secret: "\(Capture.secret)\n")),
      words: ["script_name", "secret_newline"],
      says: "The signature holds if the script name is `callback` instead of `result` and the signer's secret ends with a line end: "),
  ]

  /// What hashes a list of values as bytes of any coding.
  private static func sign(_ reading: Reading) -> Fields {
    var fields = result
    fields.append("pg_sig", .text(Capture.hex("result", reading.middles[0], Capture.secret)))
    return fields
  }

  static let signedUnsorted = sign(Reading(fields: result, order: .message))
  static let signedAs1251 = sign(Reading(fields: result, coding: .windows1251))

  @Test("each way to break a message has its sentence", arguments: scripts + secretCases + fieldCases + textCases + pairs)
  func sentence(_ item: Case) throws {
    let secrets = SecretKeys(current: SecretKey(item.secret)!)
    let explanation = try Capture.explain(item.bytes, script: item.script, url: item.url, secrets: secrets)
    #expect(explanation.verdict == .explained)
    #expect(explanation.deviations == item.words)
    let first = try #require(explanation.sentences.first)
    #expect(first.hasPrefix(item.says), "\(first)")
    #expect(explanation.tried <= SignatureSearch.limit)
  }

  @Test("the published vectors hold, in every form of a capture, and without their address", arguments: SignatureVector.all)
  func vectors(_ vector: SignatureVector) throws {
    let secrets = SecretKeys(current: vector.key)
    for bytes in [Capture.body(vector.signed), XMLWriter.document(vector.signed)] {
      let explanation = try Capture.explain(bytes, script: vector.script, secrets: secrets)
      #expect(explanation.verdict == .holds && explanation.deviations == [] && explanation.tried == 1)
      #expect(explanation.sentences == ["The signature holds with the script name `\(vector.script)`."])
    }
    let isKnown = vector.script != "script.php"
    let explanation = try Capture.explain(Capture.body(vector.signed), script: nil, secrets: secrets)
    #expect(explanation.verdict == (isKnown ? .holds : .unexplained))
  }

  @Test("V4 as the query it was caught in")
  func query() throws {
    let vector = SignatureVector.all[3]
    let url = "https://shop.example/platron/result?\(Capture.text(vector.signed))"
    #expect(url.contains("2015-10-28+00%3A16%3A09"))
    let explanation = try Capture.explain(Array(url.utf8), script: nil, secrets: SecretKeys(current: vector.key))
    #expect(explanation.verdict == .holds && explanation.expectedScript == "result")
    #expect(explanation.fields.map(\.name) == vector.fields.all.map(\.name).sorted())
    #expect(explanation.fields.allSatisfy { $0.value == nil } && explanation.fields[0].length == 6)
  }

  @Test("a session token of the address that stands in the body is signed (MESHELE)")
  func sessionToken() throws {
    let url = "https://shop/x/callback?session_token=tok+42%2B7"
    let whole = Capture.body(Capture.signed(Capture.result, script: "callback"))
    #expect(try Capture.explain(whole, script: nil, url: url).verdict == .holds)
    let request = Array("POST /x/callback?session_token=tok+42%2B7 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    #expect(try Capture.explain(request + whole, script: nil).verdict == .holds)
    let without = Capture.body(Capture.signed(Capture.result.without(["session_token"]), as: Capture.result, script: "callback"))
    #expect(try Capture.explain(request + without, script: nil).deviations == ["query_joined"])
  }

  @Test("the previous secret holds too, and is said")
  func previous() throws {
    let secrets = SecretKeys(current: SecretKey("new-secret-1")!, previous: SecretKey(Capture.secret))
    let explanation = try Capture.explain(Capture.body(Capture.signed(Capture.result)), secrets: secrets)
    #expect(explanation.verdict == .holds && explanation.deviations == ["previous_secret"])
    #expect(explanation.sentences == ["The signature holds with the script name `result`, with the previous secret."])
  }

  @Test("a signature over an empty secret, and one without a script name")
  func nothingThere() throws {
    let middle = Reading(fields: Capture.result).middles[0]
    for (script, secret, word) in [("result", "", "secret_empty"), (nil, Capture.secret, "script_left_out")] {
      var fields = Capture.result
      fields.append("pg_sig", .text(Capture.hex(script, middle, secret)))
      #expect(try Capture.explain(Capture.body(fields)).deviations == [word])
    }
  }

  @Test("bytes that are not UTF-8 are said, whichever coding was hashed", arguments: [TextCoding.windows1251, .utf8])
  func foreignBytes(_ coding: TextCoding) throws {
    let middle = try #require(Reading(fields: Capture.result, coding: coding).middles.first)
    let values = FormName.flat(Capture.result).map { leaf in
      Array("\(leaf.name)=".utf8)
        + (TextCoding.windows1251.bytes(leaf.text) ?? []).flatMap { Array("%\($0 < 16 ? "0" : "")\(String($0, radix: 16))".utf8) }
    }
    let signature = Capture.hex("result", middle, Capture.secret)
    let explanation = try Capture.explain(Array((values + [Array("pg_sig=\(signature)".utf8)]).joined(separator: "&".utf8)))
    #expect(explanation.verdict == .explained && explanation.deviations == ["not_utf8"])
  }

  @Test("upper case holds with a remark, white space in pg_sig does not")
  func shapes() throws {
    let digest = Capture.digest(Capture.result)
    func explain(_ text: String) throws -> SignatureExplanation {
      try Capture.explain(Capture.body(Fields(Capture.result.all + [.init("pg_sig", .text(text))])))
    }
    let upper = try explain(digest.uppercased())
    #expect(upper.verdict == .holds && upper.sentences[1].hasPrefix("pg_sig has letters in upper case"))
    let stray = try explain("\(digest) ")
    #expect(stray.verdict == .explained && stray.deviations == ["signature_stray"])
    #expect(try explain(String(digest.dropLast())).sentences[0].hasPrefix("pg_sig has 31 hexadecimal digits instead of 32"))
    #expect(try explain(digest + digest).sentences[0].hasPrefix("pg_sig has 64 hexadecimal digits, as SHA-1 and SHA-256"))
    #expect(try explain("z" + digest.dropFirst()).verdict == .malformed)
    #expect(try explain("").verdict == .unsigned)
    #expect(try Capture.explain(Capture.body(Capture.result)).verdict == .unsigned)
    let twins = Fields(Capture.signed(Capture.result).all + [.init("pg_sig", .text(digest))])
    #expect(try Capture.explain(Capture.body(twins)).sentences[0].hasPrefix("pg_sig stands 2 times"))
  }

  @Test("an unsigned error may be believed as an error")
  func unsignedError() throws {
    let answer = "<response><pg_status>error</pg_status><pg_error_code>1100</pg_error_code></response>"
    #expect(try Capture.explain(Array(answer.utf8)).sentences[0].contains("as an error it may be believed"))
  }

  @Test("where nothing holds, the secret is doubted first")
  func nothing() throws {
    let explanation = try Capture.explain(Capture.body(Capture.signed(Capture.result, secret: "somebody else's")))
    #expect(explanation.verdict == .unexplained && explanation.deviations == [])
    #expect(explanation.sentences[1].hasPrefix("Most likely the secret is not the sender's"))
    #expect((1000...SignatureSearch.limit).contains(explanation.tried))
  }

  @Test("the longest message ends within the bound")
  func bound() throws {
    let fields = Fields((0..<499).map { .init("f\($0)", .text("v \($0)")) })
    let explanation = try Capture.explain(Capture.body(Capture.signed(fields, secret: "other")))
    #expect(explanation.verdict == .unexplained && explanation.tried <= SignatureSearch.limit)
  }
}
