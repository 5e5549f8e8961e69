import Testing

@testable import Sandbox

@Suite("The sandbox's own reading of pg_sig")
struct WireSignatureTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var script: String
    var secret: String
    var message: WireMessage
    var string: String
    var digest: String
    var testDescription: String { name }
  }

  /// Protocol §1.7; the fields stand in another order than the rule sorts them.
  static let vectors: [Vector] = [
    Vector(
      name: "V1", script: "script.php", secret: "mypasskey",
      message: WireMessage([
        .init(
          name: "pg_z_param",
          value: .group(["pg_q_subparam": "subvalue2", "pg_m_subparam": "subvalue1"])),
        .init(name: "pg_t_param", value: .text("value3")), .init(name: "pg_salt", value: .text("9imM909TH820jwk387")),
        .init(name: "pg_b_param", value: .text("value2")), .init(name: "pg_a_param", value: .text("value1")),
      ]),
      string: "script.php;value1;value2;9imM909TH820jwk387;value3;subvalue1;subvalue2;mypasskey", digest: "a8a4d5a9188f24038a14a4d65c387bf7"
    ),
    Vector(
      name: "V2", script: "init_payment.php", secret: "test_secret_key",
      message: [
        "pg_merchant_id": "123456", "pg_order_id": "23", "pg_amount": "25", "pg_description": "Order description",
        "pg_salt": "some_random_string",
      ],
      string: "init_payment.php;25;Order description;123456;23;some_random_string;test_secret_key",
      digest: "1d602ce1af2d04738e5840ff8562963f"),
    Vector(
      name: "V3", script: "add", secret: "test_secret_key",
      message: [
        "pg_user_id": "1234", "pg_post_link": "http://site.kz/post", "pg_back_link": "http://site.kz/back", "pg_merchant_id": "123456",
        "pg_salt": "some random string",
      ],
      string: "add;http://site.kz/back;123456;http://site.kz/post;some random string;1234;test_secret_key",
      digest: "337282103cc59ce0ecd3e21b8942ce06"),
    Vector(
      name: "V4", script: "result", secret: "secret",
      message: [
        "pg_salt": "49c1e", "pg_order_id": "e76346a58c9c4c44bfa4e2f8600d9215", "pg_payment_id": "21404388", "pg_amount": "1.0000",
        "pg_currency": "RUR", "pg_net_amount": "0.94", "pg_ps_amount": "1", "pg_ps_full_amount": "1.00", "pg_ps_currency": "RUR",
        "pg_payment_system": "YANDEXMONEY", "pg_result": "1", "pg_payment_date": "2015-10-28 00:16:09", "pg_can_reject": "1",
        "pg_user_phone": "79261238736", "pg_need_phone_notification": "1",
      ],
      string:
        "result;1.0000;1;RUR;1;0.94;e76346a58c9c4c44bfa4e2f8600d9215;2015-10-28 00:16:09;21404388;YANDEXMONEY;1;RUR;1.00;1;49c1e;79261238736;secret",
      digest: "37d26729ec04e12b08e633e7530d5eb2"),
    Vector(
      name: "V5", script: "get_status3.php", secret: "test-secret",
      message: xml(
        "<response><pg_status>ok</pg_status><pg_amount>34990</pg_amount><pg_refund_payments><pg_refund_payment><pg_payment_id>123</pg_payment_id><pg_amount>-10</pg_amount></pg_refund_payment></pg_refund_payments></response>"
      ),
      string: "get_status3.php;34990;-10;123;ok;test-secret", digest: "ee6644f9d26f54b0d64bbaa94d0a2a40"),
    Vector(
      name: "V6", script: "get_status3.php", secret: "k",
      message: xml(
        "<response><pg_status>ok</pg_status><pg_salt>s</pg_salt><pg_refund_payments><pg_refund_payment><pg_payment_id>9</pg_payment_id><pg_amount>-10</pg_amount></pg_refund_payment></pg_refund_payments></response>"
      ),
      string: "get_status3.php;-10;9;s;ok;k", digest: "feba8f6806dce94f650173e62061a3d6"),
  ]

  private static func xml(_ text: String) -> WireMessage {
    (try? WireXMLReader.read(Array(text.utf8))) ?? [:]
  }

  @Test("the published vectors come out", arguments: vectors)
  func vector(_ vector: Vector) {
    #expect(([vector.script] + WireSignature.values(of: vector.message) + [vector.secret]).joined(separator: ";") == vector.string)
    #expect(WireSignature.digest(vector.message, script: vector.script, secret: SandboxSecret(vector.secret)) == vector.digest)
  }

  @Test("the order of the fields, and pg_sig itself, change nothing; a value, the script or the secret changes all")
  func whatCounts() {
    let message: WireMessage = ["pg_b": "2", "pg_a": "1", "pg_salt": "s"]
    let secret = SandboxSecret("k")
    let digest = WireSignature.digest(message, script: "x", secret: secret)
    #expect(WireSignature.digest(["pg_salt": "s", "pg_a": "1", "pg_b": "2", "pg_sig": "anything"], script: "x", secret: secret) == digest)
    #expect(WireSignature.digest(["pg_salt": "s", "pg_a": "1", "pg_b": "3"], script: "x", secret: secret) != digest)
    #expect(WireSignature.digest(message, script: "y", secret: secret) != digest)
    #expect(WireSignature.digest(message, script: "x", secret: SandboxSecret("l")) != digest)
  }

  @Test("names sort by bytes, lists by number, equal names stay in their order, empty values count")
  func order() {
    struct Case {
      var message: WireMessage
      var values: [String]
    }
    let cases = [
      Case(message: ["pg_param1": "b", "pg_param": "a", "pg_amount_interval_from": "y", "pg_amount": "x"], values: ["x", "y", "a", "b"]),
      Case(message: ["b": "small", "B": "great", "_": "under", "9": "nine"], values: ["nine", "great", "under", "small"]),
      Case(message: ["x": "2", "a": "0", "x": "1"], values: ["0", "2", "1"]),
      Case(message: ["b": "", "a": "1", "c": "2"], values: ["1", "", "2"]),
      Case(
        message: WireMessage(form: [("l[10][n]", "k"), ("l[9][n]", "j"), ("l[9][m]", "i"), ("a", "0")]), values: ["0", "i", "j", "k"]),
      Case(message: WireMessage(form: [("m[]", "b"), ("m[]", "a")]), values: ["b", "a"]),
    ]
    for testCase in cases { #expect(WireSignature.values(of: testCase.message) == testCase.values) }
  }

  @Test("a message is valid, invalid, or has no signature")
  func verdicts() {
    let secret = SandboxSecret("k")
    let signed = WireSignature.signed(["pg_status": "ok"], script: "x", secret: secret)
    #expect(signed["pg_salt"]?.count == 16)
    #expect(WireSignature.verdict(on: signed, script: "x", secret: secret) == .valid)
    #expect(WireSignature.verdict(on: signed, script: "y", secret: secret) == .invalid)
    #expect(WireSignature.verdict(on: signed.without("pg_sig"), script: "x", secret: secret) == .missing)
    #expect(WireSignature.verdict(on: ["pg_sig": ""], script: "x", secret: secret) == .missing)
    var added = signed
    added.append("session_token", "X")
    #expect(WireSignature.verdict(on: added, script: "x", secret: secret) == .invalid)
  }

  @Test("the secret prints as redacted, however it is printed")
  func redacted() {
    var dumped = ""
    let secret = SandboxSecret("hunter2")
    dump(SandboxConfiguration(merchant: 1, secret: secret, publicURL: "http://x"), to: &dumped)
    #expect("\(secret)" == "<redacted>" && String(reflecting: secret) == "<redacted>")
    #expect(!dumped.contains("hunter2"))
  }
}
