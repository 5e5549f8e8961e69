extension PaymentLink {
  /// Reads the ends of open operations out of a status report. What the report does not show proves nothing: the operation stays open.
  /// - Returns: whether anything changed.
  mutating func resolveOperations(of index: Int, with report: Report, at now: Timestamp, lateMoney: LateMoney, changes: inout Changes)
    -> Bool
  {
    let before = operations
    let ordinal = payments[index].ordinal
    for operation in operations where operation.payment == ordinal && operation.status.isOpen && operation.kind != .refund {
      resolveHold(operation, with: report, at: now, lateMoney: lateMoney, changes: &changes)
    }
    // Without a sum, what the list shows is the sum.
    let listed = report.refunds.filter { $0.status == .succeeded }.reduce(0) { $0 + $1.amount.minorUnits }
    let sum = report.refunded?.minorUnits ?? (report.status == .refunded ? payments[index].captured : listed)
    for refund in report.refunds { resolve(refund, of: index, sum: sum, at: now, lateMoney: lateMoney, changes: &changes) }
    // What the sum has more than the list: a refund whose record does not show yet.
    if sum > payments[index].refunded {
      let rest = Money(minorUnits: sum - payments[index].refunded, currency: terms.amount.currency)
      resolve(
        ReportedRefund(id: nil, amount: rest, status: .succeeded), of: index, sum: sum, at: now, lateMoney: lateMoney, changes: &changes)
    }
    return operations != before
  }

  /// A capture or cancel: the payment's own status tells its end.
  private mutating func resolveHold(
    _ operation: Operation, with report: Report, at now: Timestamp, lateMoney: LateMoney, changes: inout Changes
  ) {
    let overtaken = Failure(code: "wrong_state", message: "the payment was \(report.status.rawValue) before")
    switch (operation.kind, report.status) {
    case (.capture, .paid), (.capture, .partiallyRefunded), (.capture, .refunded), (.cancel, .canceled):
      guard let place = operations.firstIndex(where: { $0.id == operation.id }) else { return }
      // What was never sent was not its doing.
      if operation.status == .requested { return fail(operation.id, overtaken, at: now, changes: &changes) }
      // Another sum than was asked for was taken: the acquirer's own capture came before.
      if operation.kind == .capture, payments.first(where: { $0.ordinal == operation.payment })?.captured != operation.amount.minorUnits {
        changes.record(.paymentAnomaly, &self, at: now)
        return fail(operation.id, overtaken, at: now, changes: &changes)
      }
      // The report itself has moved the money in the books.
      end(place, .succeeded, at: now)
      sequence += 1
    case (.capture, .canceled), (.cancel, .paid), (.cancel, .partiallyRefunded), (.cancel, .refunded):
      fail(operation.id, overtaken, at: now, changes: &changes)
    default: break
    }
  }

  /// A listed refund: one we know by its number; one that succeeded before its number was known; the oldest open one of the same amount that
  /// was sent, if it is not in its own baseline; else one that somebody made elsewhere. The books never show more than the acquirer's sum.
  private mutating func resolve(
    _ refund: ReportedRefund, of index: Int, sum: Int64, at now: Timestamp, lateMoney: LateMoney, changes: inout Changes
  ) {
    let ordinal = payments[index].ordinal
    if let id = refund.id {
      if operations.contains(where: { $0.payment == ordinal && $0.reference == id && !$0.status.isOpen }) { return }
      let isNumbered = operations.contains { $0.payment == ordinal && $0.reference == id }
      if refund.status == .succeeded, !isNumbered,
        let place = operations.firstIndex(where: { isNumberless($0, like: refund, under: ordinal) })
      {
        operations[place].reference = id
        return
      }
    }
    let ours = operations.first { operation in
      guard operation.payment == ordinal, operation.kind == .refund, operation.status == .sent || operation.status == .unknown else {
        return false
      }
      // What the sum has more than the list may be one whose record is still pending.
      if let reference = operation.reference, let id = refund.id { return reference == id }
      return operation.amount == refund.amount && !(refund.id.map(operation.baseline.contains) ?? false)
    }
    if refund.status == .succeeded, payments[index].refunded + refund.amount.minorUnits > sum { return }
    switch (refund.status, ours) {
    case (.succeeded, let ours?): succeed(ours.id, reference: refund.id, at: now, lateMoney: lateMoney, changes: &changes)
    case (.failed, let ours?):
      fail(ours.id, Failure(code: "refund_failed", message: "the acquirer lists it as failed"), at: now, changes: &changes)
    case (.pending, let ours?):
      if let place = operations.firstIndex(where: { $0.id == ours.id }) { operations[place].reference = refund.id }
    case (.succeeded, nil): takeOver(refund, of: index, at: now, lateMoney: lateMoney, changes: &changes)
    case (.failed, nil), (.pending, nil): break
    }
  }

  private func isNumberless(_ operation: Operation, like refund: ReportedRefund, under ordinal: Int) -> Bool {
    operation.payment == ordinal && operation.kind == .refund && operation.status == .succeeded && operation.reference == nil
      && operation.amount == refund.amount && !(refund.id.map(operation.baseline.contains) ?? false)
  }

  /// A refund that was made elsewhere, such as in the acquirer's cabinet. Ours that have no room beside it any more end.
  private mutating func takeOver(_ refund: ReportedRefund, of index: Int, at now: Timestamp, lateMoney: LateMoney, changes: inout Changes) {
    guard refund.amount.minorUnits > 0, refund.amount.minorUnits <= payments[index].captured - payments[index].refunded
    else { return }
    let operation = Operation(
      id: OperationID(.refund, at: now), kind: .refund, payment: payments[index].ordinal, amount: refund.amount, origin: .acquirer,
      requestedAt: refund.at ?? now, status: .succeeded, reference: refund.id, endedAt: now)
    operations.append(operation)
    move(operation, at: now, lateMoney: lateMoney, changes: &changes)
    while refundable(payments[index]) < 0,
      let last = operations.last(where: { $0.kind == .refund && $0.payment == operation.payment && $0.status.isOpen })
    {
      if last.status != .requested { changes.record(.paymentAnomaly, &self, at: now) }
      fail(last.id, Failure(code: "overtaken", message: "the money was given back elsewhere"), at: now, changes: &changes)
    }
  }
}
