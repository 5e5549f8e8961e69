import Logging
import Synchronization

/// What the payer (or a test, through the control route) wants.
enum PayerChoice: Sendable {
  /// Pay with a card; the amount where the page asks for one.
  case pay(amount: String?, card: String)
  /// Give up.
  case decline
}

/// Why nothing was tried at all: the page says so, and nobody is called.
enum AttemptRefusal: Error, Equatable, Sendable {
  case unknownPayment
  case expired
  case alreadyDecided
  case underWay
  case amount(String)
  case card(String)
}

/// An attempt at money: what the shop answered, and how it ended.
struct Attempt: Sendable {
  var payment: SandboxPayment
  var check: CallbackAnswer?
  var result: CallbackAnswer?
  /// Whether it ended at the check: then the page shows the shop's reason, and the payer may try again.
  var isRefusedByCheck = false
}

/// check → the card decides → result → the way back (protocol §3, §4). An attempt that failed may be tried again on the same page.
extension Sandbox {
  func attempt(_ choice: PayerChoice, on id: Int64) async throws(AttemptRefusal) -> Attempt {
    switch choice {
    case .decline:
      let payment = try begin(id, amount: nil, card: nil)
      return await report(Attempt(payment: end(payment, .canceledByPayer)))
    case .pay(let amount, let number):
      guard let card = TestCard.find(number) else { throw .card("Only the test cards are taken here.") }
      let payment = try begin(id, amount: amount, card: card)
      return await pay(payment, card)
    }
  }

  private func pay(_ payment: SandboxPayment, _ card: TestCard) async -> Attempt {
    var check: CallbackAnswer?
    if let callback = checkCallback(of: payment) {
      let answer = await deliver(callback)
      guard answer.isConsent else {
        let refused = end(payment, .refusedByShop(answer.status == "rejected" && answer.isSigned ? answer.description : nil))
        return Attempt(payment: refused, check: answer, isRefusedByCheck: true)
      }
      check = answer
    }
    let decided =
      switch card.outcome {
      case .success: end(payment, nil)
      case .decline(let code): end(payment, .declined(code: code))
      }
    return await report(Attempt(payment: decided, check: check))
  }

  // MARK: - Steps on the ledger

  /// Takes the payment for one attempt: while it is `pending` nobody else can.
  private func begin(_ id: Int64, amount: String?, card: TestCard?) throws(AttemptRefusal) -> SandboxPayment {
    let now = clock.now()
    return try ledger.withLock { ledger throws(AttemptRefusal) in
      guard let payment = ledger.payment(id) else { throw .unknownPayment }
      switch payment.status {
      case .success, .revoked, .incomplete: throw .alreadyDecided
      case .pending: throw .underWay
      case .new, .error: break
      }
      guard !payment.isExpired(at: now) else { throw .expired }
      let chosen = card == nil ? payment.terms.amountOfferedFirst : try Self.amount(amount, for: payment.terms)
      let taken = ledger.change(id) { payment in
        payment.status = .pending
        payment.amount = chosen
        payment.card = card
        payment.failure = nil
      }
      return taken!  // found above, under the same lock
    }
  }

  /// The amount to pay: the page's own, or the payer's within the page's bounds.
  private static func amount(_ text: String?, for terms: PageTerms) throws(AttemptRefusal) -> SandboxAmount {
    let given = text.map { $0.filter { $0 != " " }.replacing(",", with: ".") }.flatMap { $0.isEmpty ? nil : $0 }
    switch terms.amount {
    case .fixed(let amount):
      guard given == nil || given.flatMap(SandboxAmount.init) == amount else { throw .amount("The amount is \(amount.fixed) and fixed.") }
      return amount
    case .chosen(let from, let to, let suggested):
      guard let given else {
        guard let suggested else { throw .amount("Enter an amount.") }
        return suggested
      }
      guard let amount = SandboxAmount(given) else { throw .amount("Enter an amount such as 50000 or 50000.50.") }
      guard (from...to).contains(amount) else { throw .amount("The amount must be from \(from.fixed) to \(to.fixed).") }
      return amount
    }
  }

  /// The bank has spoken: paid, or failed for this reason.
  private func end(_ payment: SandboxPayment, _ failure: PaymentFailure?) -> SandboxPayment {
    var ended = payment
    ended.status = failure == nil ? .success : .error
    ended.failure = failure
    ended.paidAt = failure == nil ? clock.now() : nil
    ended.reference = RandomText.digits(12)
    ended.approvalCode = failure == nil ? RandomText.digits(6) : nil
    ended.canReject = failure == nil && payment.terms.resultURL != nil
    let entry = ended
    ledger.withLock { _ = $0.change(entry.id) { $0 = entry } }  // nobody else changes a payment that is `pending`
    logger.info("payment decided", metadata: ["payment": "\(ended.id)", "status": "\(ended.status.rawValue)"])
    return ended
  }

  // MARK: - Result

  /// Tells the shop. No HTTP 200: repeats follow, and the shop can no longer refuse.
  private func report(_ attempt: Attempt) async -> Attempt {
    guard let callback = resultCallback(of: attempt.payment, canReject: attempt.payment.canReject) else { return attempt }
    let id = attempt.payment.id
    let fault = faults.withLock { $0.take(for: .result) }
    if let fault, fault.kind == .reorder {
      let due = CallbackSchedule.Due(
        payment: id, at: clock.now() + Int64(fault.delay), repeatsLeft: CallbackSchedule.repeats, isFirst: true)
      ledger.withLock { $0.callbacks.add(due) }
      return attempt
    }
    let answer = await deliver(callback, fault: fault)
    let now = clock.now()
    if answer.http != 200 { ledger.withLock { $0.callbacks.addRepeats(of: id, after: now) } }
    return Attempt(payment: settle(id, answer) ?? attempt.payment, check: attempt.check, result: answer)
  }

  /// After the first delivery: a signed `rejected` takes the payment back, unless the shop has captured, released or given back money of it
  /// meanwhile; from now on none can (protocol §4.2, §4.3).
  @discardableResult
  func settle(_ id: Int64, _ answer: CallbackAnswer) -> SandboxPayment? {
    ledger.withLock { ledger in
      ledger.change(id) { payment in
        if payment.canReject, answer.isRejection, payment.operations.isEmpty {
          payment.status = .revoked
          payment.failure = .reversedByShop(answer.description)
        }
        payment.canReject = false
      }
    }
  }
}
