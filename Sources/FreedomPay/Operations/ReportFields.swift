import Payments

/// Reads the values that callbacks and status answers share into our words (protocol §4.1, §7.1).
struct ReportFields {
  let fields: Fields
  let merchant: FreedomPayMerchant

  /// The currency that the amounts are in; the shop's own where the message names none.
  func currency() throws(InvalidValue) -> Currency {
    guard let code = fields.text("pg_currency") else { return merchant.currency }
    return try Currency(code)
  }

  /// An amount of the order's currency.
  func money(_ name: String) throws(InvalidValue) -> Money? {
    guard let text = fields.text(name) else { return nil }
    return try Money(decimal: text, currency: currency())
  }

  /// A discount only explains a lower amount. One that cannot be read, such as a third of something, explains nothing, and stops no money: the
  /// amount is then too low, and a person looks.
  var discount: Money? { try? money("pg_discount_amount") }

  func paymentID() throws(InvalidValue) -> PaymentID? {
    guard let text = fields.text("pg_payment_id") else { return nil }
    guard let number = Int64(text) else { throw InvalidValue("must be a positive whole number") }
    return try PaymentID(number)
  }

  /// The order's number, where it is one that we could have given; another's is none of ours.
  var order: OrderID? { fields.text("pg_order_id").flatMap { try? OrderID($0) } }

  /// Our own field, come back.
  var link: LinkID? { fields.text(PageFields.linkField).flatMap { try? LinkID($0) } }

  /// 0 or 1; nil where the message does not say.
  func flag(_ name: String) -> Bool? {
    switch fields.text(name) {
    case "1": true
    case "0": false
    default: nil
    }
  }

  /// The masked card. A number without a mask is never taken over.
  var card: Card? {
    guard let number = fields.text("pg_card_pan"), !MaskedCard.isFullNumber(number), number.utf8.count <= 40 else { return nil }
    return Card(maskedNumber: number, brand: fields.text("pg_card_brand").map { String($0.prefix(40)) })
  }

  var method: String? { (fields.text("pg_payment_method") ?? fields.text("pg_payment_system")).map { String($0.prefix(100)) } }

  var failure: Failure? {
    guard let code = fields.text("pg_failure_code") else { return nil }
    return Failure(
      code: String(code.prefix(20)), message: String((fields.text("pg_failure_description") ?? ErrorCode.named(code).meaning).prefix(500)))
  }

  /// When the payer paid: `pg_datetime`, which names its zone, else `pg_payment_date` in the region's local time (design §5). Where both
  /// stand, the earlier: error answers carry `pg_datetime` too, so it can be when the answer was made (protocol §2.5, catalogue §2.4).
  var paidAt: Timestamp? {
    let stamps = [
      fields.text("pg_datetime").flatMap { try? Timestamp(rfc3339: $0) },
      fields.text("pg_payment_date").flatMap { LocalTime.timestamp($0, offset: merchant.region.offset) },
    ]
    return stamps.compactMap(\.self).min()
  }
}

extension FreedomPayMerchant {
  /// When the acquirer captures a hold by itself: 5 days after it was made (protocol §8).
  func captureBy(_ status: PaymentStatus, heldAt: Timestamp) -> Timestamp? { status == .authorized ? heldAt + .days(5) : nil }
}

/// Card numbers as they may be kept.
enum MaskedCard {
  /// Whether a text is a whole card number: 13 to 19 digits, blanks and hyphens ignored, and nothing masked.
  static func isFullNumber(_ text: String) -> Bool {
    let rest = text.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }
    return rest.count >= 13 && rest.allSatisfy { (48...57).contains($0) }
  }
}
