package import Logging

/// Sends an operation, at most once, ever (design §3): the baseline is read, `requested → sent` is committed before the first byte, and only who
/// won that sends. Whatever does not come back clearly is asked about later.
package struct RunOperation: Sendable {
  let store: any Store
  let merchants: Merchants
  let settle: SettlePayment
  let clock: any WallClock
  let logger: Logger

  package init(store: any Store, merchants: Merchants, settle: SettlePayment, clock: any WallClock, logger: Logger) {
    self.store = store
    self.merchants = merchants
    self.settle = settle
    self.clock = clock
    self.logger = logger
  }

  /// - Returns: the link as it stands afterwards. An operation that is not first in line, or that somebody else sent, is left alone.
  package func callAsFunction(_ link: PaymentLink, _ id: OperationID) async throws(StoreError) -> PaymentLink {
    guard let merchant = merchants[link.merchant], let operation = link.operation(id), operation.status == .requested,
      link.isFirstInLine(operation), let payment = link.payments.first(where: { $0.ordinal == operation.payment }), let number = payment.id
    else { return link }
    guard case .report(let report) = await merchant.acquirer.status(.payment(number, link.order), within: merchant.acquirer.callLimit)
    else {
      logger.warning("operation waits: its payment's status is not to be had", metadata: ["link": "\(link.id)", "operation": "\(id)"])
      return link
    }
    _ = try await settle(report)
    let claim = ClaimOperation(link: link, operation: id, baseline: report.refunds.compactMap(\.id), now: clock.now())
    guard let claimed = try await store.perform(claim) else { return try await store.link(link.id) ?? link }
    let answer = await merchant.acquirer.operate(claimed)
    let recorded = try await store.perform(
      onStanding: RecordOperation(
        merchant: link.merchant, link: link.id, operation: id, answer: answer, now: clock.now(), lateMoney: merchant.lateMoney.effective))
    log(answer, recorded, id)
    return recorded
  }

  /// Runs an operation that is stored: whatever happens here, its end is found out later.
  func followed(_ link: PaymentLink, _ id: OperationID) async -> PaymentLink {
    do {
      return try await self(link, id)
    } catch {
      logger.error("operation not followed", metadata: ["link": "\(link.id)", "operation": "\(id)", "error": "\(error.code.rawValue)"])
      return link
    }
  }

  private func log(_ answer: OperationAnswer, _ link: PaymentLink, _ id: OperationID) {
    let operation = link.operation(id)
    logger.info(
      "operation answered",
      metadata: [
        "link": "\(link.id)", "operation": "\(id)", "kind": "\(operation?.kind.rawValue ?? "-")", "answer": "\(answer.word)",
        "status": "\(operation?.status.rawValue ?? "-")",
      ])
  }
}

extension OperationAnswer {
  /// What kind of answer it is, for logs.
  fileprivate var word: String {
    switch self {
    case .done: "done"
    case .accepted: "accepted"
    case .refused(let refusal): "refused \(refusal.code)"
    case .wrongState(let refusal): "wrong state \(refusal.code)"
    case .unknown(let why): "unknown: \(why)"
    case .notSent: "not sent"
    }
  }
}

/// The compare-and-set `requested → sent`, committed before the first byte.
struct ClaimOperation: UnitOfWork {
  let link: PaymentLink
  let operation: OperationID
  let baseline: [PaymentID]
  let now: Timestamp

  var scope: Scope { Scope(merchant: link.merchant, link: link.id) }

  /// - Returns: what to send, or nil where it is not ours to send any more.
  func decide(_ snapshot: Snapshot) -> Decision<OperationRequest?> {
    guard var link = snapshot.links.first, let place = link.operations.firstIndex(where: { $0.id == operation }),
      link.operations[place].status == .requested, link.isFirstInLine(link.operations[place]),
      let payment = link.payments.first(where: { $0.ordinal == link.operations[place].payment }), let number = payment.id
    else { return Decision(nil) }
    let kind = link.operations[place].kind
    var changes = Changes()
    guard kind == .refund ? payment.status == .paid || payment.status == .partiallyRefunded : payment.status == .authorized else {
      link.fail(operation, Failure(code: "wrong_state", message: "the payment is \(payment.status.rawValue)"), at: now, changes: &changes)
      link.scheduleLook(after: now)
      changes.updated = [link]
      return Decision(nil, changes)
    }
    link.operations[place].status = .sent
    link.operations[place].sentAt = now
    // Looks are counted from here on: those before it only waited for its turn.
    link.operations[place].looks = 0
    link.operations[place].baseline = baseline
    link.operations[place].scheduleLook(after: now)
    link.scheduleLook(after: now)
    link.sequence += 1
    changes.updated = [link]
    let amount = link.operations[place].amount.minorUnits
    let isWhole = kind == .refund ? payment.refunded == 0 && amount == payment.captured : amount == payment.amount?.minorUnits
    return Decision(
      OperationRequest(operation: link.operations[place], payment: number, order: link.order, isWhole: isWhole, link: link.id), changes)
  }
}

/// What the acquirer answered to an operation goes into the books.
struct RecordOperation: UnitOfWork {
  let merchant: MerchantName
  let link: LinkID
  let operation: OperationID
  let answer: OperationAnswer
  let now: Timestamp
  let lateMoney: LateMoney

  var scope: Scope { Scope(merchant: merchant, link: link) }

  /// - Returns: nil where the books lost the link.
  func decide(_ snapshot: Snapshot) -> Decision<PaymentLink?> {
    guard var link = snapshot.links.first(where: { $0.id == self.link }) else { return Decision(nil) }
    // A report may have told its end in the meantime.
    guard let place = link.operations.firstIndex(where: { $0.id == operation }), link.operations[place].status == .sent else {
      return Decision(link)
    }
    var changes = Changes()
    switch answer {
    case .done(let reference): link.succeed(operation, reference: reference, at: now, lateMoney: lateMoney, changes: &changes)
    case .accepted(let reference):
      link.operations[place].reference = reference
      link.sequence += 1
    case .refused(let refusal):
      link.fail(operation, Failure(code: refusal.code, message: refusal.description), at: now, changes: &changes)
    case .wrongState, .unknown:
      link.operations[place].status = .unknown
      link.sequence += 1
    case .notSent:
      // Proven that no byte left: it may be sent later, by whoever claims it then.
      link.operations[place].status = .requested
      link.operations[place].sentAt = nil
      link.operations[place].nextLookAt = now + .seconds(30)
    }
    link.scheduleLook(after: now)
    changes.updated = [link]
    return Decision(link, changes)
  }
}
