import HTTPServer
import HTTPTypes
import JSON
import Payments

/// Capture, refunds and sync (design §4.3).
extension Facade {
  /// `POST /v1/payment-links/{id}/capture`: takes held money, whole or in part. 200 with the link, 202 while nobody knows. Needs an Idempotency-Key.
  @Sendable func captureHold(_ request: Request) async throws(Problem) -> Response {
    try await operated(request, route: "capture", OperationBody.capture) { link, id, isReplay throws(Problem) in
      try settled(link, id, isReplay: isReplay)
    }
  }

  /// `POST /v1/payment-links/{id}/refunds`: gives captured money back. 201 with the refund, 202 while nobody knows its end. Needs an Idempotency-Key.
  @Sendable func refundPayment(_ request: Request) async throws(Problem) -> Response {
    try await operated(request, route: "refunds", OperationBody.refund) { link, id, isReplay throws(Problem) in
      let refund = try operation(id, of: link)
      let status: HTTPResponse.Status = refund.status.isOpen ? .accepted : isReplay ? .ok : .created
      return JSONAnswer.response(
        status, RefundBody(refund, of: link), fields: isReplay ? [.idempotencyReplayed: "true"] : [:])
    }
  }

  /// `GET /v1/payment-links/{id}/refunds`: `{"data"}`, all of them, newest first.
  @Sendable func listRefunds(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .linksRead)
    try request.refuseQuery()
    return JSONAnswer.response(.ok, RefundListBody(data: RefundBody.all(of: try await link(of: request, for: key))))
  }

  /// `POST /v1/payment-links/{id}/sync`: asks the acquirer now, and answers the link as it stands then. No Idempotency-Key is asked for, since a
  /// question changes nothing by being asked again.
  @Sendable func syncLink(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .linksWrite)
    try request.refuseQuery()
    _ = try RequestBody.none(of: request)
    let link = try await link(of: request, for: key)
    guard let merchant = configuration.merchants[link.merchant] else { throw .notFound }
    return shown(
      try await stored(request) { () throws(StoreError) in try await sync.everything(of: link, within: merchant.acquirer.callLimit) }, .ok)
  }

  /// The link after a capture or cancel: 200 when it is done, 202 while nobody knows. One that moved nothing is a problem, so that nobody takes it for done.
  func settled(_ link: PaymentLink, _ id: OperationID, isReplay: Bool = false) throws(Problem) -> Response {
    let operation = try operation(id, of: link)
    guard operation.status == .failed else { return shown(link, operation.status.isOpen ? .accepted : .ok, isReplay: isReplay) }
    var problem = Problem(failed: operation, of: link)
    if isReplay { problem.fields[.idempotencyReplayed] = "true" }
    throw problem
  }

  private func operation(_ id: OperationID, of link: PaymentLink) throws(Problem) -> Operation {
    guard let operation = link.operation(id) else { throw Problem(StoreError(.corrupt, "link \(link.id): an operation is missing")) }
    return operation
  }

  private func operated(
    _ request: Request, route: String, _ read: (JSONTree) throws(Problem) -> NewOperation,
    _ answer: (PaymentLink, OperationID, _ isReplay: Bool) throws(Problem) -> Response
  ) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .refundsWrite)
    let idempotencyKey = try IdempotencyKey.read(request)
    try request.refuseQuery()
    let tree = request.body.isEmpty ? JSONTree.object([:]) : try RequestBody.json(of: request)
    let new = try read(tree)
    let link = try await link(of: request, for: key)
    try judgeReceipt(new, of: link)
    let reference = IdempotencyReference(
      caller: key.name, key: idempotencyKey, fingerprint: tree.fingerprint(route: "POST /v1/payment-links/\(link.id)/\(route)"))
    let outcome = try await stored(request) { () throws(StoreError) in
      try await operate(new, on: link.id, of: link.merchant, idempotency: reference)
    }
    switch outcome {
    case .operated(let link, let id): return try answer(link, id, false)
    case .replayed(let link, let id): return try answer(link, id, true)
    case .refused(let refusal, let isReplay): return refused(refusal, isReplay: isReplay, request)
    case .keyReused: throw .keyReused
    case .notFound: throw .notFound
    }
  }

  /// The acquirer judges the receipt of a refund or release as that of an order with a price.
  func judgeReceipt(_ new: NewOperation, of link: PaymentLink) throws(Problem) {
    guard !new.options.values.isEmpty, let acquirer = configuration.merchants[link.merchant]?.acquirer else { return }
    var terms = link.terms
    terms.amount = .exactly(Money(minorUnits: new.amount ?? 1, currency: terms.amount.currency))
    terms.options = new.options
    let faults = acquirer.faults(in: terms, order: link.order).filter { $0.pointer.hasPrefix("/receipt") }
    guard faults.isEmpty else { throw Problem(faults: faults) }
  }
}
