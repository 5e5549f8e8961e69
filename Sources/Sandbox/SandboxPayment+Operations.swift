/// What may be captured, released and given back, and what was (protocol §7, §8).
extension SandboxPayment {
  /// Why an operation is refused without being tried.
  enum Objection: Error, Equatable, Sendable {
    /// It is captured, released, refunded or not paid already.
    case wrongStatus
    /// More than was held, or than is left to give back.
    case exceedsPayment
  }

  /// Captured and released alike end a hold; five days after the payment the acquirer captures it by itself.
  func captured(at now: Int64) -> SandboxAmount {
    guard status == .success, let paidAt else { return .zero }
    guard terms.isHold else { return shownAmount }
    if let capture = first(.capture, .success, at: now) { return capture.amount }
    guard first(.cancel, .success, at: now) == nil, !isHoldBusy(at: now) else { return .zero }
    return now >= paidAt + Self.holdLifetime ? shownAmount : .zero
  }

  /// pg_captured: whether the money was taken, not only held.
  func isCaptured(at now: Int64) -> Bool { captured(at: now) > .zero }

  /// A hold that was released.
  func isReleased(at now: Int64) -> Bool { first(.cancel, .success, at: now) != nil }

  /// What was given back. A refund that is pending or failed does not count (protocol §7.1).
  func refunded(at now: Int64) -> SandboxAmount { sum(of: [.success], at: now) }

  /// What can still be given back: pending refunds have taken their part.
  func refundable(at now: Int64) -> SandboxAmount {
    captured(at: now) - sum(of: [.success, .pending], at: now)
  }

  /// The payment as status calls show it: without the operations that are not to be seen yet.
  func seen(at now: Int64) -> SandboxPayment {
    var seen = self
    seen.operations.removeAll { $0.appearsAt > now }
    return seen
  }

  // MARK: - May it be done?

  /// What the operation moves: `wanted`, or where nothing is said all that there is (protocol §8).
  ///
  /// A partial capture of the Gateway family must stay below the payment's amount (catalogue §3.8); all is captured by saying nothing.
  func amount(for kind: SandboxOperation.Kind, _ wanted: SandboxAmount?, _ family: Family, at now: Int64) throws(Objection) -> SandboxAmount
  {
    guard status == .success else { throw .wrongStatus }
    switch kind {
    case .capture:
      guard isHeld(at: now) else { throw .wrongStatus }
      guard let wanted else { return shownAmount }
      guard wanted < shownAmount || (wanted == shownAmount && family == .merchant) else { throw .exceedsPayment }
      return wanted
    case .cancel:
      guard isHeld(at: now) else { throw .wrongStatus }
      return shownAmount
    case .refund:
      let left = refundable(at: now)
      guard left > .zero else { throw .wrongStatus }
      guard let wanted else { return left }
      guard wanted <= left else { throw .exceedsPayment }
      return wanted
    }
  }

  /// Held, and neither captured nor released nor about to be.
  private func isHeld(at now: Int64) -> Bool {
    terms.isHold && !isCaptured(at: now) && !isReleased(at: now) && !isHoldBusy(at: now)
  }

  /// A capture or cancel that is pending.
  private func isHoldBusy(at now: Int64) -> Bool {
    operations.contains { $0.kind != .refund && $0.status(at: now) == .pending }
  }

  private func first(_ kind: SandboxOperation.Kind, _ status: SandboxOperation.Status, at now: Int64) -> SandboxOperation? {
    operations.first { $0.kind == kind && $0.status(at: now) == status }
  }

  private func sum(of statuses: [SandboxOperation.Status], at now: Int64) -> SandboxAmount {
    operations.reduce(.zero) { sum, operation in
      operation.kind == .refund && statuses.contains(operation.status(at: now)) ? sum + operation.amount : sum
    }
  }
}
