extension PaymentLink {
  package func operation(_ id: OperationID) -> Operation? { operations.first { $0.id == id } }

  /// Minor units that open operations of a kind may still move.
  package func reserved(_ kind: Operation.Kind, of payment: Payment) -> Int64 {
    operations.filter { $0.kind == kind && $0.payment == payment.ordinal && $0.status.isOpen }.reduce(0) { $0 + $1.amount.minorUnits }
  }

  /// Minor units that can still be asked back.
  package func refundable(_ payment: Payment) -> Int64 { payment.captured - payment.refunded - reserved(.refund, of: payment) }

  /// The payment whose hold is meant where none is named: the one that counts, or else the only hold there is.
  package var held: Payment? {
    if let counting, counting.status == .authorized { return counting }
    let holds = payments.filter { $0.status == .authorized }
    return holds.count == 1 ? holds[0] : nil
  }

  /// One operation per payment is at work at a time; later ones wait with their amounts reserved.
  func isFirstInLine(_ operation: Operation) -> Bool {
    operations.first { $0.payment == operation.payment && $0.status.isOpen }?.id == operation.id
  }

  func hasOpenOperation(_ payment: Payment) -> Bool { operations.contains { $0.payment == payment.ordinal && $0.status.isOpen } }

  /// Stores an operation that the shop asked for.
  mutating func request(_ operation: Operation) {
    operations.append(operation)
    sequence += 1
  }

  /// Ends an operation well: the money moved, once.
  mutating func succeed(_ id: OperationID, reference: PaymentID?, at now: Timestamp, lateMoney: LateMoney, changes: inout Changes) {
    guard let place = operations.firstIndex(where: { $0.id == id }), operations[place].status.isOpen else { return }
    end(place, .succeeded, at: now)
    operations[place].reference = reference ?? operations[place].reference
    move(operations[place], at: now, lateMoney: lateMoney, changes: &changes)
  }

  /// Ends an operation that moved nothing.
  mutating func fail(_ id: OperationID, _ failure: Failure, at now: Timestamp, changes: inout Changes) {
    guard let place = operations.firstIndex(where: { $0.id == id }), operations[place].status.isOpen else { return }
    end(place, .failed, at: now)
    operations[place].failure = failure
    if operations[place].kind == .refund { changes.record(.refundFailed, &self, at: now) } else { sequence += 1 }
  }

  /// Ends an operation. The one that waited behind it is at once due.
  mutating func end(_ place: Int, _ status: Operation.Status, at now: Timestamp) {
    operations[place].end(status, at: now)
    let payment = operations[place].payment
    guard let next = operations.firstIndex(where: { $0.payment == payment && $0.status.isOpen }), operations[next].status == .requested
    else { return }
    operations[next].nextLookAt = now
  }

  /// What a successful operation does to its payment and link.
  mutating func move(_ operation: Operation, at now: Timestamp, lateMoney: LateMoney, changes: inout Changes) {
    guard let index = payments.firstIndex(where: { $0.ordinal == operation.payment }) else { return }
    payments[index].changedAt = now
    switch operation.kind {
    case .capture:
      payments[index].captured = operation.amount.minorUnits
      payments[index].status = .paid
      changes.record(payments[index].flags.isEmpty ? .paymentPaid : .paymentFlagged, &self, at: now)
    case .cancel:
      payments[index].status = .canceled
      countRest(after: .paymentCanceled, now: now, lateMoney: lateMoney, changes: &changes)
    case .refund:
      payments[index].refunded += operation.amount.minorUnits
      payments[index].status = payments[index].refunded >= payments[index].captured ? .refunded : .partiallyRefunded
      countRest(after: .refundSucceeded, now: now, lateMoney: lateMoney, changes: &changes)
    }
  }
}

extension Operation {
  mutating func end(_ status: Status, at now: Timestamp) {
    self.status = status
    endedAt = now
    nextLookAt = nil
  }

  /// When it is asked about after so many looks: 5 s, 30 s, 2 m, 10 m, 1 h, 6 h, then daily (design §6).
  mutating func scheduleLook(after now: Timestamp) {
    let waits: [Duration] = [.seconds(5), .seconds(30), .minutes(2), .minutes(10), .hours(1), .hours(6)]
    nextLookAt = now + (looks < waits.count ? waits[looks] : .days(1))
  }

  /// Whether this look is the one, more than a day after the first, at which a person is asked (design §3). It goes on being asked about.
  var isTimeForPerson: Bool { looks == 7 }
}
