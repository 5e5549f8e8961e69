/// An operation that was accepted, now or before with the same idempotency key.
struct MadeOperation: Sendable {
  var payment: SandboxPayment
  var operation: SandboxOperation
  var isNew: Bool
}

/// A payment, or the record that a refund or cancel of it has under a number of its own.
enum StatusRecord: Sendable {
  case payment(SandboxPayment)
  case operation(SandboxOperation, of: SandboxPayment)
}

extension Ledger {
  /// Carries the operation out, or lets it fail as its card and fault say; the payment remembers both.
  ///
  /// One that is refused leaves no trace. A Merchant refund that comes again with its key and content is the refund that was made
  /// (protocol §8); the Gateway family has no keys.
  mutating func operate(
    _ terms: OperationTerms, call: SandboxCall, content: WireMessage, fault: Fault?, now: Int64
  ) throws(Refusal) -> MadeOperation {
    if let key = terms.idempotencyKey, let made = try known(key, call, content) { return made }
    guard let payment = payment(terms.payment) else {
      throw record(terms.payment, at: now) == nil ? .unknownPayment : .wrongPaymentStatus  // a refund cannot be refunded
    }
    if let currency = terms.currency, currency != payment.terms.currency {
      throw .badField(FieldError(name: "pg_currency", reason: "не валюта платежа"), call.family)
    }
    guard payment.operations.count < SandboxLimits.operations else { throw .tooManyOperations }
    let operation = Self.operation(
      terms, on: payment, id: terms.kind == .capture ? nil : takeID(), amount: try Self.amount(terms, of: payment, now),
      OperationFate(terms.kind, card: payment.card, fault: fault), now)
    add(operation, call: call, content: content)
    return MadeOperation(payment: self.payment(payment.id) ?? payment, operation: operation, isNew: true)
  }

  private func known(_ key: String, _ call: SandboxCall, _ content: WireMessage) throws(Refusal) -> MadeOperation? {
    do {
      guard let id = try made(with: key, by: call, content), case .operation(let operation, let payment) = anyRecord(id) else { return nil }
      return MadeOperation(payment: payment, operation: operation, isNew: false)
    } catch {
      throw .badField(error, call.family)
    }
  }

  private static func amount(_ terms: OperationTerms, of payment: SandboxPayment, _ now: Int64) throws(Refusal) -> SandboxAmount {
    do {
      return try payment.amount(for: terms.kind, terms.amount, terms.family, at: now)
    } catch {
      throw error == .wrongStatus ? .wrongPaymentStatus : .exceedsPayment(terms.family)
    }
  }

  private static func operation(
    _ terms: OperationTerms, on payment: SandboxPayment, id: Int64?, amount: SandboxAmount, _ fate: OperationFate, _ now: Int64
  ) -> SandboxOperation {
    SandboxOperation(
      kind: terms.kind, id: id, payment: payment.id, amount: amount, at: now, reference: RandomText.digits(12), failure: fate.failure,
      settlesAt: now + fate.settlesAfter, appearsAt: now + fate.appearsAfter, idempotencyKey: terms.idempotencyKey, answered: fate.answered)
  }

  // MARK: - Finding

  /// A payment, or a refund's or cancel's own record once it is to be seen.
  func record(_ id: Int64, at now: Int64) -> StatusRecord? {
    let record = anyRecord(id)
    if case .operation(let operation, _) = record, operation.appearsAt > now { return nil }
    return record
  }

  /// What the Merchant status call finds by order: the newest of its payments and of their refunds (protocol §7.1).
  func lastRecord(order: String, at now: Int64) -> StatusRecord? {
    let parents = payments(order: order)
    let refunds = parents.flatMap(\.operations).filter { $0.kind == .refund && $0.appearsAt <= now }.compactMap(\.id)
    return (parents.map(\.id) + refunds).max().flatMap { record($0, at: now) }
  }
}

extension Refusal {
  static let tooManyOperations = Refusal(code: 420, description: "Превышено число операций по платежу")
}
