import Testing

@testable package import FreedomPay

/// A message written as a list, for tests.
func message(_ pairs: KeyValuePairs<String, Fields.Value>) -> Fields {
  Fields(pairs.map { Fields.Field($0.key, $0.value) })
}

extension Fields.Value: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  package init(stringLiteral text: String) { self = .text(text) }
  package init(dictionaryLiteral pairs: (String, Fields.Value)...) {
    self = .nested(Fields(pairs.map { Fields.Field($0.0, $0.1) }))
  }
}

/// A published message with its digest (protocol §1.7).
struct SignatureVector: Sendable, CustomTestStringConvertible {
  var name: String
  var script: String
  var fields: Fields
  var secret: String
  var digest: String

  var testDescription: String { name }

  var key: SecretKey { SecretKey(secret)! }

  /// The message as it arrives, signature and all.
  var signed: Fields {
    var signed = fields
    signed.append("pg_sig", .text(digest))
    return signed
  }

  static let all = [
    SignatureVector(
      name: "V1", script: "script.php",
      fields: message([
        "pg_t_param": "value3", "pg_a_param": "value1", "pg_z_param": ["pg_q_subparam": "subvalue2", "pg_m_subparam": "subvalue1"],
        "pg_salt": "9imM909TH820jwk387", "pg_b_param": "value2",
      ]), secret: "mypasskey", digest: "a8a4d5a9188f24038a14a4d65c387bf7"),
    SignatureVector(
      name: "V2", script: "init_payment.php",
      fields: message([
        "pg_order_id": "23", "pg_merchant_id": "123456", "pg_amount": "25", "pg_description": "Order description",
        "pg_salt": "some_random_string",
      ]), secret: "test_secret_key", digest: "1d602ce1af2d04738e5840ff8562963f"),
    SignatureVector(
      name: "V3", script: "add",
      fields: message([
        "pg_merchant_id": "123456", "pg_user_id": "1234", "pg_post_link": "http://site.kz/post", "pg_back_link": "http://site.kz/back",
        "pg_salt": "some random string",
      ]), secret: "test_secret_key", digest: "337282103cc59ce0ecd3e21b8942ce06"),
    SignatureVector(
      name: "V4", script: "result",
      fields: message([
        "pg_salt": "49c1e", "pg_order_id": "e76346a58c9c4c44bfa4e2f8600d9215", "pg_payment_id": "21404388",
        "pg_payment_date": "2015-10-28 00:16:09", "pg_amount": "1.0000", "pg_currency": "RUR", "pg_net_amount": "0.94",
        "pg_ps_amount": "1", "pg_ps_full_amount": "1.00", "pg_ps_currency": "RUR", "pg_payment_system": "YANDEXMONEY", "pg_result": "1",
        "pg_can_reject": "1", "pg_user_phone": "79261238736", "pg_need_phone_notification": "1",
      ]), secret: "secret", digest: "37d26729ec04e12b08e633e7530d5eb2"),
    SignatureVector(
      name: "V5", script: "get_status3.php",
      fields: message([
        "pg_status": "ok", "pg_amount": "34990",
        "pg_refund_payments": ["pg_refund_payment": ["pg_payment_id": "123", "pg_amount": "-10"]],
      ]), secret: "test-secret", digest: "ee6644f9d26f54b0d64bbaa94d0a2a40"),
    SignatureVector(
      name: "V6", script: "get_status3.php",
      fields: message([
        "pg_status": "ok", "pg_salt": "s", "pg_refund_payments": ["pg_refund_payment": ["pg_payment_id": "9", "pg_amount": "-10"]],
      ]), secret: "k", digest: "feba8f6806dce94f650173e62061a3d6"),
  ]
}

@Suite("Signature")
struct SignatureTests {
  let script = ScriptName("result")
  let current = SecretKey("new-secret")!
  let previous = SecretKey("old-secret")!

  var verifier: SignatureVerifier { SignatureVerifier(script: script, secrets: SecretKeys(current: current, previous: previous)) }

  @Test("every published vector gives its digest", arguments: SignatureVector.all)
  func vectors(_ vector: SignatureVector) {
    #expect(Signature.hex(of: vector.fields, script: ScriptName(vector.script), secret: vector.key) == vector.digest)
    #expect(Signature.hex(of: vector.signed, script: ScriptName(vector.script), secret: vector.key) == vector.digest)
  }

