/// A capture, cancel or refund that was carried out on a paid payment, or that its card or a fault let fail.
///
/// What becomes of it is settled when it is accepted; time alone shows it, so no timer is needed.
struct SandboxOperation: Equatable, Sendable {
  enum Kind: String, Codable, Sendable {
    case capture
    case cancel
    case refund
  }

  /// pg_payment_status of the record; also pg_refund_status and pg_revoke_status (catalogue §10.5).
  enum Status: String, Sendable {
    case pending
    case success
    case error
  }

  let kind: Kind
  /// The number of its own record: pg_payment_refund_id, pg_payment_revoke_id. A capture has no record of its own.
  let id: Int64?
  /// The payment it was made on.
  let payment: Int64
  let amount: SandboxAmount
  /// When it was accepted, in virtual milliseconds.
  let at: Int64
  /// The bank's reference (RRN).
  let reference: String
  /// Why it failed or will fail; nil where it succeeds.
  let failure: PaymentFailure?
  /// Until then it is pending.
  let settlesAt: Int64
  /// Until then no status call knows of it.
  let appearsAt: Int64
  /// pg_idempotency_key of a Merchant refund.
  let idempotencyKey: String?
  /// What the call answers at once: the rule `fail_later` lets a Merchant call say ok for what is only accepted (protocol §8).
  let answered: Status

  func status(at now: Int64) -> Status {
    guard now >= settlesAt else { return .pending }
    return failure == nil ? .success : .error
  }
}

/// What a rule or a test card makes of an operation (catalogue §10.1, design §4.6).
struct OperationFate: Sendable {
  var failure: PaymentFailure?
  /// Virtual milliseconds until it is settled, and until a status call shows it.
  var settlesAfter: Int64 = 0
  var appearsAfter: Int64 = 0
  var answered = SandboxOperation.Status.success

  init(_ kind: SandboxOperation.Kind, card: TestCard?, fault: Fault?) {
    if card?.failing.contains(kind) == true {
      failure = .refusedByBank
      answered = .error
      return
    }
    switch fault?.kind {
    case .fail:
      failure = .refusedByBank
      answered = .error
    case .failLater:
      failure = .refusedByBank
      settlesAfter = fault?.after ?? 0
    case .pending:
      settlesAfter = fault?.after ?? 0
      answered = .pending
    case .invisible: appearsAfter = fault?.after ?? 0
    default: break
    }
  }
}

extension PaymentFailure {
  /// What the bank says where it does not capture, release or give back.
  static let refusedByBank = PaymentFailure(code: 9999, description: "Системная ошибка.")
}
