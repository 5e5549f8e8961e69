import Payments

/// Reads the signed answer to a capture, cancel or refund (protocol §8): `pg_status`, `pg_payment_id`, and by kind
/// `pg_amount`, `pg_clearing_amount`, `pg_clearing_status` | `pg_payment_revoke_id`, `pg_revoke_status` | `pg_payment_refund_id`,
/// `pg_refund_status`. The Merchant family answers little more than `pg_status`.
struct OperationReading {
  let fields: Fields
  /// Whether `pg_status` said that it is done, not that it is under way.
  let isOK: Bool
  let family: Family
  let request: OperationRequest

  private var kind: Operation.Kind { request.operation.kind }

  var answer: OperationAnswer {
    if let stranger = mismatch { return CallFailure(.badBody, why: stranger).operationAnswer(kind) }
    // The Merchant family's ok to a refund is only taken for a promise: failed ones were answered so too (protocol §8).
    guard isOK, family == .gateway || kind != .refund else { return .accepted(reference) }
    let words = statuses
    if words.allSatisfy(Self.done.contains) {
      if isOtherAmount { return CallFailure(.badBody, why: "the answer is about another amount").operationAnswer(kind) }
      return .done(reference)
    }
    // With its number the list of refunds tells its end, a bad one too.
    if reference == nil, words.contains(where: Self.failed.contains) { return .unknown("the answer says ok and \(kind.rawValue) failed") }
    return .accepted(reference)
  }

  private static let done: Set<String> = ["success", "ok", "1"]
  private static let failed: Set<String> = ["error", "failed"]

  /// The words for the operation itself. The page of clearing calls its own field by two names (catalogue §3.8). A doubled field, or one with
  /// others inside, is a word that nobody knows.
  private var statuses: [String] {
    let names =
      switch kind {
      case .capture: ["pg_clearing_status", "pg_status_clearing"]
      case .cancel: ["pg_revoke_status"]
      case .refund: ["pg_refund_status"]
      }
    return names.flatMap { fields.values(of: $0).count > 1 ? ["doubled"] : fields.values(of: $0).map(Self.word) }.filter { !$0.isEmpty }
  }

  private static func word(_ value: Fields.Value) -> String {
    guard case .text(let text) = value else { return "nested" }
    return text
  }

  /// The acquirer's own number of it. A capture has none.
  private var reference: PaymentID? {
    let names =
      switch kind {
      case .capture: [String]()
      case .cancel: ["pg_payment_revoke_id", "pg_revoke_payment_id"]
      case .refund: ["pg_payment_refund_id", "pg_revoke_payment_id"]
      }
    return names.compactMap { fields.text($0) }.first.flatMap { Int64($0) }.flatMap { try? PaymentID($0) }
  }

  /// Why the answer is about something else than what was asked for.
  private var mismatch: String? {
    if !fields.values(of: "pg_payment_id").isEmpty, fields.text("pg_payment_id") != String(request.payment.number) {
      return "the answer is about another payment"
    }
    return nil
  }

  /// Whether another sum was captured than was asked for.
  private var isOtherAmount: Bool {
    guard kind == .capture, !fields.values(of: "pg_clearing_amount").isEmpty else { return false }
    let amount = request.operation.amount
    guard let text = fields.text("pg_clearing_amount") else { return true }
    return (try? Money(decimal: text, currency: amount.currency)) != amount
  }
}