  @Test("every published vector verifies, and no other digest of it does", arguments: SignatureVector.all)
  func vectorsVerify(_ vector: SignatureVector) {
    let verifier = SignatureVerifier(script: ScriptName(vector.script), secrets: SecretKeys(current: vector.key))
    #expect(verifier.verify(vector.signed) == .verified(secret: .current, form: .strict))
    #expect(verifier.verify(vector.fields) == .unsigned)
    for index in vector.digest.indices {
      var digest = vector.digest
      digest.replaceSubrange(index...index, with: digest[index] == "0" ? "1" : "0")
      var forged = vector.fields
      forged.append("pg_sig", .text(digest))
      #expect(verifier.verify(forged) == .wrong)
    }
  }

  @Test("each value that changes, each field more or less, breaks the signature")
  func everyFieldCounts() {
    let signed = Signature.sign(message(["pg_amount": "20", "pg_order_id": "A1", "own": "x"]), script: script, secret: current)
    #expect(verifier.verify(signed) == .verified(secret: .current, form: .strict))
    for index in signed.all.indices where signed.all[index].name != "pg_sig" {
      var all = signed.all
      all[index].value = .text("changed")
      #expect(verifier.verify(Fields(all)) == .wrong)
      all.remove(at: index)
      #expect(verifier.verify(Fields(all)) == .wrong)
    }
    var more = signed
    more.append("zzz", "more")
    #expect(verifier.verify(more) == .wrong)
    #expect(SignatureVerifier(script: ScriptName("check"), secrets: SecretKeys(current: current)).verify(signed) == .wrong)
  }

  @Test("the underscore sorts behind digits and capitals and before small letters")
  func order() {
    let fields = message([
      "pg_amount_interval_from": "e", "pg_amountx": "f", "pg_amount": "b", "pg_amountA": "d", "pg_amount1": "c", "Pg": "a",
    ])
    #expect(SignedOrder.sorted.values(of: fields) == ["a", "b", "c", "d", "e", "f"])
    #expect(SignedOrder.flattened.values(of: fields) == ["a", "b", "c", "d", "e", "f"])
  }

  @Test("same-named fields keep the order of the message")
  func sameNames() {
    let fields = message(["item": "3", "b": "0", "item": "1", "item": "2"])
    #expect(SignedOrder.sorted.values(of: fields) == ["0", "3", "1", "2"])
    #expect(SignedOrder.flattened.values(of: fields) == ["0", "3", "1", "2"])
  }

  @Test("a receipt gives the same text in both readings")
  func receipt() {
    let position: (String) -> Fields.Value = { ["name": .text("n\($0)"), "count": .text("c\($0)"), "price": .text("p\($0)")] }
    let fields = message(["pg_receipt_positions": ["0": position("0"), "1": position("1")], "pg_amount": "5"])
    let expected = ["5", "c0", "n0", "p0", "c1", "n1", "p1"]
    #expect(SignedOrder.sorted.values(of: fields) == expected)
    #expect(SignedOrder.flattened.values(of: fields) == expected)
  }

  @Test("list numbers sort as numbers: the eleventh stands behind the tenth")
  func longList() {
    let fields = Fields((0..<12).map { Fields.Field(String($0), .text("v\($0)")) })
    #expect(SignedOrder.sorted.values(of: fields) == (0..<12).map { "v\($0)" })
  }

  @Test("a message that only the reference code's order explains verifies too (item1 against item10)")
  func referenceOrder() {
    let fields = message(["item1": "a", "item10": "b"])
    let flattened = Signature.digest(script: script, values: SignedOrder.flattened.values(of: fields), secret: current)
    #expect(SignedOrder.flattened.values(of: fields) != SignedOrder.sorted.values(of: fields))
    var signed = fields
    signed.append("pg_sig", .text(flattened.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()))
    #expect(verifier.verify(signed) == .verified(secret: .current, form: .strict))
  }

  @Test("the previous secret verifies and says so; a third does not")
  func rotation() {
    let fields = message(["pg_order_id": "A1"])
    #expect(verifier.verify(Signature.sign(fields, script: script, secret: previous)) == .verified(secret: .previous, form: .strict))
    #expect(verifier.verify(Signature.sign(fields, script: script, secret: SecretKey("third")!)) == .wrong)
    let alone = SignatureVerifier(script: script, secrets: SecretKeys(current: current))
    #expect(alone.verify(Signature.sign(fields, script: script, secret: previous)) == .wrong)
  }

