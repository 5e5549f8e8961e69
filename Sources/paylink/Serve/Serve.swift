import CLinux
import Facade
import FreedomPay
import HTTPClient
import HTTPServer
import Logging
import Metrics
import Operations
import Payments
import Sandbox
import ServiceLifecycle
import Storage
import Transport

/// `paylink serve`: settings, lock and books, acquirers, use cases, routers, listeners, ready; then it drains and ends at a signal.
struct Serve {
  private(set) var settings: Settings
  let isSandbox: Bool

  mutating func run() async throws(CommandFailure) {
    let level = settings.logLevel
    LoggingSystem.bootstrap { label in JSONLinesLogHandler(label: label, level: level, metadataProvider: .trace) }
    let metrics = PrometheusMetrics()
    MetricsSystem.bootstrap(metrics)
    let logger = Logger(label: "paylink")
    let signals = EndSignals(logger: logger)
    settings.limits.connections = try Descriptors(settings, isSandbox: isSandbox).take(logger: logger)

    try ListeningServer.examine(settings.listen + settings.opsListen + (isSandbox ? [settings.sandboxListen] : []))
    let certificate = try settings.tls.map { tls throws(CommandFailure) in
      try Certificate(tls, metrics: metrics, logger: Logger(label: "paylink.tls"))
    }
    let store = try Books.open(settings, logger: Logger(label: "paylink.storage"))
    if isSandbox { try await Books.checkMerchants(of: store, settings) }
    let loops = try Assembly.loops()
    let host = isSandbox ? try sandboxHost(loops: loops) : nil
    let clock: any WallClock = host.map { FollowingClock(sandbox: $0.clock) } ?? MachineClock()
    let client = HTTPClient(configuration: Assembly.clientConfiguration(settings), loops: loops)
    let sending = EventSending(settings: settings, loops: loops)
    try await sending.register(in: store, clock: clock)
    let gateway = Gateway(settings: settings, store: store, caller: TracedCaller(client), clock: clock, metrics: metrics)

    let terms = LeaseTerms(time: settings.limits.workLease)
    let services = try start(gateway, terms, certificate: certificate, host: host, loops: loops, metrics: metrics, logger: logger) {
      draining in
      sending.jobs(store: store, clock: clock, terms: terms, metrics: metrics, draining: draining)
    }
    // Much of the code that is mapped by now only read settings, made routes and opened the books (decision 18).
    clinux_release_code_pages()
    // They end the other way round: the API, operations, the sandbox, the schedule.
    try await Services.run(services, until: signals, logger: logger)
    await sending.shutdown()
    await client.shutdown()
    await host?.client.shutdown()
    await store.close()
    logger.notice("stopped")
  }

  private func sandboxHost(loops: EventLoopGroup) throws(CommandFailure) -> SandboxHost {
    guard let merchant = settings.merchants.first(where: { $0.baseURL?.text == "http://\(settings.sandboxListen)" }) else {
      throw CommandFailure(.configuration, "no merchant's base_url is the sandbox, http://\(settings.sandboxListen)")
    }
    return try SandboxHost(
      address: settings.sandboxListen, merchant: merchant.number, secret: merchant.sandboxSecret, loops: loops,
      limits: Assembly.sandboxLimits(settings.limits), logger: Logger(label: "paylink.sandbox"))
  }

  /// Opens the listeners, the operations' last, since `/readyz` there says that the API is to be had; and says so.
  private func start(
    _ gateway: Gateway, _ terms: LeaseTerms, certificate: Certificate?, host: SandboxHost?, loops: EventLoopGroup,
    metrics: PrometheusMetrics, logger: Logger,
    jobs: (Draining) -> [Schedule.Job]
  ) throws(CommandFailure) -> [any Service] {
    let draining = Draining()
    let time = DrainTime(limit: settings.limits.drainTimeout)
    let access = AccessLog(logger: Logger(label: "paylink.access"))
    let api = Server(
      router: try Assembly.router(gateway.routes),
      configuration: ServerConfiguration(
        addresses: settings.listen, limits: Assembly.serverLimits(settings.limits), observe: { access.note($0) },
        proxies: settings.browsers.headers, tls: certificate?.current,
        note: ConnectionCounts(metrics).note), loops: loops,
      logger: Logger(label: "paylink.http"))
    let operations = Server(
      router: try Assembly.router(gateway.operations(draining: draining).routes),
      configuration: ServerConfiguration(addresses: settings.opsListen, limits: Assembly.sideServerLimits(settings.limits)), loops: loops,
      logger: Logger(label: "paylink.operations"))

    let sandboxAddresses = if let host { try ListeningServer.start(host.server) } else { [SocketAddress]() }
    let apiAddresses = try ListeningServer.start(api)
    let operationsAddresses = try ListeningServer.start(operations)
    let schedule = Schedule(
      jobs: gateway.jobs(terms: terms, draining: draining, connections: { api.openConnections }) + jobs(draining), loops: loops,
      draining: draining,
      time: time,
      logger: logger)
    logger.notice(
      "ready",
      metadata: [
        "version": "\(Version.text)", "instance": "\(terms.holder)", "listen": .array(apiAddresses.map { "\($0)" }),
        "ops_listen": .array(operationsAddresses.map { "\($0)" }),
        "sandbox": .array(sandboxAddresses.map { "\($0)" }), "public_url": "\(settings.publicURL)", "database": "\(settings.database)",
        "merchants": .array(settings.merchants.map { "\($0.name)" }), "loops": "\(loops.loops.count)",
      ])
    if isSandbox { SandboxGreeting(settings: settings, operations: operationsAddresses.first).say() }
    return [schedule] + (certificate.map { [$0] } ?? []) + (host?.services ?? []) + [
      ListeningServer(server: operations, time: DrainTime(limit: .seconds(1))),
      ListeningServer(server: api, time: time, draining: draining),
    ]
  }
}
