import Payments

extension OpenAPIDocument {
  private static let amount = "{type: [integer, \"null\"], minimum: 1, maximum: \(Money.largest)}"

  private static func text(_ length: ClosedRange<Int>, _ more: String = "") -> String {
    "{type: [string, \"null\"], minLength: \(length.lowerBound), maxLength: \(length.upperBound)\(more.isEmpty ? "" : ", " + more)}"
  }

  static let requestSchemas: String = """
    \(object("CreatePaymentLink", "An order. Members of null count as left out.", create, optional: Set(create.map(\.name)).subtracting(["order_id", "description"])))
    \(object("SignedOrder", "With a publishable key, and nothing else.", signed, optional: ["language", "payment_method"]))
    \(object("Range", "What the payer may choose, whole major units.", range))
    \(object("Customer", "What the shop knows of the payer.", customer, optional: Set(customer.map(\.name))))
    \(object("Loyalty", "A loyalty program of the acquirer.", loyalty, optional: ["amount"]))
        Position:
          type: object
          description: One position of a receipt. Further members are the codes of the merchant's country, at most \(OptionMembers.mostCodes).
          required: [name, quantity, price]
          properties:
            name: {type: string, minLength: 1, maxLength: 255}
            quantity: {type: integer, minimum: 1, maximum: 1000000}
            price: {type: integer, minimum: 1, maximum: \(Money.largest), description: In minor units.}
            tax: {description: The wire code.}
    \(object("Capture", "No amount captures all of the hold.", [("amount", amount)], optional: ["amount"]))
    \(object("CreateRefund", "No amount gives back all that is left.", refund, optional: Set(refund.map(\.name))))
    \(object("Adopt", "The merchant, where the key serves several.", [("merchant", text(1...32))], optional: ["merchant"]))
        Nothing: {type: object, additionalProperties: false, maxProperties: 0}
        OrderID: {type: string, pattern: "^[A-Za-z0-9_-]{1,50}$", description: The shop's own number of the order; letters and digits alone in the Gateway family.}
    """

  private static let create: [(name: String, schema: String)] = [
    ("order_id", "{$ref: \"#/components/schemas/OrderID\"}"),
    (
      "amount",
      "{type: [integer, \"null\"], minimum: 1, maximum: \(Money.largest), description: The price; with amount_range the suggestion. Required without one.}"
    ),
    ("currency", "{type: [string, \"null\"], pattern: \"^[A-Z]{3}$\", description: The merchant's by default.}"),
    ("amount_range", "{oneOf: [{$ref: \"#/components/schemas/Range\"}, {type: \"null\"}]}"),
    ("description", "{type: string, minLength: 1, maxLength: 1024, description: What the payer reads.}"),
    (
      "expires_in",
      "{type: [integer, \"null\"], minimum: \(CreateBody.lifetimes.lowerBound), maximum: \(CreateBody.lifetimes.upperBound), "
        + "default: \(CreateBody.usualLifetime), description: Seconds. A page lives at most 7 days; a longer link opens fresh ones.}"
    ),
    ("language", text(2...2, "pattern: \"^[a-z]{2}$\", description: ISO 639-1.")),
    ("payment_method", text(1...50, "pattern: \"^[a-z0-9_]+$\", examples: [bankcard]")),
    (
      "capture",
      "{type: [string, \"null\"], enum: [automatic, manual, null], default: automatic, description: Manual needs the Merchant family.}"
    ),
    ("customer", "{oneOf: [{$ref: \"#/components/schemas/Customer\"}, {type: \"null\"}]}"),
    ("success_url", text(1...255, "format: uri, description: \"https; http only for loopback hosts.\"")),
    ("failure_url", text(1...255, "format: uri")),
    ("back_url", text(1...255, "format: uri")),
    ("qr", "{type: [boolean, \"null\"], default: false, description: Ask the acquirer for its own QR picture of the page.}"),
    ("test", "{type: [boolean, \"null\"], default: false, description: The acquirer's test mode. Never live money.}"),
    (
      "metadata",
      "{type: [object, \"null\"], maxProperties: \(MetadataMembers.mostPairs), propertyNames: {minLength: 1, maxLength: 40}, "
        + "additionalProperties: {type: string, maxLength: 500}, description: \"The shop's own pairs, given back in reads and events.\"}"
    ),
    ("params", "{type: [array, \"null\"], maxItems: 3, items: {type: string, maxLength: 255}, description: pg_param1 to pg_param3.}"),
    ("loyalty", "{oneOf: [{$ref: \"#/components/schemas/Loyalty\"}, {type: \"null\"}]}"),
    ("freedom_id", text(1...255)),
    ("receipt", "{type: [array, \"null\"], maxItems: \(OptionMembers.mostPositions), items: {$ref: \"#/components/schemas/Position\"}}"),
    ("merchant", text(1...32, "description: Only where the key serves several.")),
  ]

  private static let signed: [(name: String, schema: String)] = [
    (
      "signed_order",
      "{type: string, minLength: 1, maxLength: \(SignedOrder.longest), description: \"A JWT: `aud` is this gateway's public address, `exp` at most an hour "
        + "ahead, `jti` the Idempotency-Key; the other claims are members of CreatePaymentLink, `test` excluded.\"}"
    ),
    ("language", text(2...2, "pattern: \"^[a-z]{2}$\", description: Where the order leaves it open.")),
    ("payment_method", text(1...50, "pattern: \"^[a-z0-9_]+$\", description: Where the order leaves it open.")),
  ]

  private static let range: [(name: String, schema: String)] = [
    ("min", "{type: integer, minimum: 1, maximum: \(Money.largest)}"), ("max", "{type: integer, minimum: 1, maximum: \(Money.largest)}"),
  ]

  private static let customer: [(name: String, schema: String)] = [
    ("id", text(1...50)), ("phone", text(1...16, "pattern: \"^\\\\+[1-9][0-9]{6,14}$\", description: E.164.")),
    ("email", text(3...254, "format: email")), ("ip", text(2...45, "description: An IPv6 address is left out.")),
  ]

  private static let loyalty: [(name: String, schema: String)] = [
    ("id", "{type: string, minLength: 1, maxLength: 255}"),
    ("amount", text(1...12, "pattern: \"^[0-9]{1,9}(\\\\.[0-9]{1,2})?$\"")),
  ]

  private static let refund: [(name: String, schema: String)] = [
    ("amount", amount),
    ("payment_id", "{type: [integer, \"null\"], format: int64, minimum: 1, description: The payment that counts by default.}"),
    ("reason", text(1...255)),
    ("receipt", "{type: [array, \"null\"], maxItems: \(OptionMembers.mostPositions), items: {$ref: \"#/components/schemas/Position\"}}"),
  ]
}
