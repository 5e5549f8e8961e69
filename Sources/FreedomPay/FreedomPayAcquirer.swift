package import HTTPClient
import HTTPTypes
package import Logging
package import Payments

/// Freedom Pay as the domain sees it: opens pages, captures, cancels, refunds and asks for statuses of one merchant (port `Acquirer`).
///
/// A call goes: fields, signature, form, libcurl, XML, judged answer. Nothing here sends a call twice.
package struct FreedomPayAcquirer: Acquirer {
  private let merchant: FreedomPayMerchant
  private let caller: any HTTPCaller
  private let clock: any WallClock
  private let pictures: PagePictures
  private let logger: Logger
  package let callLimit: Duration
  /// How long a connection may take to stand (design §4.7).
  private let connectLimit: Duration
  /// The acquirer's own bound of `pg_lifetime` (protocol §2.3).
  package let longestPageLife: Duration = .seconds(PageFields.lifetimes.upperBound)
  package let shortestPageLife: Duration = .seconds(PageFields.lifetimes.lowerBound)

  package init(
    merchant: FreedomPayMerchant, caller: any HTTPCaller, clock: any WallClock, callLimit: Duration = .seconds(20),
    connectLimit: Duration = .seconds(5), pictures: PagePictures = .none, logger: Logger
  ) {
    self.merchant = merchant
    self.caller = caller
    self.clock = clock
    self.callLimit = callLimit
    self.connectLimit = connectLimit
    self.pictures = pictures
    var logger = logger
    logger[metadataKey: "merchant"] = "\(merchant.name)"
    self.logger = logger
  }

  package func faults(in terms: LinkTerms, order: OrderID) -> [TermsFault] {
    TermsFaults(merchant: merchant, terms: terms, order: order).all
  }

  package func openPage(_ request: PageRequest) async -> PageAnswer {
    let path = merchant.family.pagePath(for: request.link.terms.amount)
    let fields = PageFields(merchant: merchant, request: request).fields
    switch await call(path, fields, within: callLimit) {
    case .success(let answer):
      return await judged(
        PageReading(fields: answer, expiresAt: request.now + .seconds(PageFields.lifetime(request))).answer, link: request.link.id)
    case .pending: return .unknown("a page that is pending")
    case .failure(let failure):
      log(failure, of: .page, link: request.link.id)
      return failure.pageAnswer
    }
  }

  /// The page, without a picture that leads elsewhere.
  private func judged(_ answer: PageAnswer, link: LinkID) async -> PageAnswer {
    guard case .opened(let id, var page) = answer, let picture = page.qr,
      let fault = await pictures.fault(of: picture, on: page, merchant: merchant.name)
    else { return answer }
    logger.error("the acquirer's QR picture is withheld", metadata: ["link": "\(link)", "payment": "\(id)", "why": "\(fault.rawValue)"])
    page.qr = nil
    return .opened(id, page)
  }

  package func operate(_ request: OperationRequest) async -> OperationAnswer {
    let kind = request.operation.kind
    let call = OperationFields(merchant: merchant, request: request)
    if let fault = call.fault { return .refused(fault) }
    // A connection of its own: a pooled one may break after the call was carried out, and bring nothing back.
    switch await self.call(merchant.family.path(of: kind), call.fields, within: callLimit, freshConnection: true) {
    case .success(let answer):
      return OperationReading(fields: answer, isOK: true, family: merchant.family, request: request).answer
    case .pending(let answer):
      return OperationReading(fields: answer, isOK: false, family: merchant.family, request: request).answer
    case .failure(let failure):
      log(failure, of: SafeRetry.Call(kind), link: request.link)
      return failure.operationAnswer(kind)
    }
  }

  package func status(_ query: StatusQuery, within limit: Duration) async -> StatusAnswer {
    let askedAt = clock.now()
    switch await call(merchant.family.statusPath, StatusFields(merchant: merchant, query: query).fields, within: min(limit, callLimit)) {
    case .success(let answer): return StatusReading(fields: answer, merchant: merchant, query: query, askedAt: askedAt).answer
    case .pending: return .unknown("a status that is pending")
    case .failure(let failure):
      if failure.error?.class == .notFound { return .notFound }
      log(failure, of: .status, link: nil)
      return .unknown(failure.why)
    }
  }

  private enum Answer {
    case success(Fields)
    case pending(Fields)
    case failure(CallFailure)
  }

  /// One call: signed with the script name of the path that is called.
  private func call(_ path: String, _ fields: Fields, within limit: Duration, freshConnection: Bool = false) async -> Answer {
    let script = ScriptName(url: path)
    let body = merchant.encoding.body(of: Signature.sign(fields, script: script, secret: merchant.secrets.current))
    let response: HTTPClientResponse
    do throws(HTTPClientError) {
      response = try await caller.send(
        HTTPClientRequest(
          method: .post, url: merchant.baseURL + path, fields: [.contentType: body.contentType, .accept: "application/xml, text/xml"],
          body: body.bytes, connectTimeout: min(connectLimit, limit), timeout: limit, freshConnection: freshConnection,
          answerLimit: XMLReader.sizeLimit))
    } catch {
      return .failure(CallFailure(error))
    }
    switch AcquirerReply(response, script: script, merchant: merchant) {
    case .success(let fields): return .success(fields)
    case .pending(let fields): return .pending(fields)
    case .error(let error, let description): return .failure(CallFailure(error, description: description))
    case .unclear(let phase, let why): return .failure(CallFailure(phase, why: why))
    }
  }

  /// Errors of the acquirer. Our own faults ring an alarm (design §4.4).
  private func log(_ failure: CallFailure, of call: SafeRetry.Call, link: LinkID?) {
    guard let error = failure.error else { return }
    var metadata: Logger.Metadata = [
      "call": "\(call.rawValue)", "code": "\(error.code)", "meaning": "\(error.meaning)", "advice": "\(error.advice)",
      "next": "\(failure.step(of: call).rawValue)",
    ]
    if let link { metadata["link"] = "\(link)" }
    logger.log(level: error.class == .misconfigured ? .error : .notice, "acquirer refused a call", metadata: metadata)
  }
}
