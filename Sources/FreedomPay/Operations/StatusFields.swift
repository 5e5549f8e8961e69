import Payments

/// The fields of a status call (protocol §7.1, §7.3).
struct StatusFields {
  let merchant: FreedomPayMerchant
  let query: StatusQuery

  /// The Gateway family wants both numbers; the Merchant family looks at the payment's alone where it is given.
  var fields: Fields {
    var fields = Fields()
    fields.add("pg_merchant_id", String(merchant.number))
    switch query {
    case .payment(let id, let order):
      fields.add("pg_payment_id", String(id.number))
      if merchant.family == .gateway { fields.add("pg_order_id", order.text) }
    case .stranger(let id):
      fields.add("pg_payment_id", String(id.number))
    case .order(let order):
      fields.add("pg_order_id", order.text)
    }
    return fields
  }
}
