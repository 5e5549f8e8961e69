/// What a shop asks of a paid payment: the parameters of capture, cancel and refund, validated (protocol §8, catalogue §3.7-3.9, §5.7-5.9).
struct OperationTerms: Sendable {
  var kind: SandboxOperation.Kind
  var family: Family
  var payment: Int64
  /// Nil stands for all of it.
  var amount: SandboxAmount?
  /// pg_currency of a Gateway refund: the currency that was debited.
  var currency: String?
  /// Merchant refunds alone have one (catalogue §12.11); anywhere else the field is one that nobody knows.
  var idempotencyKey: String?

  init(_ message: WireMessage, _ kind: SandboxOperation.Kind, _ family: Family) throws(FieldError) {
    let reader = try FieldReader(message)
    self.kind = kind
    self.family = family
    payment = try reader.required("pg_payment_id", reader.integer("pg_payment_id", in: 1...Int64.max))
    switch (kind, family) {
    case (.capture, _):
      amount = try reader.amount("pg_clearing_amount", from: .least)
    case (.cancel, _):
      try ReceiptPositions.check(reader, leastPrice: .least)
    case (.refund, .gateway):
      amount = try reader.amount("pg_amount", from: .least)
      currency = try reader.text("pg_currency", most: 3)
      try ReceiptPositions.check(reader, leastPrice: SandboxAmount(hundredths: 100))
    case (.refund, .merchant):
      amount = try reader.amount("pg_refund_amount", from: .zero).flatMap { $0 > .zero ? $0 : nil }  // 0 stands for all of it
      idempotencyKey = try reader.text("pg_idempotency_key")
      try ReceiptPositions.check(reader, leastPrice: SandboxAmount(hundredths: 100))
    }
  }
}

/// `pg_receipt_positions[i][count|name|price|tax_type]`: the goods on a fiscal receipt; every part may be left out (catalogue §0, RP).
/// In `pg_xml` each position is an element pg_receipt_positions of its own (protocol §1.3).
enum ReceiptPositions {
  static func check(_ reader: FieldReader, leastPrice: SandboxAmount) throws(FieldError) {
    for field in reader.message.fields where field.name == "pg_receipt_positions" {
      guard case .group(let group) = field.value else { throw FieldError(name: field.name, reason: "ожидается список") }
      let isList = group.fields.contains { Int($0.name) != nil }
      guard isList else {
        try check(position: group, leastPrice)
        continue
      }
      for position in group.fields {
        guard case .group(let parts) = position.value else { throw FieldError(name: field.name, reason: "ожидается список позиций") }
        try check(position: parts, leastPrice)
      }
    }
  }

  private static func check(position: WireMessage, _ leastPrice: SandboxAmount) throws(FieldError) {
    let part = try FieldReader(position)
    _ = try part.integer("count", in: 1...Int64(Int32.max))
    _ = try part.amount("price", from: leastPrice)
    _ = try part.integer("tax_type", in: 0...99)
    guard position["name"] != "" else { throw FieldError(name: "pg_receipt_positions", reason: "пустое название") }
  }
}
