/// Everything the sandbox remembers, in memory: payments, idempotency keys, the calls it received, the callbacks still to be made.
/// A plain value; `Sandbox` keeps it behind one lock.
struct Ledger: Sendable {
  /// What was asked for with an idempotency key, and the number of the payment or refund it made.
  private struct Keyed: Sendable {
    var operation: SandboxCall.Operation
    var family: Family
    var content: WireMessage
    var made: Int64
  }

  private var payments: [Int64: SandboxPayment] = [:]
  private var byCustomer: [String: Int64] = [:]
  private var byOrder: [String: [Int64]] = [:]
  private var byKey: [String: Keyed] = [:]
  /// The payment of each refund and cancel, by the number of its record.
  private(set) var parents: [Int64: Int64] = [:]
  private let capacity: Int
  private var firstID: Int64
  private var nextID: Int64
  private(set) var requests: [ReceivedRequest] = []
  var callbacks = CallbackSchedule()

  init(firstPaymentID: Int64, capacity: Int = SandboxLimits.payments) {
    self.capacity = capacity
    firstID = firstPaymentID
    nextID = firstPaymentID
  }

  // MARK: - Opening

  /// The payment for these terms: a new one, or the one that the idempotency key has made already with the same content.
  ///
  /// A key that came with other content or for another operation is refused (`seed-page.txt`, pg_idempotency_key).
  mutating func open(_ terms: PageTerms, call: SandboxCall, content: WireMessage, now: Int64) throws(FieldError) -> SandboxPayment {
    if let key = terms.idempotencyKey, let known = try made(with: key, by: call, content), let payment = payments[known] { return payment }
    let payment = SandboxPayment(id: takeID(), family: call.family, customer: RandomText.customer(), terms: terms, createdAt: now)
    payments[payment.id] = payment
    byCustomer[payment.customer] = payment.id
    if let order = terms.orderID { byOrder[order, default: []].append(payment.id) }
    if let key = terms.idempotencyKey {
      byKey[key] = Keyed(operation: call.operation, family: call.family, content: content, made: payment.id)
    }
    forgetOldest()
    return payment
  }

  /// Payments, refunds and cancels take their numbers from one row.
  mutating func takeID() -> Int64 {
    defer { nextID += 1 }
    return nextID
  }

  /// The number of what the key has made, where the call and its content are the same.
  func made(with key: String, by call: SandboxCall, _ content: WireMessage) throws(FieldError) -> Int64? {
    guard let known = byKey[key] else { return nil }
    guard known.operation == call.operation, known.family == call.family, known.content == content else {
      throw FieldError(name: "pg_idempotency_key", reason: "уже использован в другом запросе")
    }
    return known.made
  }

  /// Writes an operation down with its payment.
  mutating func add(_ operation: SandboxOperation, call: SandboxCall, content: WireMessage) {
    payments[operation.payment]?.operations.append(operation)
    guard let id = operation.id else { return }
    parents[id] = operation.payment
    if let key = operation.idempotencyKey {
      byKey[key] = Keyed(operation: call.operation, family: call.family, content: content, made: id)
    }
  }

  private mutating func forgetOldest() {
    while payments.count > capacity, firstID < nextID {
      if let old = payments.removeValue(forKey: firstID) {
        byCustomer[old.customer] = nil
        if let order = old.terms.orderID {
          byOrder[order]?.removeAll { $0 == old.id }
          if byOrder[order]?.isEmpty == true { byOrder[order] = nil }
        }
        if let key = old.terms.idempotencyKey, byKey[key]?.made == old.id { byKey[key] = nil }
        for operation in old.operations {
          if let id = operation.id { parents[id] = nil }
          if let key = operation.idempotencyKey { byKey[key] = nil }
        }
      }
      firstID += 1
    }
  }

  // MARK: - Finding

  func payment(_ id: Int64) -> SandboxPayment? { payments[id] }

  func payment(customer: String) -> SandboxPayment? { byCustomer[customer].flatMap { payments[$0] } }

  /// Every payment of the order, the oldest first.
  func payments(order: String) -> [SandboxPayment] { (byOrder[order] ?? []).compactMap { payments[$0] } }

  /// A payment, or a refund's or cancel's own record.
  func anyRecord(_ id: Int64) -> StatusRecord? {
    if let payment = payments[id] { return .payment(payment) }
    guard let payment = parents[id].flatMap({ payments[$0] }) else { return nil }
    return payment.operations.first { $0.id == id }.map { .operation($0, of: payment) }
  }

  /// The last payment of the order: what the Gateway status call by order finds (protocol §7.3).
  func lastPayment(order: String) -> SandboxPayment? { byOrder[order]?.last.flatMap { payments[$0] } }

  /// The newest payments first.
  func newest(_ count: Int) -> [SandboxPayment] {
    stride(from: nextID - 1, through: firstID, by: -1).lazy.compactMap { payments[$0] }.prefix(count).map { $0 }
  }

  // MARK: - Changing

  /// Changes a payment in place and gives it back; nil where there is none.
  @discardableResult
  mutating func change(_ id: Int64, _ body: (inout SandboxPayment) -> Void) -> SandboxPayment? {
    guard payments[id] != nil else { return nil }
    body(&payments[id]!)  // just found
    return payments[id]
  }

  mutating func record(_ request: ReceivedRequest) {
    if requests.count == SandboxLimits.requests { requests.removeFirst(SandboxLimits.requests / 10) }
    requests.append(request)
  }
}

/// A call that came in, for `GET /control/requests`. The secret is no part of any message.
struct ReceivedRequest: Sendable {
  /// Milliseconds since 1970, virtual.
  var at: Int64
  var path: String
  var fields: [(name: String, value: String)]
  var signature: WireSignature.Verdict
}