  @Test("empty values count; a message signed without them verifies as a fallback")
  func empties() {
    let full = message(["pg_amount": "20", "pg_user_phone": "", "pg_order_id": "A1"])
    let counted = Signature.sign(full, script: script, secret: current)
    #expect(verifier.verify(counted) == .verified(secret: .current, form: .strict))

    let short = Signature.sign(message(["pg_amount": "20", "pg_order_id": "A1"]), script: script, secret: previous)
    var withEmpty = short
    withEmpty.append("pg_user_phone", "")
    #expect(verifier.verify(withEmpty) == .verified(secret: .previous, form: .emptiesDropped))
  }

  @Test("own fields and query parameters in the body are signed over, script without the query (a live log's case, protocol 1.5)")
  func ownFields() {
    let script = ScriptName(url: "https://shop.example/pay/callback?session_token=abc")
    #expect(script.text == "callback")
    let signed = Signature.sign(
      message(["pg_amount": "20", "session_token": "abc", "pg_need_phone_notification": "0", "pg_need_email_notification": "1"]),
      script: script, secret: current)
    let verifier = SignatureVerifier(script: script, secrets: SecretKeys(current: current))
    let query = message(["session_token": "abc"])
    #expect(verifier.verify(signed, query: query) == .verified(secret: .current, form: .strict))
    #expect(verifier.verify(signed.without(["session_token"])) == .wrong)
    #expect(verifier.verify(signed.without(["session_token"]), query: query) == .verified(secret: .current, form: .queryJoined))
    #expect(verifier.verify(signed.without(["session_token"]), query: message(["session_token": "abd"])) == .wrong)
  }

  @Test("two signatures, a nested one, an empty one, and what is not hex never verify")
  func brokenSignatures() {
    let signed = Signature.sign(message(["pg_amount": "20"]), script: script, secret: current)
    let digest = signed.text("pg_sig")!
    var twice = signed
    twice.append("pg_sig", .text(digest))
    #expect(verifier.verify(twice) == .wrong)
    let bare = signed.without(["pg_sig"])
    let broken: [Fields.Value] = [
      ["pg_sig": .text(digest)], .text(String(digest.dropLast())), .text(digest + "0"), .text(String(digest.dropLast()) + "g"),
    ]
    for value in broken {
      var message = bare
      message.append("pg_sig", value)
      #expect(verifier.verify(message) == .wrong)
    }
    var empty = bare
    empty.append("pg_sig", "")
    #expect(verifier.verify(empty) == .unsigned)
  }

  @Test("signing adds a fresh salt of letters and digits, and no empty field is ever added")
  func salts() {
    let salts = Set((0..<50).map { _ in Salt.random().text })
    #expect(salts.count == 50)
    #expect(salts.allSatisfy { $0.count == 16 && $0.utf8.allSatisfy { ($0 | 32) >= 97 && ($0 | 32) <= 122 || $0 >= 48 && $0 <= 57 } })
    var fields = Fields()
    fields.add("a", nil)
    fields.add("b", "")
    #expect(fields == Fields())
  }

  @Test("secrets and messages print neither keys nor values")
  func redacted() {
    #expect("\(current)" == "<redacted>")
    let keys = SecretKeys(current: current, previous: previous)
    for text in [
      "\(keys)", String(reflecting: keys), "\(message(["pg_card_pan": "4111"]))", String(reflecting: message(["a": ["b": "4111"]])),
    ] {
      #expect(!text.contains("4111") && !text.contains("secret-") && !text.contains("110, 101"))
    }
    var dumped = ""
    dump(keys, to: &dumped)
    dump(message(["a": ["b": "4111"]]), to: &dumped)
    #expect(!dumped.contains("110") && !dumped.contains("4111"))
  }
}

@Suite("ScriptName")
struct ScriptNameTests {
  @Test(
    "the script name is the last path segment without the query (protocol 1.2, 1.6)",
    arguments: [
      ("https://api.freedompay.uz/g2g/any_amount", "any_amount"), ("https://api.freedompay.uz/any_amount.php", "any_amount.php"),
      ("https://api.freedompay.kz/g2g/payment_page/", "payment_page"), ("/init_payment.php", "init_payment.php"),
      ("https://shop/x/y/callback?tok=1", "callback"), ("https://shop/x?a=/b/c", "x"), ("https://shop/x#y/z", "x"),
      ("https://shop", ""), ("https://shop/", ""), ("https://shop/?wc-api=x", ""), ("/v1/merchant/1/cardstorage/add2", "add2"),
    ])
  func names(url: String, expected: String) {
    #expect(ScriptName(url: url).text == expected)
  }
}
