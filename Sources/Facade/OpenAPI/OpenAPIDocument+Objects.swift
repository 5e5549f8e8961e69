import Payments

extension OpenAPIDocument {
  static let objectSchemas: String = """
        LinkID: {type: string, pattern: "^pl_[0-9a-z]{26}$", examples: [pl_01kar9k9r0000000000000000a]}
        LinkStatus:
          type: string
          enum: \(words(LinkStatus.allCases.map(\.rawValue)))
          description: What is offered to the payer. Expired and canceled do not mean that no money can come.
        PaymentStatus: {type: string, enum: \(words(PaymentStatus.allCases.map(\.rawValue)))}
        Flag: {type: string, enum: \(words(Flag.allCases.map(\.rawValue))), description: A fact beside the status that a person may have to look at.}
    \(object("AmountRange", "What the payer may choose.", [("min", "{type: integer}"), ("max", "{type: integer}")]))
    \(object("PaymentLink", "A link as a key sees it.", link(payment: "Payment")))
    \(object("ListedPaymentLink", "A link in a list, without its picture.", members(link(payment: "Payment"), without: ["qr"])))
    \(object("ClientPaymentLink", "A link as the holder of its client token sees it.", members(link(payment: "ClientPayment"), without: forKeys)))
    \(object("BrowserPaymentLink", "A link as the publishable key that made it sees it.", members(link(payment: "ClientPayment"), without: ["metadata", "refunds"])))
    \(object("EventLink", "A link in an event, without anything that opens something.", members(link(payment: "Payment"), without: opening)))
    \(object("ClientEventLink", "The same, for the holder of its client token.", members(link(payment: "ClientPayment"), without: opening.union(forKeys))))
    \(object("Payment", "One attempt at money under a link.", payment))
    \(object("ClientPayment", "The same, without card and flags.", members(payment, without: ["card", "flags"])))
    \(object("Card", "A card as it may be shown.", [("pan", "{type: string, examples: [4177-49XX-XXXX-2827]}"), ("brand", "{type: [string, \"null\"]}")]))
    \(object("Failure", "Why it failed, in the acquirer's words.", [("code", "{type: string}"), ("message", "{type: string}")]))
    \(object("Refund", "Money on its way back, or back.", refundObject))
    \(object("RefundList", "All refunds of a link.", [("data", "{type: array, items: {$ref: \"#/components/schemas/Refund\"}}")]))
    \(object("PaymentLinkList", "A page of links.", page(of: "ListedPaymentLink")))
    \(object("Orphan", "What verified callbacks said of a payment that no link has.", orphan))
    \(object("OrphanList", "A page of orphans.", page(of: "Orphan")))
    """

  /// What only a key's owner sees.
  private static let forKeys: Set<String> = ["client_token", "metadata", "refunds"]
  /// What opens something for whoever has it.
  private static let opening: Set<String> = ["url", "short_url", "qr", "client_token"]

  private static let money = "{type: [integer, \"null\"], minimum: 0}"
  private static let time = "{type: string, format: date-time}"

  private static func link(payment: String) -> [(name: String, schema: String)] {
    [
      ("id", "{$ref: \"#/components/schemas/LinkID\"}"), ("object", "{const: payment_link}"),
      ("status", "{$ref: \"#/components/schemas/LinkStatus\"}"),
      ("sequence", "{type: integer, minimum: 1, description: Grows with every change that a reader can see.}"),
      ("test", "{type: boolean}"), ("merchant", "{type: string}"), ("order_id", "{$ref: \"#/components/schemas/OrderID\"}"),
      ("amount", money), ("currency", "{type: string}"),
      ("amount_range", "{oneOf: [{$ref: \"#/components/schemas/AmountRange\"}, {type: \"null\"}]}"), ("description", "{type: string}"),
      ("url", "{type: [string, \"null\"], description: The acquirer's page.}"),
      ("short_url", "{type: string, description: What to give to the payer.}"),
      (
        "qr",
        "{type: [string, \"null\"], description: \"`data:image/png;base64,…`: the acquirer's own picture, where it shows the page's address.\"}"
      ),
      ("client_token", "{type: string, pattern: \"^ct_[0-9a-z]{26}$\"}"), ("expires_at", time), ("created_at", time),
      ("metadata", "{type: object, additionalProperties: {type: string}}"),
      ("payment", "{oneOf: [{$ref: \"#/components/schemas/\(payment)\"}, {type: \"null\"}], description: The one that counts.}"),
      ("payments", "{type: array, items: {$ref: \"#/components/schemas/\(payment)\"}, description: \"All, newest first.\"}"),
      ("refunds", "{type: array, items: {$ref: \"#/components/schemas/Refund\"}}"),
    ]
  }

  private static let payment: [(name: String, schema: String)] = [
    ("id", "{type: [integer, \"null\"], format: int64, description: The acquirer's number.}"),
    ("status", "{$ref: \"#/components/schemas/PaymentStatus\"}"), ("amount", money), ("captured", "{type: integer, minimum: 0}"),
    ("refunded", "{type: integer, minimum: 0}"), ("currency", "{type: string}"), ("method", "{type: [string, \"null\"]}"),
    ("card", "{oneOf: [{$ref: \"#/components/schemas/Card\"}, {type: \"null\"}]}"),
    ("flags", "{type: array, items: {$ref: \"#/components/schemas/Flag\"}}"),
    ("failure", "{oneOf: [{$ref: \"#/components/schemas/Failure\"}, {type: \"null\"}]}"),
    ("paid_at", "{type: [string, \"null\"], format: date-time}"),
  ]

  private static let refundObject: [(name: String, schema: String)] = [
    ("id", "{type: string, pattern: \"^re_[0-9a-z]{26}$\"}"), ("object", "{const: refund}"),
    ("link", "{$ref: \"#/components/schemas/LinkID\"}"), ("payment_id", "{type: [integer, \"null\"], format: int64}"),
    ("amount", "{type: integer, minimum: 1}"), ("currency", "{type: string}"),
    ("status", "{type: string, enum: \(words(Operation.Status.allCases.map(\.rawValue)))}"),
    ("failure", "{oneOf: [{$ref: \"#/components/schemas/Failure\"}, {type: \"null\"}]}"),
    ("origin", "{type: string, enum: [api, acquirer]}"), ("created_at", time),
  ]

  private static let orphan: [(name: String, schema: String)] = [
    ("payment_id", "{type: integer, format: int64}"), ("object", "{const: orphan}"), ("merchant", "{type: string}"),
    ("order_id", "{type: [string, \"null\"]}"), ("status", "{$ref: \"#/components/schemas/PaymentStatus\"}"), ("amount", money),
    ("currency", "{type: [string, \"null\"]}"), ("messages", "{type: integer, minimum: 1}"), ("first_at", time), ("last_at", time),
  ]
}
