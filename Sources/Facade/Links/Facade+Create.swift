import HTTPServer
import HTTPTypes
import JSON
import Logging
import Payments

extension Facade {
  /// `POST /v1/payment-links`: 201, 202 while the outcome is unknown, 200 when replayed.
  @Sendable func createLink(_ request: Request) async throws(Problem) -> Response {
    let key = try access.creator(of: request)
    let asked = key.order == nil ? try ordered(request, key) : try await signed(request, key)
    do throws(StoreError) {
      let outcome = try await create(asked.link, idempotency: asked.reference)
      count(asked.link.merchant, CreateCount(outcome))
      return answer(outcome, request, view: key.order == nil ? .key : .publishableKey)
    } catch {
      count(asked.link.merchant, .failed)
      throw failed(error, request)
    }
  }

  private typealias Asked = (link: NewLink, reference: IdempotencyReference)

  /// From a shop's back end.
  private func ordered(_ request: Request, _ key: APIKey) throws(Problem) -> Asked {
    let idempotencyKey = try IdempotencyKey.read(request)
    try request.refuseQuery()
    return try judged(try RequestBody.json(of: request), key, idempotencyKey)
  }

  /// From a browser, with an order that the shop's back end signed. The token's `jti` is the Idempotency-Key, whatever the header says.
  private func signed(_ request: Request, _ key: APIKey) async throws(Problem) -> Asked {
    guard let orderKey = key.order else { preconditionFailure("a publishable key is let in only with its order key") }
    try request.refuseQuery()
    let tree = try RequestBody.json(of: request)
    let (order, jti) = try await SignedOrderBody.read(tree, key: orderKey, audience: configuration.publicURL, now: clock.now())
    do throws(Problem) {
      return try judged(order, key, jti)
    } catch {
      throw SignedOrderBody.placed(error, in: tree)
    }
  }

  private func judged(_ tree: JSONTree, _ key: APIKey, _ idempotencyKey: String) throws(Problem) -> Asked {
    let new = try CreateBody.read(tree, served: key.merchants, merchants: configuration.merchants)
    let faults = configuration.merchants[new.merchant]?.acquirer.faults(in: new.terms, order: new.order) ?? []
    guard faults.isEmpty else { throw Problem(faults: faults) }
    return (
      new, IdempotencyReference(caller: key.name, key: idempotencyKey, fingerprint: tree.fingerprint(route: "POST /v1/payment-links"))
    )
  }

  private func answer(_ outcome: CreateLink.Outcome, _ request: Request, view: LinkBody.View) -> Response {
    switch outcome {
    case .created(let link): shown(link, .created, isNew: true, view: view)
    case .pending(let link): shown(link, .accepted, isNew: true, view: view)
    case .replayed(let link): shown(link, link.status == .creating ? .accepted : .ok, isReplay: true, view: view)
    case .refused(let refusal, let isReplay): refused(refusal, isReplay: isReplay, request)
    case .keyReused: Problem.keyReused.response(requestID: request.id)
    case .inProgress(let retryAfter): Problem.inProgress(retryAfter: retryAfter).response(requestID: request.id)
    case .notSent(let why): Problem(why).response(requestID: request.id)
    }
  }

  /// A link as the answer to a key.
  func shown(_ link: PaymentLink, _ status: HTTPResponse.Status, isNew: Bool = false, isReplay: Bool = false, view: LinkBody.View = .key)
    -> Response
  {
    var fields: HTTPFields = [:]
    if isNew { fields[.location] = "/v1/payment-links/\(link.id)" }
    if isReplay { fields[.idempotencyReplayed] = "true" }
    return JSONAnswer.response(status, LinkBody(link, publicURL: configuration.publicURL, view: view), fields: fields)
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
