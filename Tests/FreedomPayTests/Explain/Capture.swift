@testable import FreedomPay

/// Messages as they are caught, signed by the rule and then broken, or signed against the rule.
enum Capture {
  static let secret = "Kx7-correct-horse-9"
  static let secrets = SecretKeys(current: SecretKey(secret)!)

  /// A result callback with everything that goes wrong: blanks, letters beyond ASCII, markup, empties, amounts, foreign fields.
  static let result = message([
    "pg_order_id": "A-17", "pg_payment_id": "900000000001", "pg_amount": "150000.00", "pg_currency": "UZS", "pg_result": "1",
    "pg_description": "Чай & <кофе> №5", "pg_user_phone": "998901112233", "pg_card_pan": "440564******2222",
    "pg_need_email_notification": "1", "pg_need_phone_notification": "0", "pg_salt": "a1b2c3", "session_token": "tok 42+7",
  ])

  /// What the sender hashed, as a sender would that follows the rule in all but one thing.
  static func digest(_ fields: Fields, script: String = "result", secret: String = secret) -> String {
    Signature.hex(of: fields, script: ScriptName(script), secret: SecretKey(secret)!)
  }

  /// The digest of a text that no rule makes.
  static func hex(_ script: String?, _ middle: [UInt8], _ secret: String) -> String {
    TriedDigest.of(script: script, middle: middle, secret: Array(secret.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// A message with a signature over something else.
  static func signed(_ fields: Fields, as signed: Fields? = nil, script: String = "result", secret: String = secret) -> Fields {
    var all = fields
    all.append("pg_sig", .text(digest(signed ?? fields, script: script, secret: secret)))
    return all
  }

  /// As a urlencoded body.
  static func body(_ fields: Fields) -> [UInt8] { URLEncodedForm.bytes(FormName.flat(fields)) }

  static func text(_ fields: Fields) -> String { String(decoding: body(fields), as: UTF8.self) }

  static func explain(
    _ bytes: [UInt8], script: String? = "result", url: String? = nil, secrets: SecretKeys = secrets, showsValues: Bool = false
  ) throws -> SignatureExplanation {
    var question = SignatureQuestion(try CapturedMessage(bytes), secrets: secrets, script: script.map { ScriptName($0) }, url: url)
    question.showsValues = showsValues
    return question.explain()
  }
}

extension Fields {
  /// The same message with texts changed.
  func changing(_ change: (String) -> String) -> Fields { LeafTexts.mapped(self) { _, text in change(text) } }
}
