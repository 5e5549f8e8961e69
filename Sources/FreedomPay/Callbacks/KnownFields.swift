/// The fields of callbacks that we know: each occurs at most once and matches its format, otherwise the message is refused (design §3).
///
/// Formats are asked only of what we read; of the rest it is enough that it is one text, since the acquirer adds and respells fields as it
/// likes. An empty text counts as absent.
enum KnownFields {
  private enum Format {
    case text
    case number
    case decimal
    case flag
    case oneOf(Set<String>)
    case localTime
    case time
    case currency
  }

  private static let formats: [String: Format] = [
    "pg_merchant_id": .number, "pg_order_id": .text, "pg_payment_id": .number, "pg_amount": .decimal, "pg_currency": .currency,
    "pg_discount_amount": .decimal, "pg_clearing_amount": .decimal, "pg_result": .oneOf(["0", "1", "2"]), "pg_captured": .flag,
    "pg_can_reject": .flag, "pg_testing_mode": .flag, "pg_payment_date": .localTime, "pg_datetime": .time, "pg_salt": .text,
    "pg_sig": .text,
    "pg_net_amount": .text, "pg_ps_amount": .text, "pg_ps_full_amount": .text, "pg_ps_currency": .text, "pg_description": .text,
    "pg_user_phone": .text, "pg_user_contact_email": .text, "pg_need_phone_notification": .text, "pg_need_email_notification": .text,
    "pg_payment_method": .text, "pg_payment_system": .text, "pg_reference": .text, "pg_intreference": .text, "pg_card_pan": .text,
    "pg_card_exp": .text, "pg_card_owner": .text, "pg_card_brand": .text, "pg_card_id": .text, "pg_card_token": .text,
    "pg_auth_code": .text,
    "pg_recurring_profile_id": .text, "pg_recurring_profile_expiry_date": .text, "pg_failure_code": .text, "pg_failure_description": .text,
    "pg_discount_percent": .text, PageFields.linkField: .text,
  ]

  static let names: Set<String> = Set(formats.keys)
  /// Each with a place among them: which were seen is one machine word then.
  private static let placed: [String: (place: Int, format: Format)] = {
    precondition(formats.count <= UInt64.bitWidth, "a bit for each known field")
    return Dictionary(uniqueKeysWithValues: formats.enumerated().map { place, known in (known.key, (place, known.value)) })
  }()

  /// What must be there. The currency may be the shop's default; a failed result was seen without a date and without card fields.
  static func required(_ kind: CallbackKind) -> [String] {
    switch kind {
    case .check: ["pg_payment_id", "pg_amount"]
    case .result: ["pg_payment_id", "pg_result"]
    }
  }

  /// Refuses a message that lacks, doubles or misspells a field.
  static func verify(_ fields: Fields, _ kind: CallbackKind) throws(CallbackRefusal) {
    var seen: UInt64 = 0
    for field in fields.all {
      guard let (place, format) = placed[field.name] else { continue }
      guard seen & 1 << place == 0 else { throw CallbackRefusal(reason: "\(field.name) occurs more than once") }
      seen |= 1 << place
      guard case .text(let text) = field.value else { throw CallbackRefusal(reason: "\(field.name) is not a text") }
      guard text.isEmpty || matches(text, format) else { throw CallbackRefusal(reason: "\(field.name) does not match its format") }
    }
    for name in required(kind) where fields.text(name) == nil { throw CallbackRefusal(reason: "\(name) is missing") }
    if kind == .result, fields.text("pg_result") == "1", fields.text("pg_amount") == nil {
      throw CallbackRefusal(reason: "pg_amount is missing")
    }
  }

  private static func matches(_ text: String, _ format: Format) -> Bool {
    switch format {
    case .text: true
    case .number: (1...18).contains(text.utf8.count) && text.utf8.allSatisfy(isDigit) && Int64(text) != 0
    case .decimal: isDecimal(text)
    case .flag: text == "0" || text == "1"
    case .oneOf(let words): words.contains(text)
    case .localTime: LocalTime.timestamp(text, offset: .zero) != nil
    case .time: text.utf8.count <= 40
    case .currency: text.utf8.count == 3 && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
  }

  private static func isDecimal(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    return parts.allSatisfy { (1...15).contains($0.count) && $0.allSatisfy(isDigit) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
