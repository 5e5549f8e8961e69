import HTTPServer
import HTTPTypes
import JSON
import Payments

extension Facade {
  /// `POST /v1/payment-links/{id}/cancel`: stops offering the link, or gives its hold back, with the positions of its receipt where the
  /// country asks for them: 202 while nobody knows the end of that. Needs an Idempotency-Key.
  @Sendable func cancelLink(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .linksWrite)
    let idempotencyKey = try IdempotencyKey.read(request)
    try request.refuseQuery()
    let body = request.body.isEmpty ? JSONTree.object([:]) : try RequestBody.json(of: request)
    let new = try OperationBody.cancel(body)
    let link = try await link(of: request, for: key)
    try judgeReceipt(new, of: link)
    let reference = IdempotencyReference(
      caller: key.name, key: idempotencyKey, fingerprint: body.fingerprint(route: "POST /v1/payment-links/\(link.id)/cancel"))
    let outcome = try await stored(request) { () throws(StoreError) in
      try await cancel(link.id, of: link.merchant, options: new.options, idempotency: reference)
    }
    switch outcome {
    case .canceled(let link): return shown(link, .ok)
    case .releasing(let link, let operation): return try settled(link, operation)
    case .replayed(let link, let operation?): return try settled(link, operation, isReplay: true)
    case .replayed(let link, nil): return shown(link, .ok, isReplay: true)
    case .refused(let refusal, let isReplay): return refused(refusal, isReplay: isReplay, request)
    case .keyReused: throw .keyReused
    case .notFound: throw .notFound
    }
  }

  /// `POST /v1/payment-links/{id}/accept`: a person accepts the money of a link in review. Done twice it is done once, so no Idempotency-Key is asked for.
  @Sendable func acceptPayment(_ request: Request) async throws(Problem) -> Response {
    let key = try access.key(of: request, for: .refundsWrite)
    try request.refuseQuery()
    _ = try RequestBody.none(of: request)
    let link = try await link(of: request, for: key)
    switch try await stored(request, { () throws(StoreError) in try await accept(link.id, of: link.merchant) }) {
    case .accepted(let link): return shown(link, .ok)
    case .refused(let refusal): throw Problem(refusal)
    case .notFound: throw .notFound
    }
  }
}
