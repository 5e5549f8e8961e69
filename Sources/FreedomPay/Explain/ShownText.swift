/// What of a message may be shown. Names and lengths are; values only of fields on a list, and only where they are asked for. Whatever
/// looks like a digest or holds a secret is neither, wherever it stands: a mangled capture has them in odd places.
struct ShownText {
  let secrets: SecretKeys
  let showsValues: Bool

  /// Fields whose values say nothing about a person, a card or a key.
  private static let harmless: Set<String> = [
    "pg_status", "pg_result", "pg_captured", "pg_can_reject", "pg_testing_mode", "pg_amount", "pg_currency", "pg_net_amount",
    "pg_ps_amount", "pg_ps_full_amount", "pg_ps_currency", "pg_clearing_amount", "pg_payment_id", "pg_merchant_id", "pg_order_id",
    "pg_payment_date", "pg_payment_method", "pg_payment_system", "pg_payment_status", "pg_need_phone_notification",
    "pg_need_email_notification", "pg_language", "pg_lifetime", "pg_request_method", "pg_error_code", "pg_failure_code",
    "pg_redirect_url_type", "pg_refund_amount", "pg_auto_clearing",
  ]

  /// A field's or script's name in backticks; one that may be more than a name only by its length.
  func name(_ name: String) -> String {
    isPlain(name, of: 64) ? "`\(name)`" : "<name of \(name.unicodeScalars.count) characters>"
  }

  /// The same without backticks, for lists.
  func bare(_ name: String) -> String {
    isPlain(name, of: 64) ? name : "<name of \(name.unicodeScalars.count) characters>"
  }

  /// The value of a harmless field; nil for every other, and where nobody asked.
  func value(_ name: String, _ text: String) -> String? {
    guard showsValues, Self.harmless.contains(name), isPlain(text, of: 64, blanks: true) else { return nil }
    return text
  }

  private func isPlain(_ text: String, of most: Int, blanks: Bool = false) -> Bool {
    guard text.utf8.count <= most, !holdsSecret(text), !holdsDigest(text) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: " "), UInt8(ascii: ":"), UInt8(ascii: "+"): blanks
      default: "_-.[]/".utf8.contains(byte)
      }
    }
  }

  /// A short secret is only hidden where it stands alone: it would hide every name.
  private func holdsSecret(_ text: String) -> Bool {
    secrets.all.contains { _, key in
      let isLong = key.bytes.count >= 4
      return Array(text.utf8) == key.bytes || (isLong && text.utf8.firstRange(of: key.bytes) != nil)
    }
  }

  /// 24 hex digits in a row: an MD5 is 32, and a cut one is one still.
  private func holdsDigest(_ text: String) -> Bool {
    var run = 0
    for character in text {
      run = character.isHexDigit ? run + 1 : 0
      if run >= 24 { return true }
    }
    return false
  }
}
