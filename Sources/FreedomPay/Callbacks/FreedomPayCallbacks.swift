package import HTTPServer
import HTTPTypes
package import Logging
package import Payments

/// The acquirer's calls to us: `GET, POST /callbacks/{merchant}/check` and `/result` (protocol §3, §4; design §3 "A callback").
///
/// Read all fields, verify, translate, decide or settle, answer signed. Not verified: 400, counted, and nothing is stored. The books
/// cannot be written: a result gets 503, so that it comes again, and a check is refused. Neither values nor signatures are logged.
package struct FreedomPayCallbacks: Routable {
  private let merchants: [String: FreedomPayMerchant]
  private let check: CheckPayment
  private let settle: SettlePayment
  private let clock: any WallClock
  private let logger: Logger
  private let count: @Sendable (CallbackKind, CallbackOutcome) -> Void

  /// - Parameter count: told once about every callback, for the metrics.
  package init(
    merchants: [FreedomPayMerchant], check: CheckPayment, settle: SettlePayment, clock: any WallClock, logger: Logger,
    count: @escaping @Sendable (CallbackKind, CallbackOutcome) -> Void = { _, _ in }
  ) {
    self.merchants = Dictionary(merchants.map { ($0.name.text, $0) }, uniquingKeysWith: { first, _ in first })
    self.check = check
    self.settle = settle
    self.clock = clock
    self.logger = logger
    self.count = count
  }

  package var routes: [Route] {
    CallbackKind.allCases.flatMap { kind in
      [HTTPRequest.Method.get, .post].map { method in
        Route(method, "/callbacks/{merchant}/\(kind.rawValue)", class: .callback) { request in await answer(kind, request) }
      }
    }
  }

  private func answer(_ kind: CallbackKind, _ request: Request) async -> Response {
    guard let merchant = request.parameters["merchant"].flatMap({ merchants[$0] }) else {
      count(kind, .unknownMerchant)
      return HTTPError(.notFound, "No such merchant.").response(requestID: request.id)
    }
    do {
      let callback = try VerifiedCallback(kind, Self.message(request), merchant: merchant)
      return await answer(callback, try callback.report(receivedAt: clock.now()), request, merchant)
    } catch {
      return refuse(kind, error, request, merchant)
    }
  }

  private static func message(_ request: Request) throws(VerifiedCallback.Refusal) -> CallbackMessage {
    do {
      return try CallbackMessage(request)
    } catch {
      throw .malformed(error.reason)
    }
  }

  /// What is not a message of the acquirer: 400, and nothing is stored.
  private func refuse(
    _ kind: CallbackKind, _ refusal: VerifiedCallback.Refusal, _ request: Request, _ merchant: FreedomPayMerchant
  ) -> Response {
    let (outcome, level, why): (CallbackOutcome, Logger.Level, String) =
      switch refusal {
      case .unverified(let why): (.unverified, .warning, why)
      case .malformed(let why): (.malformed, .warning, why)
      case .unreadable(let why): (.malformed, .error, why)
      }
    count(kind, outcome)
    logger.log(
      level: level, "callback refused",
      metadata: ["request": "\(request.id)", "merchant": "\(merchant.name)", "kind": "\(kind.rawValue)", "why": "\(why)"])
    return HTTPError(.malformed, "This is not a signed message of the acquirer.").response(requestID: request.id)
  }

  private func answer(
    _ callback: VerifiedCallback, _ report: Report, _ request: Request, _ merchant: FreedomPayMerchant
  ) async -> Response {
    let verdict: Verdict
    do {
      switch callback.kind {
      case .check: verdict = try await check(report)
      case .result: verdict = try await settle(report).verdict
      }
    } catch {
      count(callback.kind, .unavailable)
      logger.error(
        "callback not stored",
        metadata: [
          "request": "\(request.id)", "merchant": "\(merchant.name)", "kind": "\(callback.kind.rawValue)",
          "error": "\(error.code.rawValue)",
        ])
      guard callback.kind == .check else { return Self.comeAgain(request) }
      return signed(.reject(reason: "Please try again in a few minutes."), callback, merchant)
    }
    count(callback.kind, verdict.outcome)
    return signed(verdict, callback, merchant)
  }

  private func signed(_ verdict: Verdict, _ callback: VerifiedCallback, _ merchant: FreedomPayMerchant) -> Response {
    CallbackAnswer(
      verdict: verdict, script: merchant.scriptNames.name(of: callback.kind), secret: merchant.secrets.key(callback.secret)
    ).response
  }

  private static func comeAgain(_ request: Request) -> Response {
    .problem(
      status: .serviceUnavailable, code: "database_unavailable", title: "The books cannot be written",
      detail: "Nothing was stored; send it again.", requestID: request.id, retryable: true, fields: [.retryAfter: "30"])
  }
}

extension Verdict {
  fileprivate var outcome: CallbackOutcome {
    switch self {
    case .accept: .accepted
    case .reject: .rejected
    case .error: .error
    }
  }
}
