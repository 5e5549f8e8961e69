/// What a shop asked for when it opened a page: every documented parameter, validated (protocol §2.3, `seed-page.txt`, catalogue §3.1,
/// §3.2, §5.1, §5.2).
struct PageTerms: Equatable, Sendable {
  /// What the payer may pay.
  enum Amount: Equatable, Sendable {
    case fixed(SandboxAmount)
    case chosen(from: SandboxAmount, to: SandboxAmount, suggested: SandboxAmount?)
  }

  /// How check and result are called.
  enum CallbackMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case xml = "XML"
  }

  /// Where the payer goes back to, and how.
  struct Return: Equatable, Sendable {
    var url: WireURL
    var isPost: Bool
  }

  var orderID: String?
  var amount: Amount
  var currency: String
  var description: String
  var checkURL: WireURL?
  var resultURL: WireURL?
  var callbackMethod: CallbackMethod
  var success: Return?
  var failure: Return?
  var siteURL: WireURL?
  /// Seconds in which the payment must be completed.
  var lifetime: Int64
  var isTesting: Bool
  var userPhone: String?
  var userEmail: String?
  var paymentMethod: String
  var wantsQR: Bool
  var idempotencyKey: String?
  /// Two-step payment: the money is only held. The Gateway family's page calls know none (catalogue §12.10).
  var isHold: Bool
  /// The shop's own fields: they come back in check, result and redirects (protocol §1.5).
  var own: [WireMessage.Field]

  init(_ message: WireMessage, call: SandboxCall, configuration: SandboxConfiguration) throws(FieldError) {
    let reader = try FieldReader(message)
    orderID = try Self.orderID(reader, call.family)
    amount = try Self.amount(reader, call)
    currency =
      try reader.text("pg_currency", most: 3, where: { (0x41...0x5A).contains($0) }, reason: "ожидается код ISO 4217")
      ?? configuration.currency
    guard currency.utf8.count == 3 else { throw FieldError(name: "pg_currency", reason: "ожидается код ISO 4217") }
    description = try reader.required("pg_description", reader.text("pg_description", most: 1024))
    checkURL = try reader.url("pg_check_url")
    resultURL = try reader.url("pg_result_url")
    callbackMethod = try reader.word("pg_request_method", of: ["GET", "POST", "XML"]).flatMap(CallbackMethod.init) ?? .post
    success = try Self.way(back: "pg_success_url", reader)
    failure = try Self.way(back: "pg_failure_url", reader)
    siteURL = try reader.url("pg_site_url")
    lifetime = try reader.integer("pg_lifetime", in: 300...604_800) ?? 86_400
    isTesting = try reader.flag("pg_testing_mode") ?? configuration.isTesting
    userPhone = try reader.text("pg_user_phone", most: 15, where: { (0x30...0x39).contains($0) }, reason: "ожидаются только цифры")
    userEmail = try reader.emailAddress("pg_user_contact_email")
    paymentMethod = try reader.text("pg_payment_method", most: 50) ?? "bankcard"
    wantsQR = try reader.boolean("pg_generate_qr") ?? false
    idempotencyKey = try reader.text("pg_idempotency_key")
    isHold = try reader.flag("pg_auto_clearing") == false && call.family == .merchant
    own = message.fields.filter { !$0.name.hasPrefix("pg_") }
    guard callbackMethod != .xml || WireMessage(own).isFitForXML else {
      throw FieldError(name: "pg_request_method", reason: "имена собственных полей не подходят для XML")
    }
    if call.operation != .anyAmount { try ReceiptPositions.check(reader, leastPrice: .least) }  // that call has none (catalogue §3.2)
    try Self.checkTheRest(reader)
  }

  /// Required in the Gateway family, whose status call knows only letters and digits; in the Merchant family it may be left out (KZ).
  private static func orderID(_ reader: FieldReader, _ family: Family) throws(FieldError) -> String? {
    guard family == .gateway else {
      return try reader.text("pg_order_id", most: 50, where: { (0x21...0x7E).contains($0) }, reason: "недопустимые символы")
    }
    let order = try reader.text("pg_order_id", most: 50, where: isLetterOrDigit, reason: "только латинские буквы и цифры")
    return try reader.required("pg_order_id", order)
  }

  /// The open-amount page: `pg_amount` is the suggestion, required from 0 in the Gateway family (the seed page), optional from 0.01 in the
  /// Merchant family (protocol §2.6).
  private static func amount(_ reader: FieldReader, _ call: SandboxCall) throws(FieldError) -> Amount {
    guard call.operation == .anyAmount else {
      return .fixed(try reader.required("pg_amount", reader.amount("pg_amount", from: .least)))
    }
    let suggested = try reader.amount("pg_amount", from: call.family == .gateway ? .zero : .least)
    if call.family == .gateway { _ = try reader.required("pg_amount", suggested) }
    let bound: ClosedRange<Int64> = 1...99_999_999
    let from = try reader.integer("pg_amount_interval_from", in: bound).map { SandboxAmount(hundredths: $0 * 100) } ?? .least
    let to = try reader.integer("pg_amount_interval_to", in: bound).map { SandboxAmount(hundredths: $0 * 100) } ?? .most
    guard from <= to else { throw FieldError(name: "pg_amount_interval_to", reason: "меньше pg_amount_interval_from") }
    guard let suggested, suggested > .zero else { return .chosen(from: from, to: to, suggested: nil) }
    guard (from...to).contains(suggested) else { throw FieldError(name: "pg_amount", reason: "вне интервала") }
    return .chosen(from: from, to: to, suggested: suggested)
  }

  /// GET is the default; older shops write AUTOGET and AUTOPOST (protocol §6).
  private static func way(back name: String, _ reader: FieldReader) throws(FieldError) -> Return? {
    let method = try reader.word("\(name)_method", of: ["GET", "POST", "AUTOGET", "AUTOPOST"])
    guard let url = try reader.url(name) else { return nil }
    return Return(url: url, isPost: method == "POST" || method == "AUTOPOST")
  }

  /// Parameters that change nothing here, but are wrong when they are not as documented.
  private static func checkTheRest(_ reader: FieldReader) throws(FieldError) {
    _ = try reader.word("pg_language", of: ["ru", "en", "kz", "kk", "kg", "uz"])
    _ = try reader.text(
      "pg_user_id", most: 50, where: { isLetterOrDigit($0) || $0 == 0x5F || $0 == 0x2D }, reason: "только латинские буквы, цифры, _ и -")
    _ = try reader.ipv4Address("pg_user_ip")
    for name in ["pg_param1", "pg_param2", "pg_param3", "pg_loyalty_id", "pg_freedom_id"] { _ = try reader.text(name) }
    _ = try reader.amount("pg_loyalty_amount", from: .zero)
    _ = try way(back: "pg_state_url", reader)
    _ = try reader.integer("pg_timeout_after_payment", in: 1...86_400)
    _ = try reader.integer("pg_recurring_lifetime", in: 1...156)
    for name in ["pg_recurring_start", "pg_3ds_challenge", "pg_token_3ds", "pg_postpone_payment"] { _ = try reader.flag(name) }
    _ = try reader.word("pg_payment_route", of: ["frame"])
  }

  /// What an attempt is about where the payer has not said an amount: the price, the suggestion, or the least that may be paid.
  var amountOfferedFirst: SandboxAmount {
    switch amount {
    case .fixed(let amount): amount
    case .chosen(let from, _, let suggested): suggested ?? from
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
