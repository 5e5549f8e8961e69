package import HTTPServer
import HTTPTypes
package import Logging
package import Payments

/// Our REST surface (design §4.3, §4.4): authenticates, reads bodies, calls one use case, writes the answer.
package struct Facade: Routable {
  let configuration: FacadeConfiguration
  let access: Access
  let crossOrigin: CrossOrigin
  let create: CreateLink
  let read: ReadLinks
  let events: ReadEvents
  let deliveries: OperateDeliveries
  let cancel: CancelLink
  let accept: AcceptPayment
  let operate: OperateLink
  let orphans: OrphanCases
  let sync: SyncLink
  let seen: MarkSeen
  let follow: FollowLink
  let fresh: OpenFreshPage
  let clock: any WallClock
  let logger: Logger
  let count: @Sendable (MerchantName, CreateCount) -> Void
  let statePage: StatePage
  private let compressor = Compressor()

  /// - Parameter count: called once for each create that reached the use case.
  package init(
    configuration: FacadeConfiguration, create: CreateLink, read: ReadLinks, events: ReadEvents, deliveries: OperateDeliveries,
    cancel: CancelLink, accept: AcceptPayment, operate: OperateLink, orphans: OrphanCases, sync: SyncLink, seen: MarkSeen,
    follow: FollowLink, fresh: OpenFreshPage,
    clock: any WallClock, logger: Logger,
    count: @escaping @Sendable (MerchantName, CreateCount) -> Void = { _, _ in }
  ) {
    self.configuration = configuration
    access = Access(keys: configuration.keys, clock: clock, use: KeyUse(configuration.keyUsed))
    crossOrigin = CrossOrigin(configuration.origins)
    self.create = create
    self.read = read
    self.events = events
    self.deliveries = deliveries
    self.cancel = cancel
    self.accept = accept
    self.operate = operate
    self.orphans = orphans
    self.sync = sync
    self.seen = seen
    self.follow = follow
    self.fresh = fresh
    self.clock = clock
    self.logger = logger
    self.count = count
    statePage = StatePage()
  }

  package var routes: [Route] {
    let routes = calls
    return routes + crossOrigin.preflights(of: routes) + configuration.rates.limited(publicRoutes)
  }

  /// Without credentials.
  private var publicRoutes: [Route] {
    [
      compressor.compressed(Route(.get, "/openapi.yaml", handler: readDescription)),
      compressor.compressed(Route(.get, "/p/{token}", handler: openShortLink)),
      compressor.compressed(Route(.post, "/p/{token}", bodyLimit: 1024, handler: renewShortLink)),
    ]
  }

  /// Only what shows nothing that opens anything is compressed: a link's own answers hold its tokens and addresses beside texts of others (decision 0009).
  private var calls: [Route] {
    [
      route(.post, "/v1/payment-links", createLink),
      route(.get, "/v1/payment-links", listLinks),
      route(.get, "/v1/payment-links/{id}", readLink),
      route(.post, "/v1/payment-links/{id}/cancel", cancelLink),
      route(.post, "/v1/payment-links/{id}/accept", acceptPayment),
      route(.post, "/v1/payment-links/{id}/capture", captureHold),
      route(.post, "/v1/payment-links/{id}/refunds", refundPayment),
      route(.get, "/v1/payment-links/{id}/refunds", listRefunds),
      route(.post, "/v1/payment-links/{id}/sync", syncLink),
      compressor.compressed(route(.get, "/v1/payment-links/{id}/events", linkEvents)),
      compressor.compressed(route(.get, "/v1/events", listEvents)),
      route(.post, "/v1/events/{id}/replay", replayEvent),
      compressor.compressed(route(.get, "/v1/deliveries", listDeliveries)),
      compressor.compressed(route(.get, "/v1/endpoints", listEndpoints)),
      route(.post, "/v1/endpoints/{name}/enable", enableEndpoint),
      route(.get, "/v1/payment-links/{id}/qr.svg") { request throws(Problem) in try await picture(request, .svg) },
      route(.get, "/v1/payment-links/{id}/qr.png") { request throws(Problem) in try await picture(request, .png) },
      route(.get, "/v1/orphans", listOrphans),
      route(.post, "/v1/orphans/{payment_id}/adopt", adoptOrphan),
    ]
  }

  /// A route whose refusals are problem documents, within the rates, for pages of other origins where a browser may call it. An address may hold a client token,
  /// so no answer lets a browser pass it on (design §4.3).
  private func route(
    _ method: HTTPRequest.Method, _ pattern: String, _ answer: @escaping @Sendable (Request) async throws(Problem) -> Response
  ) -> Route {
    Route(method, pattern, bodyLimit: configuration.bodyLimit) { request in
      let rates = configuration.rates
      let admission = rates.isUnlimited ? Rates.Admission() : rates.admit(request, access.keyShown(by: request))
      var response: Response
      do throws(Problem) {
        guard admission.isAllowed else { throw admission.refusal }
        response = try await answer(request)
      } catch {
        response = error.response(requestID: request.id)
      }
      admission.note(in: &response.fields)
      crossOrigin.note(in: &response.fields, for: request)
      response.fields[.referrerPolicy] = "no-referrer"
      return response
    }
  }

  /// The books could not be read or written: what the caller is told, and a line that says why.
  func failed(_ error: StoreError, _ request: Request) -> Problem {
    logger.error(
      "store failed",
      metadata: ["request": "\(request.id)", "route": "\(request.route)", "code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
    return Problem(error)
  }
}
