/// What is known of the acquirer's error codes: meaning, class, and what to do about each (protocol §10, catalogue §10.4).
///
/// Codes are open texts. The official list is not public: a code that is not here is a refusal of this one order.
struct ErrorCode: Sendable {
  /// What follows from an error.
  enum Class: Sendable {
    /// Our number, secret, contract or settings: rings an alarm, and no repetition helps (design §4.4).
    case misconfigured
    /// There is no such payment.
    case notFound
    /// This order, this payer, this once.
    case refused
    /// The acquirer's own trouble; the same may pass later.
    case temporary
  }

  var code: String
  var `class`: Class
  var meaning: String
  /// For the log and for whoever reads it.
  var advice: String

  /// Whether the acquirer cannot or need not sign this error: it does not know whose secret to take, or was seen not to (protocol §1.1).
  var maybeUnsigned: Bool {
    switch `class` {
    case .misconfigured, .notFound: true
    case .refused, .temporary: false
    }
  }

  /// Whether the error says that our two secrets differ: then its own signature, if any, cannot fit either.
  var isAboutSignature: Bool { ["100", "1100", "9998"].contains(code) }

  /// What the error tells a call that failed with it. A repeated operation is refused with a text rather than a code: "Неверный статус
  /// платежа" came with 120, and the newer code for it is not published (protocol §8).
  func phase(description: String) -> SafeRetry.Phase {
    let text = description.lowercased()
    if code == "120" || Self.wrongStateTexts.contains(where: text.contains) { return .wrongState }
    guard isPublished else { return .unpublished }
    return switch `class` {
    case .misconfigured: .misconfigured
    case .notFound: .notFound
    case .refused: .refused
    case .temporary: .temporary
    }
  }

  /// In small letters.
  private static let wrongStateTexts = [
    "неверный статус платежа", "wrong payment status", "incorrect payment status", "invalid payment status",
  ]

  private var isPublished: Bool { Self.table[code] != nil }

  /// The known code, or what an unknown one is taken for.
  static func named(_ code: String) -> ErrorCode {
    table[code] ?? ErrorCode(code: code, class: .refused, meaning: "not published", advice: "read the description; ask the acquirer")
  }

  static let all: [ErrorCode] = misconfigurations + missing + refusals + declines + troubles
  private static let table = Dictionary(all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })

  private static func rows(_ class: Class, _ advice: String, _ rows: KeyValuePairs<String, String>) -> [ErrorCode] {
    rows.map { ErrorCode(code: $0.key, class: `class`, meaning: $0.value, advice: advice) }
  }

  private static let misconfigurations =
    rows(
      .misconfigured, "check merchant_id, secret_key_file and region of this merchant",
      [
        "100": "wrong signature (legacy)", "101": "merchant not identified (legacy)", "1100": "wrong signature",
        "9997": "wrong merchant number", "9998": "wrong signature, or merchant not identified: the sources disagree",
      ])
    + rows(
      .misconfigured, "ask the acquirer's manager: contract or settings of the shop",
      [
        "110": "no contract, or an invalid one", "9992": "this call is not enabled for the shop",
        "9994": "this action is switched off in the shop's settings", "9996": "no contract with the shop, or it is inactive",
      ])

  private static let missing = rows(
    .notFound, "look for it by the other number; a fresh one may take a minute to appear",
    ["340": "transaction not found", "1202": "incorrect payment number", "11068": "payment not found"])

  private static let refusals =
    rows(
      .refused, "mend the order and send it again",
      [
        "200": "missing or bad parameter", "700": "bad data of the payer", "701": "bad phone", "711": "phone not usable for this system",
        "9403": "bad parameters", "9993": "an address of the shop is missing or not found", "11016": "amount is zero",
      ])
    + rows(
      .refused, "read the status before concluding anything",
      [
        "120": "action not allowed, or wrong payment status", "350": "transaction blocked", "360": "transaction expired",
        "365": "recurring profile expired", "400": "canceled by payer or payment system", "490": "payment cannot be canceled",
        "9995": "payment is in test mode",
      ])

  private static let declines =
    rows(
      .refused, "the payer tries again, or another card",
      [
        "420": "over the limit", "8888": "insufficient funds", "9014": "declined", "10001": "declined, the payer asks the issuing bank",
        "10003": "too many attempts at the confirmation code", "10004": "3-D Secure not passed", "10005": "wrong card data",
        "10006": "frequency limit exceeded", "10007": "refused for card security", "10009": "insufficient funds",
        "10010": "declined by the issuer", "10012": "limits on the card", "10013": "country not allowed", "10017": "card expired",
        "10018": "declined", "10022": "declined", "10038": "declined by the issuer", "10039": "declined by the issuer",
        "10045": "declined for security reasons", "11006": "insufficient funds", "11008": "declined", "11011": "declined by the issuer",
        "11012": "declined by the issuer", "11024": "declined", "100066": "declined", "100091": "insufficient funds",
        "100094": "insufficient funds", "1000669": "declined",
      ])

  private static let troubles = rows(
    .temporary, "the same may pass later",
    [
      "465": "no link to the payment system", "466": "a certificate of the payment system expired", "470": "error of the payment system",
      "475": "payment system out of order", "600": "general error", "850": "no payment system ready", "1000": "internal error",
      "9999": "system error", "10000": "service unavailable",
    ])
}
