package import HTTPClient
import HTTPTypes
package import Logging
package import Payments

/// Freedom Pay as the domain sees it: opens pages and asks for statuses of one merchant (port `Acquirer`).
///
/// A call goes: fields, signature, form, libcurl, XML, judged answer. Nothing here sends a call twice.
package struct FreedomPayAcquirer: Acquirer {
  private let merchant: FreedomPayMerchant
  private let caller: any HTTPCaller
  private let clock: any WallClock
  private let logger: Logger
  package let callLimit: Duration
  /// How long a connection may take to stand (design §4.7).
  private let connectLimit: Duration
  /// The acquirer's own bound of `pg_lifetime` (protocol §2.3).
  package let longestPageLife: Duration = .seconds(PageFields.lifetimes.upperBound)

  package init(
    merchant: FreedomPayMerchant, caller: any HTTPCaller, clock: any WallClock, callLimit: Duration = .seconds(20),
    connectLimit: Duration = .seconds(5), logger: Logger
  ) {
    self.merchant = merchant
    self.caller = caller
    self.clock = clock
    self.callLimit = callLimit
    self.connectLimit = connectLimit
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
    do {
      switch try await call(path, fields, within: callLimit) {
      case .success(let answer):
        return PageReading(fields: answer, expiresAt: request.now + .seconds(PageFields.lifetime(request))).answer
      case .error(let error, let description):
        log(error, link: request.link.id)
        return .refused(AcquirerRefusal(error, description: description))
      case .unclear(let why): return .unknown(why)
      }
    } catch {
      if error.mayHaveBeenSent { return .unknown("\(error.code): \(error.detail)") }
      if case .overloaded = error.code { return .notSent(.overloaded) }
      return .notSent(.unreachable("\(error.code): \(error.detail)"))
    }
  }

  package func status(_ query: StatusQuery, within limit: Duration) async -> StatusAnswer {
    let askedAt = clock.now()
    do {
      switch try await call(
        merchant.family.statusPath, StatusFields(merchant: merchant, query: query).fields, within: min(limit, callLimit))
      {
      case .success(let answer): return StatusReading(fields: answer, merchant: merchant, query: query, askedAt: askedAt).answer
      case .error(let error, _):
        if error.class == .notFound { return .notFound }
        log(error, link: nil)
        return .unknown("error \(error.code): \(error.meaning)")
      case .unclear(let why): return .unknown(why)
      }
    } catch {
      return .unknown("\(error.code): \(error.detail)")
    }
  }

  /// One call: signed with the script name of the path that is called.
  private func call(_ path: String, _ fields: Fields, within limit: Duration) async throws(HTTPClientError) -> AcquirerReply {
    let script = ScriptName(url: path)
    let body = merchant.encoding.body(of: Signature.sign(fields, script: script, secret: merchant.secrets.current))
    let response = try await caller.send(
      HTTPClientRequest(
        method: .post, url: merchant.baseURL + path, fields: [.contentType: body.contentType, .accept: "application/xml, text/xml"],
        body: body.bytes, connectTimeout: min(connectLimit, limit), timeout: limit, answerLimit: XMLReader.sizeLimit))
    return AcquirerReply(response, script: script, merchant: merchant)
  }

  private func log(_ error: ErrorCode, link: LinkID?) {
    var metadata: Logger.Metadata = ["code": "\(error.code)", "meaning": "\(error.meaning)", "advice": "\(error.advice)"]
    if let link { metadata["link"] = "\(link)" }
    logger.log(level: error.class == .misconfigured ? .error : .notice, "acquirer refused a call", metadata: metadata)
  }
}
