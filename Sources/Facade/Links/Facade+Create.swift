import HTTPServer
import HTTPTypes
import Logging
import Payments

extension Facade {
  /// `POST /v1/payment-links`: 201, 202 while the outcome is unknown, 200 when replayed.
  @Sendable func createLink(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .linksWrite)
    let idempotencyKey = try IdempotencyKey.read(request)
    try request.refuseQuery()
    let tree = try RequestBody.json(of: request)
    let new = try CreateBody.read(tree, served: key.merchants, merchants: configuration.merchants)
    let faults = configuration.merchants[new.merchant]?.acquirer.faults(in: new.terms, order: new.order) ?? []
    guard faults.isEmpty else { throw Problem(faults: faults) }
    let reference = IdempotencyReference(
      caller: key.name, key: idempotencyKey, fingerprint: tree.fingerprint(route: "POST /v1/payment-links"))
    do throws(StoreError) {
      let outcome = try await create(new, idempotency: reference)
      count(new.merchant, CreateCount(outcome))
      return answer(outcome, request)
    } catch {
      count(new.merchant, .failed)
      throw failed(error, request)
    }
  }

  private func answer(_ outcome: CreateLink.Outcome, _ request: Request) -> Response {
    switch outcome {
    case .created(let link): shown(link, .created, isNew: true)
    case .pending(let link): shown(link, .accepted, isNew: true)
    case .replayed(let link): shown(link, link.status == .creating ? .accepted : .ok, isReplay: true)
    case .refused(let refusal, let isReplay): refused(refusal, isReplay: isReplay, request)
    case .keyReused: Problem.keyReused.response(requestID: request.id)
    case .inProgress(let retryAfter): Problem.inProgress(retryAfter: retryAfter).response(requestID: request.id)
    case .notSent(let why): Problem(why).response(requestID: request.id)
    }
  }

  /// A link as the answer to a key.
  func shown(_ link: PaymentLink, _ status: HTTPResponse.Status, isNew: Bool = false, isReplay: Bool = false) -> Response {
    var fields: HTTPFields = [:]
    if isNew { fields[.location] = "/v1/payment-links/\(link.id)" }
    if isReplay { fields[.idempotencyReplayed] = "true" }
    return JSONAnswer.response(status, LinkBody(link, publicURL: configuration.publicURL), fields: fields)
  }

  /// A refusal as it is told, first and again. What only the operator can mend rings an alarm (design §4.4).
  func refused(_ refusal: Refusal, isReplay: Bool, _ request: Request) -> Response {
    if case .acquirerMisconfigured(let said) = refusal, !isReplay {
      logger.critical("the acquirer does not accept our configuration", metadata: ["request": "\(request.id)", "code": "\(said.code)"])
    }
    var problem = Problem(refusal)
    if isReplay { problem.fields[.idempotencyReplayed] = "true" }
    return problem.response(requestID: request.id)
  }
}
